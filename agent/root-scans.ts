/** What the watcher of a root asks of the library. */
import type { DirtyFolder } from "./dirty-folders.ts";

export interface ScanHooks {
  /** Called before a folder is listed: from then on its changes are to be noticed. */
  readonly onFolder: (folder: Buffer) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * done: what is in the folders is known. held: the same, but so many files are gone that nobody believes it yet.
 * frozen: the root cannot be trusted now, nothing was changed.
 */
export type ScanEnd =
  | { readonly end: "done" | "held"; readonly found: number; readonly changed: number; readonly missed: number }
  | { readonly end: "frozen"; readonly reason: string };

export interface RootScans {
  /** Everything in the root. */
  readonly scanAll: (hooks: ScanHooks) => Promise<ScanEnd>;
  /** These folders, and what is in folders there that are new. A folder that is gone is looked for in its parent. */
  readonly scanFolders: (folders: readonly DirtyFolder[], hooks: ScanHooks) => Promise<ScanEnd>;
  /** Whether the root can be trusted again. */
  readonly isInOrder: () => Promise<boolean>;
}

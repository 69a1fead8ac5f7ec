/** What the watcher of a root asks of the library. */
import type { ScanDeps, ScanHooks } from "../src/library/scan/root-scan.ts";
import type { FolderToScan, ScanEnd } from "../src/library/scan/scan-root.ts";
import { isInOrder, scanFolders, scanRoot } from "../src/library/scan/scan-root.ts";

export interface RootScans {
  /** Everything in the root. */
  readonly scanAll: (hooks: ScanHooks) => Promise<ScanEnd>;
  /** These folders, and what is in folders there that are new. A folder that is gone is looked for in its parent. */
  readonly scanFolders: (folders: readonly FolderToScan[], hooks: ScanHooks) => Promise<ScanEnd>;
  /** Whether the root can be trusted again. */
  readonly isInOrder: () => Promise<boolean>;
}

export const createRootScans = (deps: ScanDeps, rootId: number): RootScans => ({
  scanAll: (hooks) => scanRoot(deps, rootId, hooks),
  scanFolders: (folders, hooks) => scanFolders(deps, rootId, { folders, hooks }),
  isInOrder: () => isInOrder(deps, rootId),
});

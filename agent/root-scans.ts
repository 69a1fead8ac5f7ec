/** What the watcher of a root asks of the library. */
import type { ScanningApi } from "../src/app/scanning.ts";
import type { ScanHooks } from "../src/library/scan/root-scan.ts";
import type { FolderToScan, ScanEnd } from "../src/library/scan/scan-root.ts";

export interface RootScans {
  /** Everything in the root. */
  readonly scanAll: (hooks: ScanHooks) => Promise<ScanEnd>;
  /** These folders, and what is in folders there that are new. A folder that is gone is looked for in its parent. */
  readonly scanFolders: (folders: readonly FolderToScan[], hooks: ScanHooks) => Promise<ScanEnd>;
  /** Whether the root can be trusted again. */
  readonly isInOrder: () => Promise<boolean>;
}

export const createRootScans = (scanning: ScanningApi, rootId: number): RootScans => ({
  scanAll: (hooks) => scanning.scanRoot(rootId, hooks),
  scanFolders: (folders, hooks) => scanning.scanFolders(rootId, { folders, hooks }),
  isInOrder: () => scanning.isRootInOrder(rootId),
});

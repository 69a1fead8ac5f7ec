/** Scans of the roots of this library, and what they leave to do. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { Config } from "../config.ts";
import type { ScanDeps, ScanHooks } from "../library/scan/root-scan.ts";
import type { FolderToScan, ScanEnd } from "../library/scan/scan-root.ts";
import { isInOrder, scanFolders, scanRoot } from "../library/scan/scan-root.ts";
import { settleDueFiles } from "../library/scan/settle-files.ts";
import type { Logger } from "../logger.ts";

/** A file that was not seen may turn up elsewhere a moment later. */
const MISSING_AFTER_MS = 5 * SECOND;

export interface ScanningApi {
  readonly scanRoot: (rootId: number, hooks: ScanHooks) => Promise<ScanEnd>;
  /** These folders, and what is in folders there that are new. A folder that is gone is looked for in its parent. */
  readonly scanFolders: (
    rootId: number,
    request: { readonly folders: readonly FolderToScan[]; readonly hooks: ScanHooks },
  ) => Promise<ScanEnd>;
  /** Whether the root can be trusted; freezes and thaws it. */
  readonly isRootInOrder: (rootId: number) => Promise<boolean>;
  /** One round of the stable gate. @returns how many files may be worked on now */
  readonly settleDueFiles: (signal: AbortSignal) => Promise<number>;
  /** When the next file is due for `settleDueFiles`; undefined when none waits. */
  readonly nextSettleAt: () => Promise<number | undefined>;
  /** Decides about files that were not seen for 5 s. Called when nothing is left to scan. @returns how many */
  readonly decideMissing: () => Promise<number>;
  /** Hashes every file of the root again, behind other work. @returns how many */
  readonly verifyRoot: (rootId: number) => Promise<number>;
  /** Files of scans that wait: for their stable state, for the pipeline, for the decision whether they are missing. */
  readonly waitingFiles: () => Promise<{
    readonly settle: number;
    readonly process: number;
    readonly undecided: number;
  }>;
}

export interface ScanningDeps {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly index: { readonly notify: () => void };
}

export const createScanningApi = ({ catalogue, clock, index, ...rest }: ScanningDeps): ScanningApi => {
  const scanDeps = async (): Promise<ScanDeps> => ({
    ...rest,
    clock,
    catalogue: await catalogue(),
    excludedFolders: [Buffer.from(rest.config.general.data_dir)],
    onChanged: index.notify,
  });
  return {
    scanRoot: async (rootId, hooks) => scanRoot(await scanDeps(), rootId, hooks),
    scanFolders: async (rootId, request) => scanFolders(await scanDeps(), rootId, request),
    isRootInOrder: async (rootId) => isInOrder(await scanDeps(), rootId),
    settleDueFiles: async (signal) =>
      settleDueFiles({ catalogue: await catalogue(), clock, config: rest.config, signal }),
    nextSettleAt: async () => (await catalogue()).todo.nextSettleAt(),
    decideMissing: async () => {
      const decided = await (await catalogue()).todo.decideMissing(clock.now() - MISSING_AFTER_MS);
      if (decided > 0) index.notify();
      return decided;
    },
    verifyRoot: async (rootId) => (await catalogue()).todo.verify(rootId),
    waitingFiles: async () => {
      const { todo } = await catalogue();
      return { ...(await todo.counts()), undecided: await todo.undecided() };
    },
  };
};

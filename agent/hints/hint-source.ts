/**
 * Where hints of changes come from. A hint says that a folder may have changed, never what changed: a scan of the folder
 * decides. Lost, doubled and false hints cost time, not data. Folders are absolute paths, exact bytes.
 */
import { stat } from "node:fs/promises";
import { systemCode } from "../../src/errors.ts";

/** limit: the system gives no more watches or handles. failed: one folder is not watched any more, or hints were lost. */
export type TroubleKind = "limit" | "failed";

export interface Trouble {
  /** Undefined when it is not known which. */
  readonly folder: Buffer | undefined;
  /** Of the system: ENOSPC, EMFILE, EIO. */
  readonly code: string;
  readonly message: string;
}

export interface HintListener {
  /** Something in this folder may have changed. May come many times, also for a folder that is gone. */
  readonly onDirty: (folder: Buffer) => void;
  readonly onTrouble: (kind: TroubleKind, detail: Trouble) => void;
}

export interface HintStats {
  /** Watches of the operating system. */
  readonly handles: number;
  /** Everything the system reported since the start. */
  readonly events: number;
}

export interface HintSource extends AsyncDisposable {
  /**
   * Covers this folder, not those inside it. Again for a folder that is covered: cheap, and renews a watch that follows
   * another folder, one that was moved away or deleted. A folder that is gone is no trouble.
   */
  watch(folder: Buffer): Promise<void>;
  /** Ends the cover of this folder and of everything in it. */
  unwatch(folder: Buffer): void;
  stats(): HintStats;
}

/** folder: one watch of the system for each folder. root: one for all of it. */
export type HintCoverage = "folder" | "root";

/** One source for each root: its troubles are its own, and closing it gives every handle back. */
export type CreateHintSource = (root: Buffer, listener: HintListener) => HintSource;

/** Bytes as a key, one character each. */
export const folderKey = (folder: Buffer): string => folder.toString("latin1");

const GONE_CODES: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

export const isGone = (code: string): boolean => GONE_CODES.has(code);

const LIMIT_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EMFILE", "ENFILE"]);

export const troubleKind = (code: string): TroubleKind => (LIMIT_CODES.has(code) ? "limit" : "failed");

/**
 * Device, inode and birth, for inodes of deleted folders are used again; undefined when it is gone. Rejects with the
 * system's error.
 */
export const folderIdentity = async (folder: Buffer): Promise<string | undefined> => {
  try {
    const { dev, ino, birthtimeNs } = await stat(folder, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (error) {
    if (isGone(systemCode(error) ?? "")) return undefined;
    throw error;
  }
};

/** No folder is watched: changes are found by scans alone. */
export const createTimedSource: CreateHintSource = () => ({
  watch: () => Promise.resolve(),
  unwatch: () => undefined,
  stats: () => ({ handles: 0, events: 0 }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

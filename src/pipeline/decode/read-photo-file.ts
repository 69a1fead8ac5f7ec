/** Reads a whole photo file once, and notices when it changes meanwhile. */
import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { isAbort, PhotonError, systemCode, UnreadablePhotoError } from "../../errors.ts";
import type { DecodeLimits } from "../../photo/types.ts";
import { checkFileSize } from "./limits.ts";
import type { ReadBuffers } from "./read-buffers.ts";

export interface PhotoFile {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** File times in nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
}

/** Opening a FIFO for reading would wait for a writer for ever; Windows knows neither FIFOs nor the flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const ATTEMPTS = 2;

const isSame = (before: BigIntStats, after: BigIntStats): boolean =>
  before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;

/** Fills as much of `bytes` as the file has; the length read. */
const readFully = async (file: FileHandle, bytes: Uint8Array, signal: AbortSignal): Promise<number> => {
  let length = 0;
  while (length < bytes.length) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
};

export interface ReadOptions {
  readonly limits: Pick<DecodeLimits, "maxFileBytes">;
  readonly signal: AbortSignal;
  /** Where the bytes come from; memory of their own without. */
  readonly buffers?: ReadBuffers;
}

/** Undefined when the file changed while it was read. */
const readOnce = async (file: FileHandle, { limits, signal, buffers }: ReadOptions): Promise<PhotoFile | undefined> => {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) {
    throw new UnreadablePhotoError("unreadable", "Expected a regular file, received a folder, pipe or device.");
  }
  const size = Number(before.size);
  checkFileSize(size, limits);
  const bytes = buffers?.take(size) ?? new Uint8Array(size);
  const length = await readFully(file, bytes, signal);
  const after = await file.stat({ bigint: true });
  if (length !== size || !isSame(before, after)) return undefined;
  return { bytes, size, mtimeNs: after.mtimeNs, ctimeNs: after.ctimeNs, inode: after.ino };
};

const HINTS: Readonly<Record<string, string>> = {
  EACCES: "Give yourself the right to read the file, then run the command again.",
  EPERM: "Give yourself the right to read the file, then run the command again.",
  ELOOP: "The links lead in a circle: repair or remove them.",
};

const readFailure = (error: unknown): unknown => {
  if (error instanceof PhotonError || isAbort(error)) return error;
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UnreadablePhotoError("not_found", "Expected a file at this path, received none.", { cause: error });
  }
  return new UnreadablePhotoError(
    "unreadable",
    `Expected a readable file, received ${code ?? "an error"} from the system.`,
    {
      hint: HINTS[code ?? ""] ?? "Check the disk or the network share that holds the file.",
      cause: error,
    },
  );
};

/**
 * @param path exact bytes; links are followed
 * @throws UnreadablePhotoError `not_found`, `unreadable`, `too_large` (nothing is read then), or `unstable_file` when
 * the file changed twice while it was read; aborts pass untouched
 */
export const readPhotoFile = async (path: Buffer, options: ReadOptions): Promise<PhotoFile> => {
  const { signal } = options;
  signal.throwIfAborted();
  try {
    await using file = await open(path, OPEN_FLAGS);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const read = await readOnce(file, options);
      if (read !== undefined) return read;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw readFailure(error);
  }
  throw new UnreadablePhotoError(
    "unstable_file",
    "Expected a file that keeps still, received one that changes while it is read.",
    {
      hint: "It is probably still being copied: run the command again when that is done.",
    },
  );
};

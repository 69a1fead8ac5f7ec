/** Whether a download fits, asked before the first byte. */
import { freeDiskBytes } from "../../../src/disk.ts";
import { StorageError } from "../../../src/errors.ts";

/** Left for everybody else: catalogue, index, the system. */
const RESERVE_BYTES = 64_000_000;
const MEGABYTE = 1_000_000;

/** @throws StorageError that says how much is missing */
export const checkDiskSpace = async (folder: string, neededBytes: number): Promise<void> => {
  const free = await freeDiskBytes(folder);
  const missing = neededBytes + RESERVE_BYTES - free;
  if (missing <= 0) return;
  const inMegabytes = (bytes: number): number => Math.ceil(bytes / MEGABYTE);
  throw new StorageError(
    `Expected ${inMegabytes(neededBytes + RESERVE_BYTES)} MB of free disk space for ${folder}, received ${inMegabytes(free)} MB.`,
    {
      hint: `Free ${inMegabytes(missing)} MB, or set PHOTON_GENERAL_MODEL_DIR to a folder on another disk; nothing was downloaded.`,
      details: { neededBytes, freeBytes: free },
    },
  );
};

/** Folders that may not be there yet, and the free space of their disks. */
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./errors.ts";

/** The folder itself, or the nearest one above it that is there. */
export const existingFolder = async (folder: string): Promise<string> => {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(folder) === folder) throw error;
    return existingFolder(dirname(folder));
  }
};

/** Bytes this user may still write to the disk that holds the folder, or will hold it. */
export const freeDiskBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(await existingFolder(folder));
  return bavail * bsize;
};

/** Downloads that failed before the first byte: they leave no model that is listed as unfinished. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../../src/errors.ts";
import { DOWNLOAD_FILE } from "../model-folder.ts";

const isEmpty = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).size === 0;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return true;
    throw error;
  }
};

/** Removes the folder of a model when it holds the marker of the download and no byte of a file. Call under the lock. */
export const removeIfNothingCame = async (directory: string): Promise<void> => {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || path === join(directory, DOWNLOAD_FILE)) continue;
    if (!(await isEmpty(path))) return;
  }
  await rm(directory, { recursive: true, force: true });
};

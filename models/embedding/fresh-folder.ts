/** Model folders that photon fills itself: made beside their place and moved there whole. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhotonError, systemCode } from "../../src/errors.ts";
import type { InstalledModel } from "./installed-models.ts";
import { openModelFolder } from "./installed-models.ts";

/** The folder does not exist yet in another process's eyes, so a plain write is enough; synced before the rename. */
export const writeSynced = async (path: string, content: string | Uint8Array): Promise<void> => {
  await using file = await open(path, "wx");
  await file.writeFile(content);
  await file.sync();
};

/** Missing and damaged alike give undefined: the folder is filled again. */
const tryOpen = async (directory: string): Promise<InstalledModel | undefined> => {
  try {
    return await openModelFolder(directory);
  } catch (error) {
    if (error instanceof PhotonError) return undefined;
    throw error;
  }
};

const TAKEN = new Set(["EEXIST", "ENOTEMPTY", "EPERM", "EACCES"]);

/** Another process may have been faster, or a damaged folder is in the way. */
const moveIntoPlace = async (fresh: string, directory: string): Promise<void> => {
  try {
    await rename(fresh, directory);
  } catch (error) {
    if (!TAKEN.has(systemCode(error) ?? "")) throw error;
    if ((await tryOpen(directory)) !== undefined) return;
    await rm(directory, { recursive: true, force: true });
    await rename(fresh, directory);
  }
};

/**
 * Fills a model folder unless it is there and intact. Safe to call from several processes at once: the folder appears by
 * one rename.
 * @param fill writes files, manifest and `verified.json` into the empty folder it is given
 */
export const ensureModelFolder = async (
  directory: string,
  fill: (fresh: string) => Promise<void>,
): Promise<InstalledModel> => {
  const present = await tryOpen(directory);
  if (present !== undefined) return present;
  const fresh = join(dirname(directory), `.new-${randomUUID()}`);
  await mkdir(fresh, { recursive: true });
  try {
    await fill(fresh);
    await moveIntoPlace(fresh, directory);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return openModelFolder(directory);
};

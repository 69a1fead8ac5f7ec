/**
 * LanceDB leaves the working files of every vector index it trains behind, in a folder `.tmp<six letters>` among the
 * temporary files of the system: a copy of what it indexed. Whoever trained removes them when the training is over.
 *
 * Other programs keep such folders too, and trainings of two processes at once look alike. One training leaves exactly
 * one folder, so a single new one that holds nothing but these working files is its own; in doubt everything stays.
 * What a killed process leaves has nobody who knows whose it is: the system clears it with its other temporary files.
 */
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WORKING_FOLDER = /^\.tmp[A-Za-z0-9]{6}$/;
const WORKING_FILES: ReadonlySet<string> = new Set([
  "shuffle_data.lance",
  "shuffle_data.spill",
  "shuffle_offsets.lance",
  "shuffle_offsets.spill",
]);

const listFolders = async (temporary: string): Promise<readonly string[]> =>
  (await readdir(temporary, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && WORKING_FOLDER.test(entry.name))
    .map(({ name }) => name);

const holdsWorkingFiles = async (folder: string): Promise<boolean> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // gone, or somebody else's
  return entries.length > 0 && entries.every((entry) => entry.isFile() && WORKING_FILES.has(entry.name));
};

const removeOwn = async (temporary: string, before: ReadonlySet<string>): Promise<void> => {
  const fresh = (await listFolders(temporary)).filter((name) => !before.has(name)).map((name) => join(temporary, name));
  const areWorking = await Promise.all(fresh.map(holdsWorkingFiles));
  const [own, ...others] = fresh.filter((_, at) => areWorking[at]);
  if (own !== undefined && others.length === 0) await rm(own, { recursive: true, force: true });
};

/**
 * Runs a training and removes what LanceDB leaves of it.
 * @param temporary where LanceDB keeps temporary files; unset = the system's folder for them
 */
export const withoutLeftovers = async <Result>(
  train: () => Promise<Result>,
  temporary: string = tmpdir(),
): Promise<Result> => {
  const before = await listFolders(temporary).catch(() => undefined); // cannot be read: then nothing is removed either
  try {
    return await train();
  } finally {
    // The index counts; files that cannot be removed lie where the system clears up.
    if (before !== undefined) await removeOwn(temporary, new Set(before)).catch(() => undefined);
  }
};

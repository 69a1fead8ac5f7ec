/** Replaces a file as a whole: readers see the old content or the new, never a part. */
import { createWriteStream } from "node:fs";
import { access, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { outputError } from "./output-target.ts";

const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const temporaryPath = (path: string): string => `${path}.partial.tmp`;

/** Removes what a run that was killed while it replaced the file has left. */
export const removeLeftOver = async (path: string): Promise<void> => await rm(temporaryPath(path), { force: true });

export interface ReplaceOptions {
  /** Permissions of the file; undefined takes those of new files. */
  readonly mode: number | undefined;
  /** Sentence for errors: where earlier records are. */
  readonly kept: string;
}

/** Writes the pieces to a temporary file beside the target, syncs it and renames it over the target. */
export const replaceFile = async (
  path: string,
  pieces: AsyncIterable<Uint8Array | string>,
  { mode, kept }: ReplaceOptions,
): Promise<void> => {
  const temporary = temporaryPath(path);
  try {
    await pipeline(
      Readable.from(pieces),
      createWriteStream(temporary, { flush: true, ...(mode === undefined ? {} : { mode }) }),
    );
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw outputError(path, error, kept);
  }
  await syncFolder(dirname(path)).catch(() => undefined); // some systems cannot sync folders; the content is synced
};

const exists = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );

/** Renames to the first free of `<path>.bak`, `<path>.bak.1`, ...: an older backup may be the only whole output. */
export const moveAside = async (path: string): Promise<string> => {
  let backup = `${path}.bak`;
  for (let number = 1; await exists(backup); number += 1) backup = `${path}.bak.${number}`;
  try {
    await rename(path, backup);
  } catch (error) {
    throw outputError(path, error, "Nothing was changed.");
  }
  return backup;
};

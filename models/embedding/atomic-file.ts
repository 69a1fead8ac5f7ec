import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDiskFull, StorageError } from "../../src/errors.ts";

/** A full disk in words that name the file; anything else as it is. */
export const namingFullDisk = (path: string, error: unknown): unknown =>
  isDiskFull(error)
    ? new StorageError(`The disk is full: ${path} could not be written.`, {
        cause: error,
        hint: "Free some space on this disk and run the command again; what was stored so far is kept.",
      })
    : error;

const writeSynced = async (path: string, content: string | Uint8Array): Promise<void> => {
  await using file = await open(path, "wx");
  await file.writeFile(content);
  await file.sync();
};

/** Written beside its place, synced, then renamed: a reader sees the old file or the new one, never a part. */
export const writeFileAtomically = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error says what matters
    throw namingFullDisk(path, error);
  }
};

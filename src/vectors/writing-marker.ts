/**
 * Knows whether the last writer of a table ended cleanly. LanceDB does not fsync, so after a power cut the index may
 * have lost commits whose marks are gone from the catalogue. A writer leaves a marker file beside the table from its
 * first write until its clean end, when everything written has been flushed to disk. A marker found at the start means
 * an unclean end (or another writer at work, which makes healing needless but harmless).
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOwner, isOwnerDead } from "../catalogue/owner.ts";
import { SECOND } from "../clock.ts";
import { systemCode } from "../errors.ts";

const SUFFIX = ".writing";
/** File systems round times; a file a little older than the start is flushed again, which costs nothing. */
const TIME_MARGIN_MS = 2 * SECOND;

export interface WritingMarker {
  /** True when another writer left its marker; call before `begin`. */
  isLastEndUnclean(): Promise<boolean>;
  /** Leaves the marker; further calls do nothing. */
  begin(): Promise<void>;
  /** Removes the markers of writers that no longer live, and earlier ones of this process, once what they lost is healed. */
  clearStale(): Promise<void>;
  /** Flushes what was written since `begin` and removes the marker. */
  end(): Promise<void>;
}

/** Windows flushes only files opened for writing and no folders at all; losing that costs a needless heal at worst. */
const flush = async (path: string, flags: "r" | "r+"): Promise<void> => {
  try {
    await using file = await open(path, flags);
    await file.sync();
  } catch (error) {
    if (!["ENOENT", "EPERM", "EISDIR", "EACCES", "EINVAL"].includes(systemCode(error) ?? "")) throw error;
  }
};

const flushSince = async (folder: string, sinceMs: number): Promise<void> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await flush(path, "r");
    else if ((await modifiedMs(path)) >= sinceMs) await flush(path, "r+");
  }
  await flush(folder, "r");
};

/** 0 when a clean-up removed the file meanwhile. */
const modifiedMs = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw error;
  }
};

const listMarkers = async (directory: string, name: string): Promise<readonly string[]> => {
  try {
    return (await readdir(directory)).filter((entry) => entry.startsWith(`${name}.`) && entry.endsWith(SUFFIX));
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
};

/** The marker says who wrote it; a power cut may have emptied it. */
const isLeftByDead = async (directory: string, marker: string): Promise<boolean> => {
  try {
    const owner = await readFile(join(directory, marker), "utf8");
    return owner === "" || isOwnerDead(owner);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false; // its writer has ended meanwhile
    throw error;
  }
};

/** Markers of this table whose writers died without a clean end. */
const deadMarkers = async (directory: string, name: string): Promise<readonly string[]> => {
  const markers = await listMarkers(directory, name);
  const areDead = await Promise.all(markers.map((marker) => isLeftByDead(directory, marker)));
  return markers.filter((_, at) => areDead[at]);
};

/** True when a writer of this table died without a clean end. */
export const hasDeadWriter = async (directory: string, name: string): Promise<boolean> =>
  (await deadMarkers(directory, name)).length > 0;

/** @param tableFolder path of the table; markers are named after it */
export const createWritingMarker = (directory: string, tableFolder: string, name: string): WritingMarker => {
  const own = `${name}.${process.pid}-${randomUUID()}${SUFFIX}`;
  let startedAtMs: number | undefined;

  const others = async (): Promise<readonly string[]> =>
    (await listMarkers(directory, name)).filter((entry) => entry !== own);

  return {
    isLastEndUnclean: async () => (await others()).length > 0,
    begin: async () => {
      if (startedAtMs !== undefined) return;
      startedAtMs = Date.now() - TIME_MARGIN_MS; // compared with file times, so never a test's clock
      await mkdir(directory, { recursive: true });
      const path = join(directory, own);
      await writeFile(`${path}.new`, createOwner());
      await rename(`${path}.new`, path); // nobody sees it empty
      await flush(path, "r+");
      await flush(directory, "r");
    },
    clearStale: async () => {
      const mine = (await others()).filter((marker) => marker.startsWith(`${name}.${process.pid}-`));
      for (const marker of [...(await deadMarkers(directory, name)), ...mine]) {
        await rm(join(directory, marker), { force: true });
      }
    },
    end: async () => {
      if (startedAtMs === undefined) return;
      await flushSince(tableFolder, startedAtMs);
      await flush(directory, "r");
      await rm(join(directory, own), { force: true });
      startedAtMs = undefined;
    },
  };
};

/**
 * Thumbnails on disk: `renditions/ab/<hash>.webp`, written under `renditions/incoming/` and renamed, so that a reader
 * never sees half a file. What a killed process left there is removed when it is old.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MINUTE } from "../clock.ts";
import { isDiskFull, StorageError, systemCode } from "../errors.ts";
import type { RenditionFormat } from "./types.ts";

const SHARD_DIGITS = 2;
const INCOMING = "incoming";
/** Nobody writes one thumbnail for this long. */
const ABANDONED_AFTER_MS = 10 * MINUTE;

export interface RenditionStore {
  readonly directory: string;
  readonly pathOf: (contentHash: string, format: RenditionFormat) => string;
  readonly write: (contentHash: string, format: RenditionFormat, bytes: Uint8Array) => Promise<void>;
  /** undefined when there is none. */
  readonly read: (contentHash: string, format: RenditionFormat) => Promise<Uint8Array | undefined>;
  readonly remove: (contentHash: string) => Promise<void>;
}

const EXTENSION = { webp: "webp", jpeg: "jpg" } as const satisfies Record<RenditionFormat, string>;
const FORMATS = ["webp", "jpeg"] as const satisfies readonly RenditionFormat[];

/** Makes the folder and removes what was abandoned in it. */
const prepareIncoming = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const modified = (await stat(path).catch(() => undefined))?.mtimeMs; // another process was faster
    if (modified !== undefined && modified < Date.now() - ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
};

const writeFailure = (path: string, cause: unknown): StorageError =>
  isDiskFull(cause)
    ? new StorageError(`The disk is full: the thumbnail ${path} could not be written.`, {
        cause,
        hint: "Free some space on this disk and run the command again; what was stored so far is kept.",
      })
    : new StorageError(`The thumbnail ${path} could not be written (${systemCode(cause) ?? String(cause)}).`, {
        cause,
        hint: "Check that this folder can be written, then run the command again; what was stored so far is kept.",
      });

export const createRenditionStore = (directory: string): RenditionStore => {
  const incoming = join(directory, INCOMING);
  const madeShards = new Set<string>();
  let prepared: Promise<void> | undefined;
  const shardOf = (contentHash: string): string => join(directory, contentHash.slice(0, SHARD_DIGITS));
  const pathOf = (contentHash: string, format: RenditionFormat): string =>
    join(shardOf(contentHash), `${contentHash}.${EXTENSION[format]}`);
  const makeShard = async (shard: string): Promise<void> => {
    if (madeShards.has(shard)) return;
    await mkdir(shard, { recursive: true });
    madeShards.add(shard);
  };
  const remove = async (contentHash: string, formats: readonly RenditionFormat[]): Promise<void> => {
    await Promise.all(formats.map((format) => rm(pathOf(contentHash, format), { force: true })));
  };
  /** A photo has one thumbnail, in the format last asked for. */
  const removeOthers = (contentHash: string, kept: RenditionFormat): Promise<void> =>
    remove(
      contentHash,
      FORMATS.filter((format) => format !== kept),
    );
  return {
    directory,
    pathOf,
    write: async (contentHash, format, bytes) => {
      const path = pathOf(contentHash, format);
      const temporary = join(incoming, `${contentHash}.${randomBytes(6).toString("hex")}`);
      try {
        await (prepared ??= prepareIncoming(incoming));
        await makeShard(shardOf(contentHash));
        await writeFile(temporary, bytes, { flush: false });
        await rename(temporary, path);
        await removeOthers(contentHash, format);
      } catch (error) {
        prepared = undefined;
        await rm(temporary, { force: true }).catch(() => undefined); // the first error says what matters
        throw writeFailure(path, error);
      }
    },
    read: async (contentHash, format) => {
      try {
        return await readFile(pathOf(contentHash, format));
      } catch (error) {
        if (systemCode(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    remove: (contentHash) => remove(contentHash, FORMATS),
  };
};

/** Thumbnails on disk: `renditions/ab/<hash>.webp`, written beside and renamed, so that a reader never sees half a file. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.ts";
import type { RenditionFormat } from "./types.ts";

const SHARD_DIGITS = 2;

export interface RenditionStore {
  readonly directory: string;
  readonly pathOf: (contentHash: string, format: RenditionFormat) => string;
  readonly write: (contentHash: string, format: RenditionFormat, bytes: Uint8Array) => Promise<void>;
  /** undefined when there is none. */
  readonly read: (contentHash: string, format: RenditionFormat) => Promise<Uint8Array | undefined>;
  readonly remove: (contentHash: string) => Promise<void>;
}

const EXTENSION = { webp: "webp", jpeg: "jpg" } as const satisfies Record<RenditionFormat, string>;

export const createRenditionStore = (directory: string): RenditionStore => {
  const madeShards = new Set<string>();
  const shardOf = (contentHash: string): string => join(directory, contentHash.slice(0, SHARD_DIGITS));
  const pathOf = (contentHash: string, format: RenditionFormat): string =>
    join(shardOf(contentHash), `${contentHash}.${EXTENSION[format]}`);
  const makeShard = async (shard: string): Promise<void> => {
    if (madeShards.has(shard)) return;
    await mkdir(shard, { recursive: true });
    madeShards.add(shard);
  };
  return {
    directory,
    pathOf,
    write: async (contentHash, format, bytes) => {
      const path = pathOf(contentHash, format);
      const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
      await makeShard(shardOf(contentHash));
      try {
        await writeFile(temporary, bytes, { flush: false });
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
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
    remove: async (contentHash) => {
      await Promise.all((["webp", "jpeg"] as const).map((format) => rm(pathOf(contentHash, format), { force: true })));
    },
  };
};

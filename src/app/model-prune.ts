/** Removes what retired models left: vectors in the catalogue, tables of the index. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { freeDiskBytes } from "../disk.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { KnownVectorKey } from "../catalogue/vector-key-repository.ts";
import { StorageError } from "../errors.ts";
import { bytesBelow } from "../library/library-administration.ts";
import type { PruneReport, RetiredModel } from "../library/model-change.ts";
import type { Logger } from "../logger.ts";
import { removeTable, tablePath } from "../vectors/remove-table.ts";
import { bytesNeeded } from "./model-change-plan.ts";

/** Vectors removed in one transaction. */
const LOT = 2_000;

export interface PruneDeps {
  readonly catalogue: Catalogue;
  readonly dataDir: string;
  readonly logger: Logger;
}

const vectorsFolder = (dataDir: string): string => join(dataDir, "vectors");

const retired = async ({ catalogue }: PruneDeps): Promise<readonly KnownVectorKey[]> =>
  (await catalogue.vectorKeys.list()).filter(({ state }) => state === "retired");

export const listRetired = async (deps: PruneDeps): Promise<readonly RetiredModel[]> => {
  const keys = await retired(deps);
  return Promise.all(
    keys.map(async ({ modelId, vectorKey, vectors, dimension }) => ({
      modelId,
      vectorKey,
      vectors,
      bytes:
        bytesNeeded(dimension, { photos: 0, toEmbed: vectors }) +
        (await bytesBelow(tablePath(vectorsFolder(deps.dataDir), vectorKey))),
    })),
  );
};

const catalogueBytes = async (path: string): Promise<number> => (await stat(path)).size;

/** Copying the catalogue needs room for the copy and for the log of it; without it the space serves new photos. */
const compact = async ({ catalogue, dataDir, logger }: PruneDeps): Promise<boolean> => {
  const copies = 2 * (await catalogueBytes(catalogue.path));
  if ((await freeDiskBytes(dataDir)) < copies) return false;
  try {
    await catalogue.vectorKeys.compact();
    return true;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    logger.debug("The catalogue could not be made smaller.", { error: error.message });
    return false;
  }
};

export const pruneRetired = async (deps: PruneDeps, signal: AbortSignal): Promise<PruneReport> => {
  const { catalogue, dataDir } = deps;
  const folder = vectorsFolder(dataDir);
  const removed = await listRetired(deps);
  if (removed.length === 0) return { removed, bytesFreed: 0, compacted: true };
  const before = (await catalogueBytes(catalogue.path)) + (await bytesBelow(folder));
  for (const { vectorKey } of removed) {
    while ((await catalogue.vectorKeys.dropVectors(vectorKey, LOT)) > 0) signal.throwIfAborted();
    await removeTable(folder, vectorKey);
    await catalogue.vectorKeys.remove(vectorKey);
  }
  const compacted = await compact(deps);
  const after = (await catalogueBytes(catalogue.path)) + (await bytesBelow(folder));
  return { removed, bytesFreed: Math.max(0, before - after), compacted };
};

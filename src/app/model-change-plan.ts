/** What a change of the model would take: photos, time, disk. */
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { SECOND } from "../clock.ts";
import { freeDiskBytes } from "../disk.ts";
import { StorageError } from "../errors.ts";
import type { ModelChangePlan } from "../library/model-change.ts";
import { embedPhotos } from "./embed-photos.ts";
import type { MigrationDeps } from "./model-migration.ts";

const FLOAT_BYTES = 4;
/** Keys beside a vector in its row, and its entry in the table's index. */
const ROW_KEY_BYTES = 110;
const INDEX_ENTRY_BYTES = 130;
/** SQLite's page; a row lies whole in one page when it can, so half a page may stay empty. */
const PAGE_BYTES = 4096;
const PAGE_ROOM = 4060;
/** Words, folders, dates and tags of an index row, on average. */
const INDEX_ROW_BYTES = 700;
/** While a table is filled and tidied up its old version lies beside the new one. */
const INDEX_COPIES = 2;
/** What the rest of the machine may need meanwhile. */
const SPARE_BYTES = 100_000_000;
/** Photos embedded to tell the speed; the first ones wait for the model to load and do not count. */
const SAMPLE_PHOTOS = 32;
const WARM_UP_PHOTOS = 8;

/** What a vector takes in the catalogue. */
const catalogueBytes = (dimension: number): number => {
  const row = dimension * FLOAT_BYTES + ROW_KEY_BYTES;
  const pages = row > PAGE_ROOM ? Math.ceil(row / PAGE_ROOM) : 1 / Math.floor(PAGE_ROOM / row);
  return pages * PAGE_BYTES + INDEX_ENTRY_BYTES;
};

/**
 * @param photos rows of the index table
 * @param toEmbed vectors in the catalogue
 */
export const bytesNeeded = (dimension: number, { photos, toEmbed }: { photos: number; toEmbed: number }): number =>
  Math.ceil(toEmbed * catalogueBytes(dimension) + photos * (dimension * FLOAT_BYTES + INDEX_ROW_BYTES) * INDEX_COPIES);

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000).toLocaleString("en-GB")} MB`;

/** @throws StorageError when the vectors of both models do not fit on the disk */
export const refuseSmallDisk = (plan: Pick<ModelChangePlan, "bytesNeeded" | "bytesFree" | "modelId">): void => {
  if (plan.bytesFree >= plan.bytesNeeded + SPARE_BYTES) return;
  throw new StorageError(
    `Expected ${megabytes(plan.bytesNeeded + SPARE_BYTES)} of free disk space for the vectors of ${plan.modelId} beside those in use, received ${megabytes(plan.bytesFree)}.`,
    {
      hint: "Free some space on the disk of the library (photon models prune removes vectors of models no longer in use), then run the command again. Nothing was changed.",
      details: { bytesNeeded: plan.bytesNeeded, bytesFree: plan.bytesFree },
    },
  );
};

const measureSpeed = async (
  deps: MigrationDeps,
  model: InstalledModel,
  { contentHashes, signal }: { readonly contentHashes: readonly string[]; readonly signal: AbortSignal },
): Promise<number | undefined> => {
  const sample = contentHashes.slice(0, SAMPLE_PHOTOS);
  if (sample.length <= WARM_UP_PHOTOS) return undefined;
  const encoder = deps.inference.encoderOf(model);
  let done = 0;
  let startedAt = 0;
  const embedding = { ...deps, filesOf: deps.catalogue.vectorKeys.filesOf };
  for await (const _photo of embedPhotos(embedding, encoder, { contentHashes: sample, signal })) {
    done += 1;
    if (done === WARM_UP_PHOTOS) startedAt = deps.clock.now();
  }
  signal.throwIfAborted();
  const seconds = Math.max(1, deps.clock.now() - startedAt) / SECOND;
  return (sample.length - WARM_UP_PHOTOS) / seconds;
};

/** For a library that holds no photo yet. */
export const planFirst = async (model: InstalledModel, dataDir: string): Promise<ModelChangePlan> => ({
  modelId: model.manifest.id,
  vectorKey: model.vectorKey,
  current: undefined,
  photos: 0,
  toEmbed: 0,
  photosPerSecond: undefined,
  seconds: 0,
  bytesNeeded: 0,
  bytesFree: await freeDiskBytes(dataDir),
});

export const planChange = async (
  deps: MigrationDeps,
  model: InstalledModel,
  { signal, measure }: { readonly signal: AbortSignal; readonly measure: boolean },
): Promise<ModelChangePlan> => {
  const { catalogue, config } = deps;
  const active = await catalogue.library.activeVectorKey();
  const missing = await catalogue.vectorKeys.withoutVector(model.vectorKey);
  const { photos } = await catalogue.administration.count();
  const speed = measure ? await measureSpeed(deps, model, { contentHashes: missing, signal }) : undefined;
  return {
    modelId: model.manifest.id,
    vectorKey: model.vectorKey,
    current: active === undefined ? undefined : { modelId: active.modelId, vectorKey: active.vectorKey },
    photos,
    toEmbed: missing.length,
    photosPerSecond: speed,
    seconds: missing.length === 0 ? 0 : speed === undefined ? undefined : missing.length / speed,
    bytesNeeded:
      active?.vectorKey === model.vectorKey
        ? bytesNeeded(model.manifest.dimension, { photos: 0, toEmbed: missing.length })
        : bytesNeeded(model.manifest.dimension, { photos, toEmbed: missing.length }),
    bytesFree: await freeDiskBytes(config.general.data_dir),
  };
};

/** `photon process` on this library: settings become a pipeline, the pipeline runs. */
import { randomUUID } from "node:crypto";
import type { DualEncoder, Tagger } from "../../models/embedding/encoder.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { RenditionStore } from "../photo/rendition-store.ts";
import type { DecodeLimits, PhotoSource } from "../photo/types.ts";
import type {
  ProcessApi,
  ProcessOptions,
  ProcessOutcome,
  ProcessSettings,
  TaggingSettings,
} from "../pipeline/outcome.ts";
import { createProcessPhotos } from "../pipeline/process-photos.ts";
import { stages } from "../pipeline/stages.ts";
import type { Inference } from "./inference.ts";
import { findLargerModel } from "./larger-model.ts";
import type { LibraryIndex } from "./library-index.ts";
import type { LibraryModel } from "./library-model.ts";

/** Photos of one catalogue commit, at most. */
const COMMIT_BATCH = 64;
const BYTES_PER_MB = 1024 * 1024;
const PIXELS_PER_MEGAPIXEL = 1_000_000;

export interface ProcessApiDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly catalogue: () => Promise<Catalogue>;
  readonly renditions: RenditionStore;
  readonly model: LibraryModel;
  readonly inference: Inference;
  readonly index: LibraryIndex;
}

export interface LibraryProcess extends Omit<ProcessApi, "finish"> {
  /** The same with the settings of the config, every stage that is stale or failed before. */
  readonly again: (sources: AsyncIterable<PhotoSource>, signal: AbortSignal) => AsyncIterable<ProcessOutcome>;
}

export const decodeLimitsOf = ({ limits }: Config): DecodeLimits => ({
  maxFileBytes: Math.floor(limits.max_file_size_mb * BYTES_PER_MB),
  maxDimension: limits.max_image_dimension,
  maxPixels: Math.floor(limits.max_megapixels * PIXELS_PER_MEGAPIXEL),
  timeoutMs: limits.decode_timeout_ms,
});

export const taggingSettingsOf = ({ tagging }: Config): TaggingSettings => ({
  minConfidence: tagging.min_confidence,
  maxTags: tagging.max_tags,
  deduplicateAncestors: tagging.deduplicate_ancestors,
});

/** What runs make of photos that nobody wishes something special for. */
export const processSettingsOf = (config: Config): ProcessSettings => ({
  thumbnail: config.thumbnail.enabled ? config.thumbnail : undefined,
  embedding: true,
  tagging: config.tagging.enabled ? taggingSettingsOf(config) : undefined,
});

interface StageModels {
  readonly encoder: DualEncoder | undefined;
  readonly largerEncoder?: DualEncoder;
  readonly tagger: Tagger | undefined;
}

const NO_MODELS: StageModels = { encoder: undefined, tagger: undefined };

/** undefined, with a warning that says why, when there is none. */
const largerModel = async (
  { config, logger }: ProcessApiDeps,
  inUse: InstalledModel,
): Promise<InstalledModel | undefined> => {
  const larger = await findLargerModel(config.general.model_dir, inUse);
  if (larger.model === undefined) logger.warn(larger.reason);
  return larger.model;
};

const keepBeside = async ({ catalogue }: ProcessApiDeps, { vectorKey, manifest }: InstalledModel): Promise<void> =>
  (await catalogue()).vectorKeys.keepBeside({ vectorKey, modelId: manifest.id, dimension: manifest.dimension });

const modelsOf = async (
  deps: ProcessApiDeps,
  { embedding, tagging, quality }: ProcessSettings,
  store: boolean,
): Promise<StageModels> => {
  const { model, inference } = deps;
  if (!embedding) return NO_MODELS;
  const inUse: InstalledModel | undefined = store ? await model.forWriting() : await model.configured();
  if (inUse === undefined) return NO_MODELS;
  const larger = quality === "high" ? await largerModel(deps, inUse) : undefined;
  if (store && larger !== undefined) await keepBeside(deps, larger);
  // Without a library nothing is searched: one model is enough.
  const installed = store ? inUse : (larger ?? inUse);
  const tagger = tagging === undefined ? undefined : await inference.taggerOf(installed, tagging);
  if (!store) await tagger?.prepare(); // without a library there is no later
  const beside = store && larger !== undefined ? { largerEncoder: inference.encoderOf(larger) } : {};
  return { encoder: inference.encoderOf(installed), tagger, ...beside };
};

async function* runPipeline(
  deps: ProcessApiDeps,
  sources: AsyncIterable<PhotoSource>,
  settings: ProcessSettings,
  options: ProcessOptions,
): AsyncGenerator<ProcessOutcome> {
  const { config, logger, clock, catalogue, renditions, index } = deps;
  const models = await modelsOf(deps, settings, options.store);
  const process = createProcessPhotos({
    stages,
    logger,
    clock,
    commitBatch: COMMIT_BATCH,
    bufferSize: config.pipeline.buffer_size,
    library: options.store
      ? { catalogue: await catalogue(), renditions, runToken: randomUUID(), onCommitted: index.notify }
      : undefined,
    context: {
      ...models,
      limits: decodeLimitsOf(config),
      thumbnail: settings.thumbnail,
      // Photos that were started are finished, so an abort of the run does not reach the stages.
      signal: new AbortController().signal,
    },
  });
  yield* process(sources, options);
}

export const createProcessApi = (deps: ProcessApiDeps): LibraryProcess => ({
  process: (sources, settings, options) => runPipeline(deps, sources, settings, options),
  again: (sources, signal) =>
    runPipeline(deps, sources, processSettingsOf(deps.config), {
      store: true,
      force: true,
      parallel: deps.config.processing.parallel_workers,
      signal,
    }),
  addedRoots: async () =>
    (await (await deps.catalogue()).roots.list()).filter(({ kind }) => kind === "added").map(({ path }) => path),
  vectorKey: async ({ embedding, quality }) => {
    const configured = embedding ? await deps.model.configured() : undefined;
    if (configured === undefined || quality !== "high") return configured?.vectorKey;
    const { model } = await findLargerModel(deps.config.general.model_dir, configured);
    return (model ?? configured).vectorKey;
  },
  waitUntilIndexed: deps.index.waitUntilIndexed,
});

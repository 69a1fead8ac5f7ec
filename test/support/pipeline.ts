/**
 * The real pipeline on a real library, with a scripted model and a count of what was run. Only the model is fake: its
 * vector is made of the colours of a few pixels.
 */
import { join } from "node:path";
import type { DualEncoder, Tagger } from "../../models/embedding/encoder.ts";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/logger.ts";
import { createRenditionStore } from "../../src/photo/rendition-store.ts";
import type { RenditionStore } from "../../src/photo/rendition-store.ts";
import type { DecodeLimits, PhotoSource, ThumbnailSettings } from "../../src/photo/types.ts";
import type { ProcessOptions, ProcessOutcome } from "../../src/pipeline/outcome.ts";
import { createProcessPhotos } from "../../src/pipeline/process-photos.ts";
import type { Stage } from "../../src/pipeline/stage.ts";
import { stages } from "../../src/pipeline/stages.ts";
import { LIMITS } from "./images.ts";
import { unit } from "./memory-library.ts";
import { sourcesOf, temporaryFolder } from "./photos.ts";

type StageName = (typeof stages)[number]["name"];

const INPUT_SIZE = 32;
const DIMENSION = 12;

export interface ScriptedModel {
  readonly encoder: DualEncoder;
  readonly tagger: Tagger;
}

export const createScriptedModel = (modelId = "scripted"): ScriptedModel => ({
  encoder: {
    modelId,
    vectorKey: `${modelId}@00000000/fp32/p1`,
    dimension: DIMENSION,
    imageInput: { size: INPUT_SIZE, resize: "squash", kernel: "bicubic" },
    calibration: { id: "none", scale: 1, bias: 0, noMatchBelow: 0, goodFrom: 1 },
    embedImage: async (pixels) => unit([...pixels.subarray(0, DIMENSION)].map((value) => value + 1)),
    embedTexts: () => Promise.reject(new Error("no text is embedded in these tests")),
    [Symbol.asyncDispose]: async () => undefined,
  },
  tagger: {
    bankKey: `${modelId}-bank`,
    calibrationId: "none",
    resultKey: `${modelId}-bank`,
    tag: async () => [{ name: "colours", confidence: 0.5 }],
  },
});

export const THUMBNAIL: ThumbnailSettings = { size: 64, format: "webp", quality: 80 };

export interface RunSettings extends Partial<ProcessOptions> {
  readonly thumbnail?: ThumbnailSettings | undefined;
  readonly model?: ScriptedModel | undefined;
  readonly limits?: DecodeLimits;
  readonly bufferSize?: number;
  /** Runs before a stage, for tests that hold one photo up. */
  readonly beforeStage?: (stage: StageName, path: string) => Promise<void>;
}

export interface CountedRun {
  readonly outcomes: readonly ProcessOutcome[];
  /** How often each stage ran. */
  readonly ran: Readonly<Partial<Record<StageName, number>>>;
}

export interface TestPipeline extends AsyncDisposable {
  readonly photos: string;
  readonly catalogue: Catalogue;
  readonly renditions: RenditionStore;
  readonly run: (sources: AsyncIterable<PhotoSource>, settings?: RunSettings) => AsyncIterable<ProcessOutcome>;
  /** Runs to the end over files of `photos`. */
  readonly process: (names: readonly string[], settings?: RunSettings) => Promise<CountedRun>;
}

type Counts = Partial<Record<StageName, number>>;

const counted = (counts: Counts, before: RunSettings["beforeStage"]): readonly Stage[] =>
  stages.map((stage: Stage<StageName>) => ({
    ...stage,
    run: async (draft, context) => {
      counts[stage.name] = (counts[stage.name] ?? 0) + 1;
      await before?.(stage.name, draft.absolutePath.toString());
      return stage.run(draft, context);
    },
  }));

export const createTestPipeline = async (): Promise<TestPipeline> => {
  const temporary = await temporaryFolder();
  const catalogue = await openCatalogue({ path: join(temporary.path, "home", "catalogue.db") });
  const renditions = createRenditionStore(join(temporary.path, "home", "renditions"));
  const photos = join(temporary.path, "photos");
  const start = (counts: Counts, sources: AsyncIterable<PhotoSource>, settings: RunSettings) => {
    const { limits = LIMITS, bufferSize = 100, beforeStage, ...options } = settings;
    const model = "model" in settings ? settings.model : createScriptedModel();
    const run = createProcessPhotos({
      stages: counted(counts, beforeStage),
      context: {
        limits,
        thumbnail: "thumbnail" in settings ? settings.thumbnail : THUMBNAIL,
        encoder: model?.encoder,
        tagger: model?.tagger,
        signal: new AbortController().signal,
      },
      library:
        options.store === false ? undefined : { catalogue, renditions, runToken: "test", onCommitted: () => undefined },
      logger: silentLogger,
      clock: systemClock,
      commitBatch: 64,
      bufferSize,
    });
    return run(sources, { store: true, force: false, parallel: 4, signal: new AbortController().signal, ...options });
  };
  return {
    photos,
    catalogue,
    renditions,
    run: (sources, settings = {}) => start({}, sources, settings),
    process: async (names, settings = {}) => {
      const ran: Counts = {};
      const outcomes: ProcessOutcome[] = [];
      for await (const outcome of start(ran, sourcesOf(photos, names), settings)) outcomes.push(outcome);
      return { outcomes: outcomes.toSorted((left, right) => left.index - right.index), ran };
    },
    [Symbol.asyncDispose]: async () => {
      await catalogue[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
};

export const photosOf = (outcomes: readonly ProcessOutcome[]) =>
  outcomes.map((outcome) => {
    if (outcome.status !== "done") throw new Error(`expected a photo, got ${JSON.stringify(outcome)}`);
    return outcome.photo;
  });

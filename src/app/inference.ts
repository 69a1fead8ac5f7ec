/** Encoders and taggers of a process, each made when first needed and closed with it. */
import { join } from "node:path";
import type { HostedEncoder } from "../../models/embedding/hosted-encoder.ts";
import { createHostedEncoder } from "../../models/embedding/hosted-encoder.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { BackgroundEncoder } from "../../models/embedding/background-encoder.ts";
import { inBackground } from "../../models/embedding/background-encoder.ts";
import { readTagCalibration } from "../../models/embedding/tag-calibration.ts";
import type { HostedTagger } from "../../models/embedding/tagger.ts";
import { createTagger } from "../../models/embedding/tagger.ts";
import { vocabularyFor } from "../../models/embedding/vocabularies.ts";
import { SECOND } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { TaggingSettings } from "../pipeline/outcome.ts";

/** Of the data folder, and of a model that ships with banks. */
export const BANK_FOLDER = "label-banks";
/** After this a run stores photos without tags at first; they get them when the bank is complete. */
const BANK_PATIENCE_MS = 30 * SECOND;

export interface InferenceDeps {
  readonly config: Config;
  readonly logger: Logger;
  /** Load the text tower of searches in this process. */
  readonly searchInProcess: boolean;
}

export interface Inference extends AsyncDisposable {
  /** Encoder of the pipeline: everything in child processes. */
  readonly encoderOf: (model: InstalledModel) => HostedEncoder;
  /** Encoder of searches. */
  readonly searchEncoderOf: (model: InstalledModel) => HostedEncoder;
  /** undefined when no vocabulary fits the model. Its `tag` waits {@link BANK_PATIENCE_MS} for a bank in the making. */
  readonly taggerOf: (model: InstalledModel, settings: TaggingSettings) => Promise<HostedTagger | undefined>;
  /** A photo of this process went on without tags. */
  readonly photosWaitForTags: () => boolean;
}

/** The value of a key, made at its first use. */
const getOrMake = <Value>(values: Map<string, Value>, key: string, make: () => Value): Value => {
  const value = values.get(key) ?? make();
  values.set(key, value);
  return value;
};

export const createInference = ({ config, logger, searchInProcess }: InferenceDeps): Inference => {
  const resources = new AsyncDisposableStack();
  const encoders = new Map<string, HostedEncoder>();
  let photosWait = false;
  const taggers = new Map<string, Promise<HostedTagger | undefined>>();
  const { batch_size: batchSize, device } = config.embedding;

  const makeEncoder = (model: InstalledModel, textInProcess: boolean): HostedEncoder =>
    resources.use(
      createHostedEncoder(model, {
        logger,
        device,
        textInProcess,
        embedTimeoutMs: config.limits.embed_timeout_ms,
        ...(batchSize === "auto" ? {} : { imagesPerRun: batchSize }),
      }),
    );
  const encoderOf = (model: InstalledModel, textInProcess: boolean): HostedEncoder =>
    getOrMake(encoders, `${model.vectorKey}/${textInProcess}`, () => makeEncoder(model, textInProcess));
  const makeTagger = async (model: InstalledModel, settings: TaggingSettings): Promise<HostedTagger | undefined> => {
    const vocabulary = await vocabularyFor(model, { ...config.tagging.vocabulary, logger });
    if (vocabulary.length === 0) return undefined;
    const encoder = encoderOf(model, false);
    const bankDir = join(config.general.data_dir, BANK_FOLDER);
    let bankEncoder: BackgroundEncoder | undefined;
    const tagger = await createTagger({
      encoder,
      vocabulary,
      bankDir,
      shippedBankDirs: [join(model.directory, BANK_FOLDER)],
      settings,
      calibration: await readTagCalibration(model.directory, encoder),
      openBankEncoder: () => (bankEncoder = inBackground(createHostedEncoder(model, { logger, device }))),
      patienceMs: BANK_PATIENCE_MS,
      onLeftWaiting: () => {
        photosWait = true;
        bankEncoder?.stepBack();
      },
      logger,
    });
    return resources.use(tagger);
  };
  return {
    encoderOf: (model) => encoderOf(model, false),
    searchEncoderOf: (model) => encoderOf(model, searchInProcess),
    photosWaitForTags: () => photosWait,
    taggerOf: (model, settings) => {
      const key = `${model.vectorKey}/${JSON.stringify(settings)}`;
      const tagger = getOrMake(taggers, key, () => makeTagger(model, settings));
      tagger.catch(() => taggers.delete(key)); // whoever awaits it gets the error; the next run tries again
      return tagger;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

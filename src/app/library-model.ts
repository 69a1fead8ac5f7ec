/** Which model a library uses, and its encoders and taggers, each made when first needed. */
import { join } from "node:path";
import type { HostedEncoder } from "../../models/embedding/hosted-encoder.ts";
import { createHostedEncoder } from "../../models/embedding/hosted-encoder.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { listInstalledModels, openInstalledModel, resolveModel } from "../../models/embedding/installed-models.ts";
import { isSampleModel } from "../../models/embedding/manifests.ts";
import type { HostedTagger } from "../../models/embedding/tagger.ts";
import { createTagger } from "../../models/embedding/tagger.ts";
import { vocabularyFor } from "../../models/embedding/vocabularies.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { VectorKey } from "../catalogue/library-repository.ts";
import type { Config } from "../config.ts";
import type { ActiveModel } from "../library/administration.ts";
import type { Logger } from "../logger.ts";
import type { TaggingSettings } from "../pipeline/outcome.ts";
import { once } from "./once.ts";

export interface LibraryModelDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly catalogue: () => Promise<Catalogue>;
  /** Load the text tower of searches in this process. */
  readonly searchInProcess: boolean;
}

export interface LibraryModel extends AsyncDisposable {
  /** The key this library is searched with; undefined before its first write and without a model. */
  readonly activeKey: () => Promise<VectorKey | undefined>;
  readonly activeModel: () => Promise<ActiveModel | undefined>;
  /** Installed model of the active key; of the configured model while no key is active. */
  readonly installed: () => Promise<InstalledModel | undefined>;
  /** The same for writing: makes the configured model's key active when none is. */
  readonly forWriting: () => Promise<InstalledModel | undefined>;
  /** The configured model, without looking at the library. */
  readonly configured: () => Promise<InstalledModel | undefined>;
  /** Encoder of the pipeline: everything in child processes. */
  readonly encoderOf: (model: InstalledModel) => Promise<HostedEncoder>;
  /** Encoder of searches. */
  readonly searchEncoderOf: (model: InstalledModel) => Promise<HostedEncoder>;
  /** undefined when no vocabulary fits the model. */
  readonly taggerOf: (model: InstalledModel, settings: TaggingSettings) => Promise<HostedTagger | undefined>;
}

const BANK_FOLDER = "label-banks";

/** An installed model whose files are whole and whose vectors are comparable with the key's. */
const findByKey = async (modelDir: string, { modelId, vectorKey }: VectorKey): Promise<InstalledModel | undefined> => {
  for (const status of await listInstalledModels(modelDir)) {
    if (status.id !== modelId || status.state === "partial" || status.state === "damaged") continue;
    const model = await openInstalledModel(status.directory);
    if (model.vectorKey === vectorKey) return model;
  }
  return undefined;
};

export const createLibraryModel = ({ config, logger, catalogue, searchInProcess }: LibraryModelDeps): LibraryModel => {
  const { model_dir: modelDir, data_dir: dataDir } = config.general;
  const resources = new AsyncDisposableStack();
  const encoders = new Map<string, Promise<HostedEncoder>>();
  const taggers = new Map<string, Promise<HostedTagger | undefined>>();
  const configured = once(() => resolveModel(modelDir, config.embedding.model));
  const activeKey = async (): Promise<VectorKey | undefined> => (await catalogue()).library.activeVectorKey();

  const installed = async (): Promise<InstalledModel | undefined> => {
    const active = await activeKey();
    return active === undefined ? configured() : findByKey(modelDir, active);
  };

  const warnAboutMismatch = (active: VectorKey): void => {
    const wanted = config.embedding.model;
    if (wanted === "auto" || wanted === active.modelId) return;
    logger.warn(`This library uses the model ${active.modelId}; embedding.model = "${wanted}" changes nothing for it.`);
  };

  const makeEncoder = async (model: InstalledModel, textInProcess: boolean): Promise<HostedEncoder> => {
    const { batch_size: batchSize, device } = config.embedding;
    return resources.use(
      createHostedEncoder(model, {
        logger,
        device,
        textInProcess,
        embedTimeoutMs: config.limits.embed_timeout_ms,
        ...(batchSize === "auto" ? {} : { imagesPerRun: batchSize }),
      }),
    );
  };
  const cachedEncoder = (model: InstalledModel, textInProcess: boolean): Promise<HostedEncoder> => {
    const key = `${model.vectorKey}/${textInProcess}`;
    const encoder = encoders.get(key) ?? makeEncoder(model, textInProcess);
    encoders.set(key, encoder);
    return encoder;
  };
  const makeTagger = async (model: InstalledModel, settings: TaggingSettings): Promise<HostedTagger | undefined> => {
    const { dir, sets } = config.tagging.vocabulary;
    const vocabulary = await vocabularyFor(model, { dir, sets, logger });
    if (vocabulary.length === 0) return undefined;
    const encoder = await cachedEncoder(model, false);
    const bankDir = join(dataDir, BANK_FOLDER);
    return resources.use(await createTagger({ encoder, vocabulary, bankDir, settings, logger }));
  };

  return {
    activeKey,
    installed,
    configured,
    activeModel: async () => {
      const active = await activeKey();
      if (active === undefined) return undefined;
      const vectors = await (await catalogue()).administration.countVectors(active.vectorKey);
      const { modelId, vectorKey, dimension } = active;
      return { modelId, vectorKey, dimension, sample: isSampleModel(modelId), vectors };
    },
    forWriting: async () => {
      const { library } = await catalogue();
      const active = await library.activeVectorKey();
      if (active === undefined) {
        const model = await configured();
        if (model === undefined) return undefined;
        const { id: modelId, dimension } = model.manifest;
        const settled = await library.activateFirst({ vectorKey: model.vectorKey, modelId, dimension });
        return settled.vectorKey === model.vectorKey ? model : findByKey(modelDir, settled);
      }
      warnAboutMismatch(active);
      const model = await findByKey(modelDir, active);
      if (model === undefined) {
        logger.warn(
          `The files of this library's model ${active.modelId} are not installed: new photos get no vectors. Run "photon doctor".`,
        );
      }
      return model;
    },
    encoderOf: (model) => cachedEncoder(model, false),
    searchEncoderOf: (model) => cachedEncoder(model, searchInProcess),
    taggerOf: (model, settings) => {
      const key = `${model.vectorKey}/${JSON.stringify(settings)}`;
      const tagger = taggers.get(key) ?? makeTagger(model, settings);
      taggers.set(key, tagger);
      return tagger;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

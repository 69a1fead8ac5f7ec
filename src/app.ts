/** Composition root: the only file that wires catalogue, pipeline, index, search and models together. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FirstNotice } from "./app/first-notice.ts";
import { createFirstNotice } from "./app/first-notice.ts";
import { createInference } from "./app/inference.ts";
import { createLibraryIndex } from "./app/library-index.ts";
import { createLibraryModel } from "./app/library-model.ts";
import { createModelAdministration } from "./app/model-administration.ts";
import type { ModelApi } from "./app/model-api.ts";
import { createModelChange } from "./app/model-change.ts";
import { createModelChecks } from "./app/model-checks.ts";
import { createModelDownloads } from "./app/model-downloads.ts";
import { createModelJudge } from "./app/model-judge.ts";
import { createNullSets } from "./app/null-sets.ts";
import { once } from "./app/once.ts";
import { createProcessApi } from "./app/process-api.ts";
import { createSearchModel } from "./app/search-model.ts";
import { openCatalogue } from "./catalogue/catalogue.ts";
import { checkCatalogueFile } from "./catalogue/check.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { AdministrationApi } from "./library/administration.ts";
import { createLibraryAdministration } from "./library/library-administration.ts";
import type { ModelChangeApi } from "./library/model-change.ts";
import type { Logger } from "./logger.ts";
import { createRenditionStore } from "./photo/rendition-store.ts";
import type { ProcessApi } from "./pipeline/outcome.ts";
import { registryProblems } from "./pipeline/stage-plan.ts";
import { stages } from "./pipeline/stages.ts";
import { createSearch } from "./search/search.ts";
import type { Search } from "./search/types.ts";
import type { TaggingApi } from "./app/tagging.ts";
import { createTaggingApi } from "./app/tagging.ts";
import type { VocabularyApi } from "./app/vocabulary.ts";
import { createVocabularyApi } from "./app/vocabulary.ts";
import { InternalError } from "./errors.ts";

export interface PhotonOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Load the text tower of searches in this process: for a process that waits for nothing else. Default true. */
  readonly searchInProcess?: boolean;
  readonly workingDirectory?: string;
}

/** photon on one library. Nothing is opened or loaded before it is needed. */
export interface Photon
  extends AsyncDisposable, AdministrationApi, ModelApi, ModelChangeApi, ProcessApi, Search, TaggingApi, VocabularyApi {
  readonly config: Config;
  /** Whether the library gives a notice for the first time; it is remembered. */
  readonly isFirstNotice: FirstNotice;
  /** Encoded thumbnail of a photo; undefined when there is none. */
  readonly thumbnailOf: (contentHash: string) => Promise<Uint8Array | undefined>;
}

const checkRegistries = (): void => {
  const problems = registryProblems(stages);
  if (problems.length > 0) throw new InternalError(`The registries of photon are wrong. ${problems.join(" ")}`);
};

export const createPhoton = (config: Config, options: PhotonOptions): Photon => {
  checkRegistries();
  const { logger, clock = systemClock, searchInProcess = true, workingDirectory = process.cwd() } = options;
  const { data_dir: dataDir, model_dir: modelDir } = config.general;
  const folders = {
    data: dataDir,
    catalogue: join(dataDir, "catalogue.db"),
    vectors: join(dataDir, "vectors"),
    renditions: join(dataDir, "renditions"),
    models: modelDir,
  };
  const resources = new AsyncDisposableStack();
  const catalogue = once(async () => resources.use(await openCatalogue({ path: folders.catalogue, clock })));
  const renditions = createRenditionStore(folders.renditions);
  const model = createLibraryModel({ config, logger, catalogue });
  const inference = createInference({ config, logger, searchInProcess });
  const index = createLibraryIndex({ directory: folders.vectors, catalogue, clock, logger });
  const processApi = createProcessApi({ config, logger, clock, catalogue, renditions, model, inference, index });
  const tagging = createTaggingApi({ config, catalogue, model, inference, index });
  const nullSets = createNullSets({ config, logger, catalogue, model, inference, index });
  const { followModel, ...modelChange } = createModelChange({
    config,
    logger,
    clock,
    catalogue,
    index,
    inference,
    installedOf: model.installedOf,
    hasLibrary: () => existsSync(folders.catalogue),
    afterSwitch: async ({ signal, onProgress }) => {
      if (config.tagging.enabled) {
        await tagging.retag({
          dryRun: false,
          signal,
          onProgress: ({ phase, done, total }) =>
            onProgress?.({ phase: phase === "bank" ? "vocabulary" : "tagging", done, total, failed: 0 }),
        });
      }
      await index.waitUntilIndexed(() => undefined, signal);
      await nullSets.refresh({ signal });
    },
  });
  const search = once(async () =>
    createSearch({
      catalogue: (await catalogue()).search,
      index: index.searchable,
      model: createSearchModel({ config, model, inference }),
      absentModel: async () => (await model.activeKey())?.modelId,
      nullSet: nullSets.load,
    }),
  );
  const activeVectorKey = async (): Promise<string | undefined> =>
    existsSync(folders.catalogue) ? (await model.activeKey())?.vectorKey : undefined;
  const judge = createModelJudge(config, { logger, clock });
  return {
    config,
    ...processApi,
    ...tagging,
    ...createVocabularyApi({ config, logger, clock, catalogue, cataloguePath: folders.catalogue, model, inference }),
    finish: async ({ signal, onProgress }) => {
      const tagged = await tagging.tagWaiting({ signal, ...(onProgress === undefined ? {} : { onProgress }) });
      if (tagged > 0) await index.waitUntilIndexed(() => undefined, signal);
      await nullSets.refresh({ signal, onProgress: (state) => onProgress?.({ phase: "scores", ...state }) });
    },
    process: followModel(processApi.process),
    ...modelChange,
    ...createModelAdministration({ modelDir, activeVectorKey }),
    ...createModelDownloads({ config, clock, workingDirectory, judge }),
    ...createModelChecks({
      modelDir,
      vectorKeys: async () => (existsSync(folders.catalogue) ? (await catalogue()).vectorKeys.list() : []),
      judge,
    }),
    ...createLibraryAdministration({
      catalogue,
      folders,
      renditions,
      workingDirectory,
      activeModel: model.activeModel,
      indexStatus: async () => (await index.reader()).status(),
      committerHolder: async () => (await (await catalogue()).leases.holder("committer"))?.owner,
      settleIndex: (signal) => index.waitUntilIndexed(() => undefined, signal),
      rebuildIndex: index.rebuild,
      processAgain: processApi.again,
    }),
    isFirstNotice: createFirstNotice(dataDir),
    checkCatalogue: () => checkCatalogueFile(folders.catalogue),
    search: async (request, signal) => (await search()).search(request, signal),
    show: async (photo, signal) => (await search()).show(photo, signal),
    duplicates: async (request, signal) => (await search()).duplicates(request, signal),
    thumbnailOf: async (contentHash) => {
      const facts = (await (await catalogue()).photos.load([contentHash])).get(contentHash)?.thumbnail;
      return facts === undefined ? undefined : renditions.read(contentHash, facts.format);
    },
    // The index flushes and the encoders end before the catalogue closes.
    [Symbol.asyncDispose]: async () => {
      await using _catalogue = resources;
      await using _inference = inference;
      await index[Symbol.asyncDispose]();
    },
  };
};

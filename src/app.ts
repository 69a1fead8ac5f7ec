/** Composition root: the only file that wires catalogue, pipeline, index, search and models together. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CoreWorkOptions } from "./app/core-work.ts";
import { createCoreWorker } from "./app/core-worker.ts";
import type { WorkerProcessOptions } from "./app/enrichment/worker-process.ts";
import type { CostsApi } from "./app/enrichment/costs-api.ts";
import { createCostsApi } from "./app/enrichment/costs-api.ts";
import type { EnrichmentFeatures } from "./app/enrichment/create-enrichment.ts";
import { createEnrichment } from "./app/enrichment/create-enrichment.ts";
import { createLlmApi } from "./app/enrichment/llm-api.ts";
import type { LlmApi } from "./app/enrichment/llm-api.ts";
import type { PeopleApis } from "./app/enrichment/people.ts";
import { createPeopleApis, peopleCompanions } from "./app/enrichment/people.ts";
import type { WatchApi } from "./app/enrichment/watches.ts";
import { createWatchApi, matchWithoutProvider } from "./app/enrichment/watches.ts";
import type { FirstNotice } from "./app/first-notice.ts";
import { createFirstNotice } from "./app/first-notice.ts";
import { createFollowUps } from "./app/follow-ups.ts";
import { createInference } from "./app/inference.ts";
import type { LibraryIndex } from "./app/library-index.ts";
import { createLibraryIndex } from "./app/library-index.ts";
import type { LibraryModel } from "./app/library-model.ts";
import { createLibraryModel } from "./app/library-model.ts";
import type { ModelApi } from "./app/model-api.ts";
import { createModelChange } from "./app/model-change.ts";
import { createModelManagement } from "./app/model-management.ts";
import { createNullSets } from "./app/null-sets.ts";
import { once } from "./app/once.ts";
import type { LibraryProcess } from "./app/process-api.ts";
import { createProcessApi } from "./app/process-api.ts";
import type { ScanningApi } from "./app/scanning.ts";
import { createScanningApi } from "./app/scanning.ts";
import type { SearchApi } from "./app/search-api.ts";
import { createSearchApi } from "./app/search-api.ts";
import { createSearchModel } from "./app/search-model.ts";
import type { ServingApis } from "./app/serving.ts";
import { createServing } from "./app/serving.ts";
import type { TaggingApi } from "./app/tagging.ts";
import { createTaggingApi } from "./app/tagging.ts";
import type { VocabularyApi } from "./app/vocabulary.ts";
import { createVocabularyApi } from "./app/vocabulary.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { openCatalogue } from "./catalogue/catalogue.ts";
import { checkCatalogueFile } from "./catalogue/check.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { InternalError } from "./errors.ts";
import type { AdministrationApi } from "./library/administration.ts";
import type { LibraryAdministration, LibraryFolders } from "./library/library-administration.ts";
import { createLibraryAdministration } from "./library/library-administration.ts";
import type { ModelChangeApi } from "./library/model-change.ts";
import type { RootsApi } from "./library/roots.ts";
import { createRootsApi } from "./library/roots.ts";
import type { Logger } from "./logger.ts";
import type { RenditionStore } from "./photo/rendition-store.ts";
import { createRenditionStore } from "./photo/rendition-store.ts";
import type { ProcessApi } from "./pipeline/outcome.ts";
import { registryProblems } from "./pipeline/stage-plan.ts";
import { stages } from "./pipeline/stages.ts";

export interface PhotonOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Load the text tower of searches in this process: for a process that waits for nothing else. Default true. */
  readonly searchInProcess?: boolean;
  readonly workingDirectory?: string;
  /** How enrichment workers are started in the background; left out = jobs wait for other processes. */
  readonly backgroundWorker?: Omit<WorkerProcessOptions, "signal" | "onLog"> | undefined;
}

/** photon on one library. Nothing is opened or loaded before it is needed. */
export interface Photon
  extends
    AsyncDisposable,
    AdministrationApi,
    EnrichmentFeatures,
    LlmApi,
    ModelApi,
    ModelChangeApi,
    PeopleApis,
    ProcessApi,
    RootsApi,
    ScanningApi,
    SearchApi,
    ServingApis,
    TaggingApi,
    VocabularyApi {
  readonly config: Config;
  /** What language models cost and what was sent to them. */
  readonly costs: CostsApi;
  /** Standing watches: saved queries that new photos are compared with. */
  readonly watches: WatchApi;
  /** The work of a core worker, in this process: files that scans found, and what follows from them. */
  readonly workOnFiles: (options: CoreWorkOptions) => Promise<void>;
  /** Whether the library gives a notice for the first time; it is remembered. */
  readonly isFirstNotice: FirstNotice;
}

const checkRegistries = (): void => {
  const problems = registryProblems(stages);
  if (problems.length > 0) throw new InternalError(`The registries of photon are wrong. ${problems.join(" ")}`);
};

const foldersOf = ({ general: { data_dir: data, model_dir: models } }: Config): LibraryFolders => ({
  data,
  catalogue: join(data, "catalogue.db"),
  vectors: join(data, "vectors"),
  renditions: join(data, "renditions"),
  models,
});

interface AdministrationParts {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
  readonly clock: Clock;
  readonly folders: LibraryFolders;
  readonly renditions: RenditionStore;
  readonly workingDirectory: string;
  readonly model: LibraryModel;
  readonly index: LibraryIndex;
  readonly again: LibraryProcess["again"];
}

const createAdministration = ({ config, model, index, again, ...parts }: AdministrationParts): LibraryAdministration =>
  createLibraryAdministration({
    ...parts,
    tombstoneDays: config.watch.tombstone_days,
    activeModel: model.activeModel,
    indexStatus: async () => (await index.reader()).status(),
    committerHolder: async () => (await (await parts.catalogue()).leases.holder("committer"))?.owner,
    settleIndex: (signal) => index.waitUntilIndexed(() => undefined, signal),
    rebuildIndex: index.rebuild,
    processAgain: again,
  });

/** Each, whatever becomes of those before. */
const closeInTurn = async (...parts: readonly AsyncDisposable[]): Promise<void> => {
  await using stack = new AsyncDisposableStack();
  for (const part of parts.toReversed()) stack.use(part);
};

export const createPhoton = (config: Config, options: PhotonOptions): Photon => {
  checkRegistries();
  const { logger, clock = systemClock, searchInProcess = true, workingDirectory = globalThis.process.cwd() } = options;
  const folders = foldersOf(config);
  const hasLibrary = (): boolean => existsSync(folders.catalogue);
  const resources = new AsyncDisposableStack();
  const catalogue = once(async () => resources.use(await openCatalogue({ path: folders.catalogue, clock })));
  const renditions = createRenditionStore(folders.renditions);
  const model = createLibraryModel({ config, logger, catalogue });
  const inference = createInference({ config, logger, searchInProcess });
  const index = createLibraryIndex({ directory: folders.vectors, catalogue, clock, logger });
  const { installedOf } = model;
  const shared = { config, logger, clock, catalogue, model, installedOf, inference, index };
  const processApi = createProcessApi({ ...shared, renditions });
  const tagging = createTaggingApi(shared);
  const nullSets = createNullSets(shared);
  const enrichment = createEnrichment({
    ...shared,
    workingDirectory,
    hasLibrary,
    openCatalogue: () => openCatalogue({ path: folders.catalogue, clock }),
    offerWatches: (contentHash, signal) => watches.offer(contentHash, signal),
    companions: peopleCompanions({ config, clock, logger, kinds: () => enrichment.kinds() }),
  });
  const searchModel = createSearchModel(shared);
  const watches = createWatchApi({ ...enrichment, catalogue, model: searchModel, nullSet: nullSets.load });
  const matchWatches = matchWithoutProvider({ ...enrichment, logger, watches });
  const followUps = createFollowUps({ config, index, nullSets, tagging, matchWatches });
  const searchApi = createSearchApi({ ...shared, searchModel, nullSets, renditions });
  const { followModel, ...modelChange } = createModelChange({ ...shared, ...followUps, hasLibrary });
  const process = followModel(processApi.process);
  const { backgroundWorker } = options;
  const work = { ...shared, ...enrichment, ...followUps, process };
  const serving = createServing({ ...work, renditions, watches, backgroundWorker });
  return {
    config,
    costs: createCostsApi({ ...shared, ...enrichment, hasLibrary }),
    ...enrichment,
    ...createLlmApi({ ...enrichment, catalogue, hasLibrary, clock }),
    ...processApi,
    ...tagging,
    ...createVocabularyApi({ ...shared, cataloguePath: folders.catalogue }),
    finish: followUps.afterRun,
    process,
    workOnFiles: createCoreWorker(work),
    ...modelChange,
    ...createModelManagement({ ...shared, workingDirectory, hasLibrary }),
    ...searchApi,
    ...serving,
    ...createRootsApi({ ...shared, workingDirectory }),
    ...createScanningApi(shared),
    ...createPeopleApis({ ...shared, ...enrichment, library: searchApi, onChange: index.notify }),
    watches,
    ...createAdministration({ ...shared, folders, renditions, workingDirectory, again: processApi.again }),
    isFirstNotice: createFirstNotice(folders.data),
    checkCatalogue: () => checkCatalogueFile(folders.catalogue),
    // The work ends, the index flushes and the encoders end before the catalogue closes.
    [Symbol.asyncDispose]: () => closeInTurn(serving, index, inference, resources),
  };
};

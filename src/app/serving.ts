/** What doors that stay open need: work that goes on after an answer, what assistants write, news, pictures. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { RenditionStore } from "../photo/rendition-store.ts";
import type { ProcessApi } from "../pipeline/outcome.ts";
import type { ChangesApi } from "./changes.ts";
import { createChangesApi } from "./changes.ts";
import type { AnnotateApi } from "./enrichment/annotate.ts";
import { createAnnotateApi } from "./enrichment/annotate.ts";
import type { BackgroundWorkerApi, BackgroundWorkerDeps } from "./enrichment/background-worker.ts";
import { BackgroundWorker } from "./enrichment/background-worker.ts";
import type { DescribeApi } from "./enrichment/describe-now.ts";
import { createDescribeApi } from "./enrichment/describe-now.ts";
import type { EnrichmentApi } from "./enrichment/enrichment-api.ts";
import type { EnrichmentKinds } from "./enrichment/kind-types.ts";
import type { RequestEnrichmentApi } from "./enrichment/request-enrichment.ts";
import { createRequestEnrichmentApi } from "./enrichment/request-enrichment.ts";
import type { LeftWorkApi } from "./left-work.ts";
import { LeftWork } from "./left-work.ts";
import type { LibraryGuide } from "./library-guide.ts";
import { createLibraryGuide } from "./library-guide.ts";
import type { PicturesApi } from "./pictures.ts";
import { createPicturesApi } from "./pictures.ts";
import type { ProcessJobsApi } from "./process-jobs.ts";
import { ProcessJobs } from "./process-jobs.ts";
import type { WatchFolderApi } from "./watch-folder.ts";
import { createWatchFolderApi } from "./watch-folder.ts";
import type { WatchApi } from "./enrichment/watches.ts";

export interface ServingApis
  extends
    WatchFolderApi,
    AnnotateApi,
    BackgroundWorkerApi,
    ChangesApi,
    DescribeApi,
    LeftWorkApi,
    LibraryGuide,
    PicturesApi,
    ProcessJobsApi,
    RequestEnrichmentApi {}

export interface ServingDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly catalogue: () => Promise<Catalogue>;
  readonly renditions: RenditionStore;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly enrichment: EnrichmentApi;
  readonly process: ProcessApi["process"];
  readonly afterRun: ProcessApi["finish"];
  readonly index: { readonly notify: () => void; readonly waitUntilIndexed: ProcessApi["waitUntilIndexed"] };
  readonly watches: WatchApi;
  readonly backgroundWorker: BackgroundWorkerDeps["worker"];
}

/** @returns the functions, and what ends the work in the background: jobs go back to the queue */
export const createServing = (deps: ServingDeps): ServingApis & AsyncDisposable => {
  const { config, logger, clock, catalogue, enrichment, index } = deps;
  const background = new BackgroundWorker({ worker: deps.backgroundWorker, logger });
  const { wakeEnrichment } = background;
  const requests = createRequestEnrichmentApi({ config, enrichment, wakeEnrichment });
  const jobs = new ProcessJobs({
    config,
    logger,
    clock,
    catalogue,
    process: deps.process,
    finish: deps.afterRun,
    waitUntilIndexed: index.waitUntilIndexed,
    describeNew: requests.describeNew,
  });
  const { startProcessJob, processJob, awaitProcessJob, cancelProcessJob, resumeProcessJobs } = jobs;
  const leftWork = new LeftWork({ catalogue, clock, logger, resumeProcessJobs, wakeEnrichment });
  const guide = createLibraryGuide({ config, catalogue });
  return {
    ...createAnnotateApi({ catalogue, kinds: deps.kinds, view: enrichment.view, onChange: index.notify }),
    ...createChangesApi(catalogue),
    ...createDescribeApi(enrichment),
    ...guide,
    ...createWatchFolderApi({ catalogue, watches: deps.watches, guide }),
    ...createPicturesApi(deps),
    ...requests,
    startProcessJob,
    processJob,
    awaitProcessJob,
    cancelProcessJob,
    lookForLeftWork: leftWork.lookForLeftWork,
    wakeEnrichment,
    [Symbol.asyncDispose]: async () => {
      await leftWork[Symbol.asyncDispose](); // else what is handed back would be taken again
      await Promise.all([jobs[Symbol.asyncDispose](), background[Symbol.asyncDispose]()]);
    },
  };
};

/** Asking for enrichment, waiting for it, and reading what came of it. Commands and tools are thin calls into this. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { ExecutionItem, ExecutionProgress } from "../../catalogue/execution-repository.ts";
import { LIBRARY_USER_ID } from "../../catalogue/event-outbox.ts";
import type { StoredDocument } from "../../catalogue/document-repository.ts";
import type { FailedEnrichment } from "../../catalogue/review-repository.ts";
import type { Clock } from "../../clock.ts";
import { SECOND } from "../../clock.ts";
import { ConfigError } from "../../errors.ts";
import type { NewJob, QueueStats } from "../../jobs/job-store.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import type { RetryPolicy } from "../../../models/language/generate-with-retry.ts";
import type { PriceList } from "../../../models/language/prices.ts";
import type { Config } from "../../config.ts";
import type { TranslationResult } from "../../enrichment/kinds/translate.ts";
import type { Logger } from "../../logger.ts";
import type { EnrichmentStats, StatsFilter } from "./enrichment-stats.ts";
import { readStats } from "./enrichment-stats.ts";
import type { ExecutionReport, ExecutionStatus } from "./follow-execution.ts";
import { executionStatus, knownExecution, reportExecution, watchExecution } from "./follow-execution.ts";
import type { Forecast } from "./forecast.ts";
import { countJobs, forecast } from "./forecast.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { OnStep } from "./job-handler.ts";
import type { JobPayload } from "./job-payload.ts";
import { findObstacle } from "./obstacle.ts";
import type { PayloadOptions } from "./payload.ts";
import { writePayloads } from "./payload.ts";
import type { EnrichmentPlan, EnrichmentRequest } from "./plan.ts";
import { previewRequests } from "./preview-requests.ts";
import { findAlbum, planEnrichment } from "./plan.ts";
import { retryingHandlers } from "./retrying-handlers.ts";
import { runItemsNow } from "./run-items-now.ts";
import type { EnrichmentTargets, TargetAvailability } from "./target-types.ts";
import type { BatchRound } from "./batch-poller.ts";
import { batchRound } from "./batch-poller.ts";
import { BATCH_WINDOW_MS } from "./batch-window.ts";
import type { TextTranslation } from "./translate-text.ts";
import { translateText } from "./translate-text.ts";
import { createWorkerKeeper } from "./worker-keeper.ts";
import type { EnrichmentWorkers } from "./worker.ts";
import type { WorkerProcessOptions } from "./worker-process.ts";
import { startEnrichmentWorker } from "./worker-process.ts";

/** Jobs added in one transaction: other writers come in between. */
const LOT = 500;

export interface EnqueueOptions {
  readonly priority: number;
  /** Into a batch of the provider, where it has them: within 24 hours, at half the price. */
  readonly noHurry?: boolean;
  /** Calls at a time while it is followed. */
  readonly maxInFlight?: number;
}

export interface EnqueuedExecution {
  readonly executionId: string;
  /** Newly asked for; the others were waiting already. */
  readonly queued: number;
}

export interface FollowRequest {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ExecutionProgress) => void;
  /** How the worker of this run is started; left out = others do the work. */
  readonly worker?: Omit<WorkerProcessOptions, "signal">;
}

export interface NowRequest extends Omit<FollowRequest, "worker"> {
  /** How far each job is, by its scope. */
  readonly onStep?: OnStep;
}

/** What there is of one scope and document type. */
export interface EnrichmentView {
  readonly scopeId: string;
  readonly documentType: string;
  /** NONE = it was never asked for. */
  readonly state: string;
  /** What readers see: the newest confirmed version, else the newest. */
  readonly document: StoredDocument | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** Newest first; empty unless asked for. */
  readonly versions: readonly StoredDocument[];
}

export interface EnrichmentApi {
  /** Whether anybody can be asked, by the settings. */
  readonly availability: () => Promise<TargetAvailability>;
  /** Changes nothing. */
  readonly plan: (request: EnrichmentRequest) => Promise<EnrichmentPlan>;
  /** What a plan would send, to whom, and what it may cost. */
  readonly forecast: (plan: EnrichmentPlan, options: { readonly noHurry: boolean }) => Promise<Forecast>;
  /** Writes the first request of each job of a plan as files; nothing is sent. Returns how many there are. */
  readonly writePayload: (plan: EnrichmentPlan, options: PayloadOptions) => Promise<number>;
  /** Adds the jobs of a plan. Works without a provider: they wait for one. */
  readonly enqueue: (plan: EnrichmentPlan, options: EnqueueOptions) => Promise<EnqueuedExecution>;
  /** Resolves when nothing is left that can be done now; what waits for a provider stays queued. */
  readonly follow: (executionId: string, request: FollowRequest) => Promise<ExecutionReport>;
  /**
   * Does the jobs of a plan in this process, whatever circuits and pauses say: each ends, well or badly.
   * @throws ConfigError without a usable provider
   */
  readonly now: (plan: EnrichmentPlan, request: NowRequest) => Promise<ExecutionReport>;
  /** Ends the jobs that this execution alone waits for; returns how many. @throws NotFoundError */
  readonly cancel: (executionId: string) => Promise<number>;
  /** What was asked for by an execution, with the states of its jobs. @throws NotFoundError */
  readonly items: (executionId: string) => Promise<readonly ExecutionItem[]>;
  /** @throws ConfigError without a usable provider */
  readonly translateText: (translation: TextTranslation) => Promise<readonly TranslationResult[]>;
  /** Submits what waits for a batch of its provider, and takes the results of batches that are done. */
  readonly batches: (signal: AbortSignal) => Promise<BatchRound>;
  /** Why jobs that could be done are not done, without a full stop; undefined = unknown. */
  readonly obstacle: () => Promise<string | undefined>;
  readonly report: (executionId: string) => Promise<ExecutionReport>;
  /** @throws NotFoundError */
  readonly status: (executionId: string) => Promise<ExecutionStatus>;
  /** Enrichments that were given up, newest first. */
  readonly lastFailures: (limit: number) => Promise<readonly FailedEnrichment[]>;
  /** @throws NotFoundError that names the kinds there are */
  readonly requireKind: (name: string) => Promise<void>;
  /** Jobs of the whole library by state and kind. */
  readonly queue: () => Promise<QueueStats>;
  readonly view: (
    key: { readonly scopeId: string; readonly documentType: string },
    options?: { readonly history?: boolean },
  ) => Promise<EnrichmentView>;
  readonly stats: (filter: StatsFilter) => Promise<EnrichmentStats>;
}

export interface EnrichmentDeps {
  readonly config: Config;
  readonly prices: () => Promise<PriceList>;
  readonly catalogue: () => Promise<Catalogue>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workingDirectory: string;
  readonly workers: Pick<EnrichmentWorkers, "openNowWorker" | "openParts">;
}

const payloadOf = ({ wanted, sourceLanguage }: EnrichmentRequest): JobPayload => ({
  ...(wanted === "all" ? { force: true } : {}),
  ...(sourceLanguage === undefined ? {} : { source_language: sourceLanguage }),
});

/** What the kind builds on comes first. */
const jobsOf = (plan: EnrichmentPlan, { executionId, priority, isBatched, now }: JobColumns): readonly NewJob[] => {
  const { request, kind, earlier } = plan;
  const payload = payloadOf(request);
  const { staleAfterMs } = kind.kind;
  const columns = (route: string) => ({
    userId: LIBRARY_USER_ID,
    executionId,
    priority,
    ...(isBatched(route) ? { runAt: now + BATCH_WINDOW_MS } : {}),
  });
  const jobs = plan.jobs.map((job) => ({
    ...job,
    payload,
    ...columns(job.route),
    ...(staleAfterMs === undefined ? {} : { expiresAt: now + staleAfterMs }),
    ...(request.wanted === "missing" ? {} : { redo: true }),
  }));
  return [...earlier.map((job) => ({ ...job, ...columns(job.route) })), ...jobs];
};

interface JobColumns {
  readonly executionId: string;
  readonly priority: number;
  /** A batch of the provider takes it; called by itself only when none has. */
  readonly isBatched: (route: string) => boolean;
  readonly now: number;
}

/** What was asked for, as people read it in lists of executions: no paths, no texts. */
const filterOf = ({ wanted, limit, languages, scopes }: EnrichmentRequest): Readonly<Record<string, unknown>> => ({
  wanted,
  ...(limit === undefined ? {} : { limit }),
  ...(languages === undefined ? {} : { languages }),
  ...(scopes.albums === undefined ? {} : { albums: scopes.albums.length }),
  ...(scopes.photos === undefined ? {} : { photos: scopes.photos.length }),
  ...(scopes.folders === undefined ? {} : { folders: scopes.folders.length }),
});

const enqueue = async (
  deps: EnrichmentDeps,
  plan: EnrichmentPlan,
  { priority, noHurry = false, maxInFlight }: EnqueueOptions,
): Promise<EnqueuedExecution> => {
  const { clock } = deps;
  const catalogue = await deps.catalogue();
  const targets = await deps.targets();
  const { executions, jobs: queue, subjects } = catalogue;
  const executionId = await executions.start({
    command: plan.request.command,
    kinds: [plan.request.kind],
    filter: filterOf(plan.request),
    again: { priority, payload: payloadOf(plan.request) },
    isFilling: true,
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  });
  const isBatched = (route: string): boolean => noHurry && targets.chainOf(route)[0]?.batches !== undefined;
  const jobs = jobsOf(plan, { executionId, priority, isBatched, now: clock.now() });
  let queued = 0;
  for (let start = 0; start < jobs.length; start += LOT) {
    const lot = jobs.slice(start, start + LOT);
    queued += await queue.transaction(async (tx) => {
      for (const { scopeId } of lot) {
        const text = plan.texts.get(scopeId);
        if (text !== undefined) await subjects.keepText(tx, scopeId, text);
      }
      return executions.enqueue(tx, lot);
    });
  }
  await executions.filled(executionId);
  return { executionId, queued };
};

/** Ends the wait when the worker of the run has ended: what it left cannot be done now. */
const watchWithWorker = async (
  deps: EnrichmentDeps,
  executionId: string,
  { signal, onProgress, worker }: FollowRequest,
): Promise<void> => {
  const { clock, logger } = deps;
  const catalogue = await deps.catalogue();
  const watching = new AbortController();
  const watched = watchExecution({ catalogue, clock }, executionId, {
    signal: AbortSignal.any([signal, watching.signal]),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  if (worker === undefined) {
    await watched;
    return;
  }
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  await using keeper = createWorkerKeeper({
    startWorker: () => startEnrichmentWorker({ ...worker, signal: ending }),
    logger,
    signal: ending,
  });
  keeper.wake();
  try {
    await Promise.race([watched, keeper.finish()]);
  } finally {
    watching.abort();
    stop.abort();
  }
  await watched;
};

/** Somebody waits, so nothing is queued. */
const noProvider = (reason: Exclude<TargetAvailability, "ready">): ConfigError => {
  const text = reason.message(0);
  return new ConfigError(`${text.charAt(0).toUpperCase()}${text.slice(1)}`);
};

const retryPolicy = ({ llm: { retry } }: Config): RetryPolicy => ({
  maxAttempts: retry.max_attempts,
  baseDelayMs: retry.base_delay_s * SECOND,
  maxDelayMs: retry.max_delay_s * SECOND,
});

const runNow = async (
  deps: EnrichmentDeps,
  plan: EnrichmentPlan,
  { signal, onProgress = () => undefined, onStep }: NowRequest,
): Promise<string> => {
  const { clock } = deps;
  const targets = await deps.targets();
  const availability = targets.availability();
  if (availability !== "ready") throw noProvider(availability);
  const { executionId } = await enqueue(deps, plan, { priority: PRIORITY.waiting });
  const catalogue = await deps.catalogue();
  await targets.register(catalogue.providers);
  const retries = { policy: retryPolicy(deps.config), clock, random: Math.random };
  const documentTypes = new Set([...plan.earlier, ...plan.jobs].map(({ documentType }) => documentType));
  for (const documentType of documentTypes) {
    await runItemsNow(
      { catalogue, clock, executionId, documentType, atOnce: targets.maxInFlight },
      signal,
      async (ids) => {
        await using worker = await deps.workers.openNowWorker({
          adapt: (handlers) => retryingHandlers(handlers, retries),
          onStep,
        });
        await worker.runNow(ids, signal);
        onProgress(await catalogue.executions.progress(executionId));
      },
    );
  }
  return executionId;
};

const view = async (
  { documents }: Catalogue,
  key: { readonly scopeId: string; readonly documentType: string },
  withHistory: boolean,
): Promise<EnrichmentView> => {
  const stored = await documents.enrichment(key);
  const versions = await documents.history(key);
  const shown = stored?.confirmedDocumentId ?? stored?.documentId;
  return {
    ...key,
    state: stored?.state ?? "NONE",
    document: versions.find(({ documentId }) => documentId === shown),
    error: stored?.code === undefined ? undefined : { code: stored.code, message: stored.message ?? "" },
    versions: withHistory ? versions : [],
  };
};

const readAllStats = (catalogue: Catalogue, filter: StatsFilter): Promise<EnrichmentStats> =>
  readStats(catalogue, filter, (name) => findAlbum(catalogue, name));

type EnrichmentReads = Pick<
  EnrichmentApi,
  "obstacle" | "status" | "lastFailures" | "requireKind" | "queue" | "report" | "view" | "stats"
>;

const createReads = (deps: EnrichmentDeps): EnrichmentReads => {
  const { catalogue, clock } = deps;
  return {
    obstacle: async () => (await findObstacle(await catalogue(), await deps.targets()))?.text,
    status: async (executionId) => executionStatus(await catalogue(), executionId, clock.now()),
    lastFailures: async (limit) => (await catalogue()).reviews.lastFailed(limit),
    requireKind: async (name) => {
      (await deps.kinds()).get(name);
    },
    queue: async () => (await catalogue()).jobs.stats(),
    report: async (executionId) => reportExecution(await catalogue(), executionId, 0),
    view: async (key, { history = false } = {}) => view(await catalogue(), key, history),
    stats: async (filter) => readAllStats(await catalogue(), filter),
  };
};

export const createEnrichmentApi = (deps: EnrichmentDeps): EnrichmentApi => {
  const { catalogue, clock } = deps;
  const timed = async (work: () => Promise<string>): Promise<ExecutionReport> => {
    const startedAt = clock.now();
    const executionId = await work();
    const opened = await catalogue();
    await opened.executions.settle(executionId);
    return reportExecution(opened, executionId, (clock.now() - startedAt) / SECOND);
  };
  const api: EnrichmentApi = {
    ...createReads(deps),
    availability: async () => (await deps.targets()).availability(),
    plan: async (request) => {
      const { workingDirectory } = deps;
      const parts = { catalogue: await catalogue(), kinds: await deps.kinds(), targets: await deps.targets() };
      return planEnrichment({ ...parts, workingDirectory }, request);
    },
    forecast: async (plan, { noHurry }) =>
      forecast(
        {
          calls: (await catalogue()).calls,
          targets: await deps.targets(),
          kinds: await deps.kinds(),
          settings: deps.config.llm,
          prices: deps.prices,
        },
        { counts: countJobs([...plan.earlier, ...plan.jobs]), heldBack: plan.heldBack, noHurry },
      ),
    writePayload: async (plan, options) => {
      await using opened = await deps.workers.openParts();
      return await writePayloads(previewRequests(opened.parts, plan, options.signal), options);
    },
    enqueue: (plan, options) => enqueue(deps, plan, options),
    follow: (executionId, request) =>
      timed(async () => {
        await watchWithWorker(deps, executionId, request);
        return executionId;
      }),
    now: (plan, request) => timed(() => runNow(deps, plan, request)),
    cancel: async (executionId) => {
      const opened = await catalogue();
      await knownExecution(opened, executionId);
      return opened.executions.cancel(executionId);
    },
    items: async (executionId) => {
      const opened = await catalogue();
      await knownExecution(opened, executionId);
      return opened.executions.items(executionId);
    },
    translateText: (translation) => translateText(api, translation, clock.now()),
    batches: async (signal) => {
      await using opened = await deps.workers.openParts();
      return await batchRound({ ...opened, clock, logger: deps.logger }, signal);
    },
  };
  return api;
};

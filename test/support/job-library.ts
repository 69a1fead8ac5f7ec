/** A catalogue with jobs in it, and workers on it whose time, network and model belong to the test. */
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import type { DocumentWrite } from "../../src/catalogue/document-repository.ts";
import { silentLogger } from "../../src/logger.ts";
import type { JobFailure } from "../../src/jobs/failure.ts";
import type { Health, JobHandler, JobHandlers, ProviderTests } from "../../src/jobs/handler.ts";
import type { ClaimedJob, JobRecord, NewJob, ServedTarget } from "../../src/jobs/job-store.ts";
import type { WorkerDeps, WorkerSettings } from "../../src/jobs/worker.ts";
import { DEFAULT_WORKER, JobWorker } from "../../src/jobs/worker.ts";
import type { TestCatalogue } from "./catalogues.ts";
import { createTestCatalogue } from "./catalogues.ts";
import type { ManualClock } from "./manual-clock.ts";

export const PROVIDER = "stub@local";
export const OTHER_PROVIDER = "other@https://other.example";
export const KIND = "image_tag";

export const target = (given: Partial<ServedTarget> = {}): ServedTarget => ({
  kind: KIND,
  route: "vision",
  providerKey: PROVIDER,
  model: "ok",
  ceiling: 3,
  ...given,
});

export const newJob = (given: Partial<NewJob> = {}): NewJob => ({
  kind: KIND,
  scopeId: "a".repeat(64),
  documentType: given.kind ?? KIND,
  route: "vision",
  userId: 1,
  executionId: "execution",
  priority: 0,
  ...given,
});

/** A scope id of its own for each number. */
export const scopeOf = (number: number): string => `album:${String(number).padStart(6, "0")}`;

type Described = Pick<ClaimedJob, "scopeId" | "kind" | "executionId" | "model">;

export const documentOf = (job: Described, given: Partial<DocumentWrite> = {}): DocumentWrite => ({
  content: JSON.stringify({ status: "ok", scope: job.scopeId }),
  createdByStep: job.kind,
  executionId: job.executionId,
  promptVersion: 1,
  promptHash: "hash",
  model: job.model,
  autoConfirm: true,
  ready: [],
  confirmed: [],
  ...given,
});

/** Writes one document. */
export const writingHandler =
  (catalogue: Catalogue): JobHandler =>
  async (job) => ({
    write: (tx) => catalogue.documents.complete(tx, job.ref, documentOf(job)),
    wasCalled: true,
  });

export const failingHandler =
  (failure: () => JobFailure): JobHandler =>
  async () => {
    throw failure();
  };

/** Runs until told to stop. */
export const hangingHandler =
  (
    onStart: (job: ClaimedJob) => void = () => undefined,
    onAbort: (job: ClaimedJob) => void = () => undefined,
  ): JobHandler =>
  (job, { signal }) =>
    new Promise((_resolve, reject) => {
      onStart(job);
      signal.addEventListener("abort", () => {
        onAbort(job);
        reject(signal.reason as Error); // as an aborted call does
      });
    });

export interface JobLibrary extends TestCatalogue {
  readonly executionId: string;
  readonly enqueue: (...jobs: readonly Partial<NewJob>[]) => Promise<number>;
  readonly worker: (handlers: JobHandlers, given?: WorkerOptions) => JobWorker;
  /** All jobs, ended ones too. */
  readonly jobs: () => Promise<readonly JobRecord[]>;
  readonly events: () => Promise<readonly { readonly type: string; readonly content: Record<string, unknown> }[]>;
  readonly stateOf: (scopeId: string, documentType?: string) => Promise<string | undefined>;
}

export interface WorkerOptions {
  readonly serve?: readonly ServedTarget[];
  readonly tests?: Partial<ProviderTests>;
  readonly settings?: Partial<WorkerSettings>;
  readonly on?: Catalogue;
  readonly owner?: string;
}

const ALL_STATES = ["available", "running", "submitted", "completed", "failed", "cancelled", "quarantined"] as const;

export const HEALTHY: Health = { ok: true };

export const createJobLibrary = async (providers: readonly string[] = [PROVIDER]): Promise<JobLibrary> => {
  const opened = await createTestCatalogue();
  const { catalogue, clock } = opened;
  const executionId = await catalogue.executions.start({ command: "enrich", kinds: [KIND], filter: {} });
  for (const providerKey of providers) {
    await catalogue.providers.register({ providerKey, ceiling: 3, fingerprint: "first" });
  }
  return {
    ...opened,
    executionId,
    enqueue: (...jobs) =>
      catalogue.jobs.transaction((tx) =>
        catalogue.jobs.enqueue(
          tx,
          jobs.map((job) => newJob({ executionId, ...job })),
        ),
      ),
    worker: (handlers, { serve = [target()], tests = {}, settings = {}, on = catalogue, owner } = {}) => {
      const deps: WorkerDeps = {
        owner: owner ?? on.owner,
        store: on.jobs,
        providers: on.providers,
        tests: { health: () => Promise.resolve(HEALTHY), ...tests },
        handlers,
        serve,
        clock,
        random: () => 1,
        logger: silentLogger,
      };
      return new JobWorker(deps, { ...DEFAULT_WORKER, ...settings });
    },
    jobs: async () => (await catalogue.jobs.list({ states: ALL_STATES })).jobs,
    events: async () =>
      (
        await opened.sql("select message_type, content from events where message_type not like 'photo_%' order by id")
      ).map((row) => ({
        type: String(row["message_type"]),
        content: JSON.parse(String(row["content"])) as Record<string, unknown>, // written by appendEvents
      })),
    stateOf: async (scopeId, documentType = KIND) =>
      (await catalogue.documents.enrichment({ scopeId, documentType }))?.state,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
};

/** Lets everything that is not waiting for time come to rest. */
export const settled = async (turns = 6): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** When nobody sleeps, somebody may be busy with files or a process that starts; that takes real time. */
const BUSY_MS = 20_000;

/** Lets time pass from one sleeper to the next until the condition holds, `mostMs` at most. */
export const passTime = async (
  clock: ManualClock,
  { until: condition, mostMs }: { readonly until: () => boolean | Promise<boolean>; readonly mostMs: number },
): Promise<void> => {
  const end = clock.now() + mostMs;
  const giveUpAt = performance.now() + BUSY_MS;
  for (;;) {
    await settled();
    if (await condition()) return;
    const next = clock.nextWake();
    if (next === undefined && performance.now() < giveUpAt) continue;
    if (next === undefined || next > end) throw new Error(`The condition did not come true within ${mostMs} ms.`);
    clock.advance(Math.max(0, next - clock.now()));
  }
};

/** Runs a worker while `work` goes on, and lets it end. */
export const whileWorking = async (worker: JobWorker, work: () => Promise<void>): Promise<void> => {
  const stop = new AbortController();
  const running = worker.run(stop.signal);
  try {
    await Promise.race([work(), running]);
  } finally {
    stop.abort();
    await running;
  }
};

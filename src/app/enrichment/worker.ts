/**
 * Workers of enrichment: the queue's loop with what it needs to call models. Each has a catalogue handle of its own, so
 * that nobody else's transaction waits for it.
 */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { PriceList } from "../../../models/language/prices.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { PRESENCE_HEARTBEAT_MS } from "../../catalogue/presence-repository.ts";
import type { Clock } from "../../clock.ts";
import { DAY, SECOND } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { isAbort } from "../../errors.ts";
import type { JobHandlers } from "../../jobs/handler.ts";
import type { WorkerSettings } from "../../jobs/worker.ts";
import { DEFAULT_WORKER, JobWorker } from "../../jobs/worker.ts";
import type { Logger } from "../../logger.ts";
import { decodeLimitsOf } from "../process-api.ts";
import { liftBudgetPauses } from "./budget-pauses.ts";
import { createEncodingGate } from "./encoding-gate.ts";
import type { JobHandlerDeps, OnStep } from "./job-handler.ts";
import { createJobHandlers } from "./job-handler.ts";
import type { OfferWatches } from "./job-subject.ts";
import { createLocalModels } from "./job-subject.ts";
import type { CallJournalDeps } from "./journal.ts";
import { createCallJournal } from "./journal.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { askAvailability, createProviderTests } from "./provider-tests.ts";
import type { EnrichmentTargets } from "./target-types.ts";

/** A finished run does not wait longer for something that is due later, such as a provider that is away. */
const PATIENCE_MS = 30 * SECOND;

/** Something else that goes on while a worker runs, on its catalogue handle; ends when the signal aborts. */
export interface Companion {
  readonly name: string;
  /** @param role of the worker, see {@link WorkOptions} */
  readonly run: (catalogue: Catalogue, signal: AbortSignal, role: string) => Promise<void>;
}

export interface EnrichmentWorkerDeps {
  readonly config: Config;
  readonly openCatalogue: () => Promise<Catalogue>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly prices: () => Promise<PriceList>;
  readonly offerWatches: OfferWatches;
  readonly companions: readonly Companion[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WorkOptions {
  /** Ends at once; jobs go back to the queue. */
  readonly signal: AbortSignal;
  /** When it aborts no more jobs will come: the worker ends when nothing is left that can be done soon. */
  readonly finish: AbortSignal;
  /** When it aborts nothing new is begun: the worker ends when what it has in hand has ended. */
  readonly drain?: AbortSignal;
  /** Told to people who ask who is at work. */
  readonly role: string;
}

export interface EnrichmentWorkers {
  readonly work: (options: WorkOptions) => Promise<void>;
  /** For work beside the loop, with a catalogue handle of its own. */
  readonly openParts: () => Promise<AsyncDisposable & { readonly parts: WorkerParts; readonly catalogue: Catalogue }>;
  /** For jobs that somebody waits for; see {@link JobWorker.runNow}. */
  readonly openNowWorker: (
    options?: NowOptions,
  ) => Promise<AsyncDisposable & { readonly runNow: (ids: readonly number[], signal: AbortSignal) => Promise<void> }>;
}

export interface NowOptions {
  /** Changes how handlers take failures. */
  readonly adapt?: (handlers: JobHandlers) => JobHandlers;
  readonly onStep?: OnStep | undefined;
}

const SOME_REQUEST = {
  system: "",
  user: "",
  turns: [],
  maxTokens: 1,
  temperature: 0,
  detail: "low",
  jsonSchema: null,
  cacheKey: "",
} as const;
const SOME_IMAGE = { mime: "image/jpeg", bytes: Buffer.alloc(0) } as const;

/** Of calls with and without a picture. */
const longestCallMs = (models: readonly LanguageModel[]): number =>
  Math.max(
    DEFAULT_WORKER.callTimeoutMs,
    ...models.flatMap((model) => [
      model.timeoutMs({ ...SOME_REQUEST, image: SOME_IMAGE }),
      model.timeoutMs({ ...SOME_REQUEST, image: null }),
    ]),
  );

export const workerSettings = ({ llm }: Config, targets: EnrichmentTargets): WorkerSettings => ({
  slots: targets.maxInFlight,
  batchSize: Math.min(llm.batch.default_size, llm.batch.max_size),
  batchesPerCommit: llm.batch.commit_frequency,
  callTimeoutMs: longestCallMs(targets.serve.map(({ providerKey, model }) => targets.model(providerKey, model))),
  policy: { invalidRetries: llm.invalid_retries, unavailableMs: llm.unavailable_days * DAY },
});

/** What workers on one catalogue handle are made of. */
export interface WorkerParts {
  readonly targets: EnrichmentTargets;
  readonly handlerDeps: JobHandlerDeps;
  readonly journalDeps: CallJournalDeps;
  readonly createWorker: (handlers: JobHandlers) => JobWorker;
}

const handlerDepsOf = async (
  deps: EnrichmentWorkerDeps,
  catalogue: Catalogue,
  { targets, journalDeps }: Pick<WorkerParts, "targets" | "journalDeps">,
): Promise<JobHandlerDeps> => {
  const { config, clock, offerWatches } = deps;
  const { llm } = config;
  const localModels = createLocalModels(clock, (model, signal) => askAvailability(catalogue.calls, model, signal));
  return {
    targets,
    openJournal: (subject) => createCallJournal(journalDeps, subject),
    image: { maxEdge: llm.image.max_edge, quality: llm.image.quality },
    maxTokens: llm.max_tokens,
    catalogue,
    kinds: await deps.kinds(),
    limits: decodeLimitsOf(config),
    gate: createEncodingGate({ isCoreWorking: catalogue.subjects.isCoreWorking, clock }),
    offerWatches,
    sendFields: llm.send_fields,
    checkLocal: localModels.check,
    maxReAsks: llm.max_retries,
  };
};

const createWorkerParts = async (deps: EnrichmentWorkerDeps, catalogue: Catalogue): Promise<WorkerParts> => {
  const { config, clock, logger, prices } = deps;
  const { llm } = config;
  const targets = await deps.targets();
  const { registry, isLocalOnly } = await deps.kinds();
  const { calls, owner, jobs: store, providers } = catalogue;
  await targets.register(providers);
  await calls.rescue();
  await liftBudgetPauses({ catalogue, budget: llm.budget, targets, prices, clock });
  const journalDeps: CallJournalDeps = { calls, settings: llm, targets, prices, isLocalOnly, clock, logger };
  const handlerDeps = await handlerDepsOf(deps, catalogue, { targets, journalDeps });
  const tests = createProviderTests({ ...handlerDeps, registry, calls });
  const workerDeps = { owner, store, providers, tests, serve: targets.serve, clock, random: Math.random, logger };
  const settings = workerSettings(config, targets);
  return {
    targets,
    handlerDeps,
    journalDeps,
    createWorker: (handlers) => new JobWorker({ ...workerDeps, handlers }, settings),
  };
};

interface OpenWorker {
  readonly worker: JobWorker;
  readonly targets: EnrichmentTargets;
}

const createWorker = async (
  deps: EnrichmentWorkerDeps,
  catalogue: Catalogue,
  { adapt = (handlers) => handlers, onStep }: NowOptions = {},
): Promise<OpenWorker> => {
  const parts = await createWorkerParts(deps, catalogue);
  return {
    worker: parts.createWorker(adapt(createJobHandlers({ ...parts.handlerDeps, onStep }))),
    targets: parts.targets,
  };
};

/** Keeps telling that this worker is there; what fails is nobody's work. */
const keepPresent = async (
  { clock, logger }: EnrichmentWorkerDeps,
  { presence }: Catalogue,
  about: { readonly role: string; readonly routes: readonly string[]; readonly signal: AbortSignal },
): Promise<void> => {
  const { role, routes, signal } = about;
  while (!signal.aborted) {
    try {
      await presence.announce({ role, routes });
    } catch (error) {
      logger.debug("A worker could not announce itself.", { error: String(error) });
    }
    await clock.sleep(PRESENCE_HEARTBEAT_MS, signal).catch(() => undefined); // the end: seen in the next line
  }
  await presence.leave();
};

const accompany = async (
  { logger }: EnrichmentWorkerDeps,
  { name, run }: Companion,
  { catalogue, signal, role }: { readonly catalogue: Catalogue; readonly signal: AbortSignal; readonly role: string },
): Promise<void> => {
  try {
    await run(catalogue, signal, role);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    logger.warn("Something beside enrichment failed; enrichment goes on.", { name, error: String(error) });
  }
};

const work = async (deps: EnrichmentWorkerDeps, { signal, finish, drain, role }: WorkOptions): Promise<void> => {
  await using catalogue = await deps.openCatalogue();
  const { worker, targets } = await createWorker(deps, catalogue);
  const routes = [...new Set(targets.serve.map(({ route }) => route))].toSorted();
  const ending = new AbortController();
  const beside = [
    keepPresent(deps, catalogue, { role, routes, signal: ending.signal }),
    ...deps.companions.map((companion) => accompany(deps, companion, { catalogue, signal: ending.signal, role })),
  ];
  try {
    await worker.runUntilFinished(signal, { finish, drain, patienceMs: PATIENCE_MS });
  } finally {
    ending.abort();
    await Promise.all(beside);
  }
};

export const createEnrichmentWorkers = (deps: EnrichmentWorkerDeps): EnrichmentWorkers => ({
  work: (options) => work(deps, options),
  openParts: async () => {
    const catalogue = await deps.openCatalogue();
    try {
      const parts = await createWorkerParts(deps, catalogue);
      return { parts, catalogue, [Symbol.asyncDispose]: () => catalogue[Symbol.asyncDispose]() };
    } catch (error) {
      await catalogue[Symbol.asyncDispose]();
      throw error;
    }
  },
  openNowWorker: async (options) => {
    const catalogue = await deps.openCatalogue();
    try {
      const { worker } = await createWorker(deps, catalogue, options);
      return {
        runNow: (ids, signal) => worker.runNow(ids, signal),
        [Symbol.asyncDispose]: () => catalogue[Symbol.asyncDispose](),
      };
    } catch (error) {
      await catalogue[Symbol.asyncDispose]();
      throw error;
    }
  },
});

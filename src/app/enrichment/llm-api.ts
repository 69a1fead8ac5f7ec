/** Looking at providers and queue, pausing and resuming: what `photon llm` does. */
import type { Availability, LanguageModel, Usage } from "../../../models/language/language-model.ts";
import type { PriceList } from "../../../models/language/prices.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../clock.ts";
import { NotFoundError } from "../../errors.ts";
import type { QueueStats } from "../../jobs/job-store.ts";
import type { ProviderState, ProviderStore, StoredPause } from "../../jobs/provider-store.ts";
import { priceCall } from "./call-terms.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { LlmStatus, ModelStatus, ProbeResult, ProviderStatus } from "./llm-status.ts";
import { isPaused, problemOf, servedBy } from "./llm-status.ts";
import { askAvailability } from "./provider-tests.ts";
import type { EnrichmentTargets, ProviderTarget } from "./target-types.ts";

export interface LlmStatusOptions {
  /** Id (`anthropic`) or provider key; left out = the ones the settings lead to. */
  readonly provider?: string | undefined;
  /** Whether this kind can be made. */
  readonly kind?: string | undefined;
  /** Ask the providers, without a photo; each question is in the privacy ledger. */
  readonly probe: boolean;
}

export interface LlmPauseOptions {
  readonly provider?: string | undefined;
  readonly kind?: string | undefined;
}

export interface LlmApi {
  /** @throws NotFoundError for a provider or kind there is none of */
  readonly llmStatus: (options: LlmStatusOptions, signal: AbortSignal) => Promise<LlmStatus>;
  /** No more calls until resumed: everything, a provider, or a kind. Returns the pauses that hold now. */
  readonly pauseLlm: (options: LlmPauseOptions) => Promise<readonly string[]>;
  /** Ends pauses, whoever made them, and tests at once what could not be reached. Returns the pauses that were ended. */
  readonly resumeLlm: (options: LlmPauseOptions) => Promise<readonly string[]>;
}

export interface LlmApiDeps {
  readonly catalogue: () => Promise<Catalogue>;
  /** False: there is nothing to read, and looking must not make a library. */
  readonly hasLibrary: () => boolean;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly prices: () => Promise<PriceList>;
  readonly clock: Clock;
}

/** A call of the usual size, to see whether it has a price. */
const TYPICAL: Usage = { input: 2000, output: 250, cacheRead: 0, cacheWrite: 0 };

const NO_ANSWERS: ReadonlyMap<LanguageModel, Availability> = new Map();

interface Asked {
  readonly providers: readonly ProviderTarget[];
  readonly models: readonly LanguageModel[];
}

const modelsOf = (targets: EnrichmentTargets): readonly LanguageModel[] => [
  ...new Set(targets.serve.map(({ providerKey, model }) => targets.model(providerKey, model))),
];

const matches = ({ provider, providerKey }: ProviderTarget, name: string): boolean =>
  provider === name || providerKey === name;

const findProviders = (targets: EnrichmentTargets, name: string): readonly ProviderTarget[] => {
  const found = targets.providers.filter((target) => matches(target, name));
  if (found.length > 0) return found;
  const known = targets.providers.map(({ provider }) => provider).join(", ") || "none yet";
  throw new NotFoundError(`Expected a provider these settings lead to (${known}), received "${name}".`, {
    hint: "Choose one with llm.provider, llm.fallback_models or the key of its account; photon config show lists them.",
  });
};

/** What the question is about: a provider's models, or those the routes of the kind, or of all kinds, lead to. */
const askedFor = (targets: EnrichmentTargets, kinds: EnrichmentKinds, { provider, kind }: LlmStatusOptions): Asked => {
  if (provider !== undefined) {
    const providers = findProviders(targets, provider);
    const keys = new Set(providers.map(({ providerKey }) => providerKey));
    return { providers, models: modelsOf(targets).filter(({ providerKey }) => keys.has(providerKey)) };
  }
  const names = kind === undefined ? kinds.all.map((one) => one.kind.kind) : [kinds.get(kind).kind.kind];
  const routes = names.map((name) => targets.routeOf(name, { localOnly: false }));
  const models = [...new Set(routes.flatMap(targets.chainOf))];
  const keys = new Set(models.map(({ providerKey }) => providerKey));
  return { providers: targets.providers.filter(({ providerKey }) => keys.has(providerKey)), models };
};

const probeResult = (availability: Availability): ProbeResult =>
  availability.ok ? { ok: true } : { ok: false, code: availability.failure.publicCode, hint: availability.hint };

const probeAll = async (
  catalogue: Catalogue,
  models: readonly LanguageModel[],
  signal: AbortSignal,
): Promise<ReadonlyMap<LanguageModel, Availability>> => {
  const answers = await Promise.all(
    models.map(async (model) => [model, await askAvailability(catalogue.calls, model, signal)] as const),
  );
  signal.throwIfAborted();
  return new Map(answers);
};

interface Known {
  readonly targets: EnrichmentTargets;
  readonly states: ReadonlyMap<string, ProviderState>;
  readonly pauses: readonly StoredPause[];
  readonly answers: ReadonlyMap<LanguageModel, Availability>;
  readonly kind: string | undefined;
  readonly now: number;
}

const modelStatus = (model: LanguageModel, prices: PriceList, { targets, answers }: Known): ModelStatus => {
  const answer = answers.get(model);
  return {
    provider_key: model.providerKey,
    model: model.modelId,
    serves: servedBy(model, targets),
    vision: answer?.ok === true ? answer.vision : null,
    price: priceCall(prices, targets, { model, usage: TYPICAL }).source,
    leaves_machine: model.leavesMachine,
    end_of_life: model.endOfLife ?? null,
  };
};

const providerStatus = (target: ProviderTarget, models: readonly LanguageModel[], known: Known): ProviderStatus => {
  const { states, pauses, answers, kind, now } = known;
  const { providerKey, provider, host, ceiling } = target;
  const state = states.get(providerKey);
  const own = models.filter((model) => model.providerKey === providerKey);
  const answer = own.map((model) => answers.get(model)).find((one) => one !== undefined);
  const circuit = state?.circuit ?? "closed";
  const isFree = own.some((model) => !isPaused(pauses, model, { kind, now }));
  return {
    provider_key: providerKey,
    provider,
    host,
    circuit,
    unavailable_since: state?.unavailableSince ?? null,
    next_probe_at: state?.nextProbeAt ?? null,
    last_success_at: state?.lastSuccessAt ?? null,
    concurrency: state?.concurrency ?? ceiling,
    ceiling,
    ready: circuit === "closed" && isFree && answer?.ok !== false,
    ...(answer === undefined ? {} : { probe: probeResult(answer) }),
  };
};

/** Settings first, then what was asked, then pauses and circuits. */
const findProblem = (asked: Asked, waiting: number, known: Known): string | null => {
  const availability = known.targets.availability();
  if (asked.models.length === 0) {
    return availability === "ready" ? "No target serves this kind." : availability.message(waiting);
  }
  const alive = asked.models.filter((model) => known.answers.get(model)?.ok !== false);
  const [answer] = known.answers.values();
  if (alive.length === 0) return answer?.ok === false ? answer.hint : null;
  return problemOf({ ...known, models: alive }) ?? null;
};

/** What the catalogue knows, all of it small. */
interface CatalogueView {
  readonly states: readonly ProviderState[];
  readonly pauses: readonly StoredPause[];
  readonly queue: QueueStats;
  readonly routes: Awaited<ReturnType<ProviderStore["waitingRoutes"]>>;
  readonly workers: LlmStatus["workers"];
}

const readCatalogue = async (deps: LlmApiDeps): Promise<CatalogueView> => {
  if (!deps.hasLibrary()) return EMPTY;
  const { providers, jobs, presence } = await deps.catalogue();
  return {
    states: await providers.states(),
    pauses: await providers.pauses(),
    queue: await jobs.stats(),
    routes: await providers.waitingRoutes(),
    workers: await presence.list(),
  };
};

const EMPTY: CatalogueView = {
  states: [],
  pauses: [],
  queue: { states: {}, kinds: {}, pauses: [] },
  routes: [],
  workers: [],
};

const readStatus = async (deps: LlmApiDeps, options: LlmStatusOptions, signal: AbortSignal): Promise<LlmStatus> => {
  const [targets, kinds] = [await deps.targets(), await deps.kinds()];
  const asked = askedFor(targets, kinds, options);
  const answers = options.probe ? await probeAll(await deps.catalogue(), asked.models, signal) : NO_ANSWERS;
  const { states, pauses, queue, routes, workers } = await readCatalogue(deps);
  const byKey = new Map(states.map((state) => [state.providerKey, state]));
  const known: Known = { targets, states: byKey, pauses, answers, kind: options.kind, now: deps.clock.now() };
  const problem = findProblem(asked, queue.states.available ?? 0, known);
  const prices = await deps.prices();
  return {
    ready: problem === null,
    problem,
    providers: asked.providers.map((target) => providerStatus(target, asked.models, known)),
    models: asked.models.map((model) => modelStatus(model, prices, known)),
    pauses: pauses.filter(({ until }) => until === null || until > known.now),
    queue: {
      states: queue.states,
      kinds: queue.kinds,
      unserved: routes.filter(({ route }) => targets.chainOf(route).length === 0),
    },
    workers,
  };
};

const pauseTargets = async (deps: LlmApiDeps, { provider, kind }: LlmPauseOptions): Promise<readonly string[]> => {
  if (kind !== undefined) return [`kind:${(await deps.kinds()).get(kind).kind.kind}`];
  if (provider === undefined) return ["all"];
  return findProviders(await deps.targets(), provider).map(({ providerKey }) => `provider:${providerKey}`);
};

const pause = async (deps: LlmApiDeps, options: LlmPauseOptions): Promise<readonly string[]> => {
  const targets = await pauseTargets(deps, options);
  const { jobs } = await deps.catalogue();
  for (const target of targets) await jobs.pause(target, { reason: "USER", until: null });
  return targets;
};

/** Without a name everything; a provider's name means its models too. */
const isMeant = (target: string, wanted: readonly string[]): boolean =>
  wanted.some((one) => one === "all" || one === target || target.startsWith(`${one.replace(/^provider:/, "model:")}/`));

const resume = async (deps: LlmApiDeps, options: LlmPauseOptions): Promise<readonly string[]> => {
  const wanted = await pauseTargets(deps, options);
  const { jobs, providers } = await deps.catalogue();
  const ended = (await providers.pauses()).map(({ target }) => target).filter((target) => isMeant(target, wanted));
  for (const target of ended) await jobs.resume(target);
  const now = deps.clock.now();
  for (const { providerKey } of await providers.states()) {
    if (!isMeant(`provider:${providerKey}`, wanted)) continue;
    await providers.change(providerKey, ({ circuit, probeOwner }) =>
      circuit === "open" && probeOwner === null ? { state: { nextProbeAt: now } } : undefined,
    );
  }
  return ended;
};

export const createLlmApi = (deps: LlmApiDeps): LlmApi => ({
  llmStatus: (options, signal) => readStatus(deps, options, signal),
  pauseLlm: (options) => pause(deps, options),
  resumeLlm: (options) => resume(deps, options),
});

/** Enrichment of the photos of one run of `photon process`: asked for while they are stored, followed to its end. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentResult } from "../../catalogue/result-repository.ts";
import type { PriceList } from "../../../models/language/prices.ts";
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { documentTypeName, parseDocumentType } from "../../enrichment/scope.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { createAsking } from "./ask-photos.ts";
import { describedPhoto, recordFailure } from "./described-photo.ts";
import type { FollowedEnd } from "./follow-photos.ts";
import { createFollower } from "./follow-photos.ts";
import { forecastPhotos } from "./forecast-photos.ts";
import type { ConfiguredKind, EnrichmentKinds } from "./kind-types.ts";
import { findObstacle } from "./obstacle.ts";
import type { PhotoEnrichment, PhotoEnrichmentApi, PhotoEnrichmentWish, PhotoResult } from "./process-run-types.ts";
import type { EnrichmentTargets } from "./target-types.ts";
import type { WorkerKeeper } from "./worker-keeper.ts";
import { createWorkerKeeper } from "./worker-keeper.ts";
import { startEnrichmentWorker } from "./worker-process.ts";

const MICROS_PER_USD = 1_000_000;
const TOTAL_BUDGET = "PHOTON_LLM_BUDGET_TOTAL_USD";

export interface ProcessRunDeps {
  readonly config: Config;
  readonly prices: () => Promise<PriceList>;
  readonly hasLibrary: () => boolean;
  readonly catalogue: () => Promise<Catalogue>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Left out = a child process. */
  readonly startWorker?: typeof startEnrichmentWorker;
}

/** What the calls for one document cost; asked for only by those who show it. */
const costOf = async (catalogue: Catalogue, result: EnrichmentResult): Promise<number | undefined> => {
  const { document, scopeId, kind } = result;
  if (document === undefined) return undefined;
  const micros = await catalogue.results.costOf({ executionId: document.executionId, scopeId, stepId: kind });
  return micros === undefined ? undefined : micros / MICROS_PER_USD;
};

async function* resultsOf(
  ends: AsyncIterable<FollowedEnd>,
  costUsd: (result: EnrichmentResult) => Promise<number | undefined>,
): AsyncGenerator<PhotoResult> {
  for await (const end of ends) {
    if (!end.ended) {
      yield { status: "queued", contentHash: end.scopeId, kind: parseDocumentType(end.documentType).kind };
      continue;
    }
    const { result } = end;
    const { scopeId: contentHash, kind } = result;
    if (result.state === "FAILED") {
      yield { status: "failed", contentHash, kind, failure: recordFailure(result) };
      continue;
    }
    const photo = describedPhoto(result, await costUsd(result));
    if (photo !== undefined) yield { status: "described", photo };
  }
}

/** A limit of this run alone: what was spent before does not count. */
const workerEnvironmentOf = async (
  { calls }: Catalogue,
  { workerEnvironment, budgetUsd }: PhotoEnrichmentWish,
): Promise<PhotoEnrichmentWish["workerEnvironment"]> => {
  if (budgetUsd === undefined) return workerEnvironment;
  const limit = (await calls.spentSince(null)) / MICROS_PER_USD + budgetUsd;
  return { ...workerEnvironment, [TOTAL_BUDGET]: String(limit) };
};

const TRANSLATE = "translate";

const documentTypesOf = (kinds: readonly string[], languages: readonly string[]): readonly string[] =>
  kinds.flatMap((kind) =>
    kind === TRANSLATE ? languages.map((language) => documentTypeName({ kind, qualifier: language })) : [kind],
  );

/** @throws InvalidInputError for a kind that is switched off, or is not about photos */
const checkKind = ({ kind, isEnabled }: ConfiguredKind): void => {
  if (!isEnabled) {
    throw new InvalidInputError(`Expected a kind that is switched on, received "${kind.kind}".`, {
      hint: `Set llm.features.${kind.kind} = true in the configuration file.`,
    });
  }
  if (kind.scopes.includes("photo")) return;
  throw new InvalidInputError(`Expected a kind of enrichment that photos can have, received "${kind.kind}".`, {
    hint: "For example: image_tag, photo_story.",
  });
};

interface RunParts {
  readonly catalogue: Catalogue;
  readonly targets: EnrichmentTargets;
  readonly kinds: EnrichmentKinds;
}

const startExecution = (
  { catalogue, targets }: RunParts,
  { kinds, filter }: Pick<PhotoEnrichmentWish, "kinds" | "filter">,
): Promise<string> =>
  catalogue.executions.start({
    command: "process",
    kinds,
    filter,
    maxInFlight: targets.maxInFlight,
    isFilling: true,
  });

/** The worker of this run; undefined when others are to do the work, or nobody can. */
const keepWorker = async (
  { logger, startWorker = startEnrichmentWorker }: ProcessRunDeps,
  { catalogue, targets }: RunParts,
  wish: PhotoEnrichmentWish,
): Promise<WorkerKeeper | undefined> => {
  if (targets.availability() !== "ready") return undefined;
  await targets.register(catalogue.providers);
  if (!wish.wait) return undefined;
  const environment = await workerEnvironmentOf(catalogue, wish);
  const { workingDirectory } = wish;
  const onLog = (line: string): void => logger.debug(`enrichment worker: ${line}`);
  return createWorkerKeeper({
    startWorker: (signal) => startWorker({ environment, workingDirectory, signal, onLog }),
    logger,
    signal: wish.signal,
  });
};

const startRun = async (deps: ProcessRunDeps, parts: RunParts, wish: PhotoEnrichmentWish): Promise<PhotoEnrichment> => {
  const { catalogue, targets, kinds } = parts;
  const keeper = await keepWorker(deps, parts, wish);
  const executionId = await startExecution(parts, wish);
  const documentTypes = documentTypesOf(wish.kinds, deps.config.llm.languages);
  const follower = createFollower({ catalogue, clock: deps.clock, documentTypes });
  const onWork = (): void => keeper?.wake();
  const asking = createAsking({ catalogue, targets, kinds, executionId, documentTypes, wish, onWork });
  let finishing: Promise<void> | undefined;
  const finish = async (): Promise<void> => {
    await catalogue.executions.filled(executionId);
    await keeper?.finish();
    follower.giveUp();
  };
  const costUsd = async (result: EnrichmentResult) => (wish.costs ? await costOf(catalogue, result) : undefined);
  return {
    executionId,
    availability: targets.availability(),
    ask: asking.ask,
    follow: follower.follow,
    close: () => {
      follower.close();
      finishing ??= finish();
      finishing.catch(() => undefined); // reported to whoever reads the results
    },
    results: async function* (until) {
      yield* resultsOf(follower.ends(until), costUsd);
      await finishing;
    },
    counts: async () => {
      const { micros, unpricedCalls } = await catalogue.executions.cost(executionId);
      return { ...follower.counts(), localOnly: asking.localOnly(), costUsd: micros / MICROS_PER_USD, unpricedCalls };
    },
    obstacle: () => findObstacle(catalogue, targets),
    [Symbol.asyncDispose]: async () => {
      await keeper?.[Symbol.asyncDispose]();
      await catalogue.executions.filled(executionId);
      await catalogue.executions.settle(executionId);
    },
  };
};

/** @throws NotFoundError, or the CallError of the first provider, when nobody who would be asked can answer */
const requireProvider = async (
  targets: EnrichmentTargets,
  { kinds, explicit, signal }: Pick<PhotoEnrichmentWish, "kinds" | "explicit" | "signal">,
): Promise<void> => {
  const availability = targets.availability();
  if (availability !== "ready") throw new NotFoundError(MISSING[availability.reason], { hint: CHOOSE });
  for (const kind of kinds) {
    let failure: Error | undefined;
    let isCallable = false;
    for (const model of targets.chainOf(targets.routeOf(kind, { localOnly: false, explicit }))) {
      const answer = await model.isAvailable({ signal });
      isCallable = answer.ok;
      if (answer.ok) break;
      failure ??= answer.failure;
    }
    if (isCallable) continue;
    throw failure ?? new NotFoundError(`No language model is configured for ${kind}.`, { hint: SEE_STATUS });
  }
};

const SEE_STATUS = 'See "photon llm status".';
const MISSING = {
  not_configured: "Expected a language model for --llm, received none: no provider is configured.",
  no_key: "Expected a key for the chosen provider of language models, received none.",
} as const;
const CHOOSE = 'Set it up with "photon config init", or name a provider: --llm ollama runs on this machine.';

export const createProcessRuns = (deps: ProcessRunDeps): PhotoEnrichmentApi => ({
  enrichPhotos: async (wish) => {
    const kinds = await deps.kinds();
    for (const name of wish.kinds) checkKind(kinds.get(name));
    return startRun(deps, { catalogue: await deps.catalogue(), targets: await deps.targets(), kinds }, wish);
  },
  requireProvider: async (wish) => requireProvider(await deps.targets(), wish),
  forecastPhotos: async (request) =>
    forecastPhotos(
      {
        // What own calls took is known by a library alone, and a forecast makes none.
        calls: deps.hasLibrary() ? (await deps.catalogue()).calls : undefined,
        targets: await deps.targets(),
        kinds: await deps.kinds(),
        settings: deps.config.llm,
        prices: deps.prices,
      },
      request,
    ),
});

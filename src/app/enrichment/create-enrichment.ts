/** What all of enrichment is made of, and what it offers. Nothing is read, opened or loaded before it is needed. */
import type { PriceList } from "../../../models/language/prices.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../clock.ts";
import type { Config, ProviderId } from "../../config.ts";
import type { Logger } from "../../logger.ts";
import { once } from "../once.ts";
import type { EnrichmentApi } from "./enrichment-api.ts";
import { createEnrichmentApi } from "./enrichment-api.ts";
import type { OfferWatches } from "./job-subject.ts";
import type { EnrichmentKinds } from "./kinds.ts";
import { loadEnrichmentKinds } from "./kinds.ts";
import type { PhotoEnrichmentApi } from "./process-run-types.ts";
import { createProcessRuns } from "./process-run.ts";
import type { EnrichmentTargets } from "./targets.ts";
import { createTargets } from "./targets.ts";
import { reconcile } from "./reconciler.ts";
import { createUpkeep } from "./upkeep.ts";
import type { Companion, EnrichmentWorkers } from "./worker.ts";
import { createEnrichmentWorkers } from "./worker.ts";

/** For the other parts of the application. */
export interface EnrichmentParts {
  /** @throws ConfigError when a section of a kind, or a file it names, is wrong */
  readonly kinds: () => Promise<EnrichmentKinds>;
  /** @throws ConfigError when settings of the chosen provider or of a fallback are wrong */
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly prices: () => Promise<PriceList>;
  readonly workers: EnrichmentWorkers;
}

export interface EnrichmentFeatures extends PhotoEnrichmentApi {
  /**
   * Adds the jobs of kinds that are made by themselves, for photos that came since the first call.
   * @throws ConfigError when settings of the chosen provider or of a kind are wrong
   */
  readonly askAutomatic: (signal: AbortSignal) => Promise<void>;
  readonly enrichment: EnrichmentApi;
  /** The work of an enrichment worker, in this process. */
  readonly workOnEnrichments: EnrichmentWorkers["work"];
}

export interface CreateEnrichmentDeps {
  readonly workingDirectory: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalogue: () => Promise<Catalogue>;
  readonly hasLibrary: () => boolean;
  /** Another handle on the same library: workers wait for nobody else's transactions. */
  readonly openCatalogue: () => Promise<Catalogue>;
  readonly offerWatches: OfferWatches;
  /** What else goes on in a worker's process. */
  readonly companions: readonly Companion[];
}

/** Calls at a time of runs that are followed now; undefined = none is. */
const followedCalls = async (catalogue: Catalogue): Promise<number | undefined> => {
  const wanted = (await catalogue.executions.running()).flatMap(({ maxInFlight }) => maxInFlight ?? []);
  return wanted.length === 0 ? undefined : Math.max(...wanted);
};

/** Whom roots of the library name for their photos. */
const providersOfRoots = async ({ roots }: Catalogue, { ofRoot }: EnrichmentKinds): Promise<readonly ProviderId[]> =>
  (await roots.added()).flatMap(
    ({ path, options }) => ofRoot.providerOf({ root: path.toString(), path: "", options }) ?? [],
  );

export const createEnrichment = (deps: CreateEnrichmentDeps): EnrichmentParts & EnrichmentFeatures => {
  const { config, clock, logger, catalogue, hasLibrary } = deps;
  const kinds = once(() => loadEnrichmentKinds({ config }));
  const prices = once(async () => (await import("../../../models/language/prices.ts")).loadPrices());
  const targetsFor = async (followed: number | undefined): Promise<EnrichmentTargets> =>
    createTargets({
      config,
      kinds: await kinds(),
      clock,
      logger,
      rootProviders: hasLibrary() ? await providersOfRoots(await catalogue(), await kinds()) : [],
      ...(followed === undefined ? {} : { followed }),
    });
  const targets = once(() => targetsFor(undefined));
  // Workers alone care for runs that are followed; everybody else need not open the library to know whom to call.
  const workerTargets = once(async () => targetsFor(await followedCalls(await catalogue())));
  const lookAfterBatches = (signal: AbortSignal): Promise<unknown> => enrichment.batches(signal);
  const upkeep = createUpkeep({ kinds, targets, lookAfterBatches, clock, logger });
  const companions = [...deps.companions, upkeep];
  const workers = createEnrichmentWorkers({ ...deps, companions, kinds, prices, targets: workerTargets });
  const askAutomatic = async (signal: AbortSignal): Promise<void> => {
    await reconcile(
      { catalogue: await catalogue(), kinds: await kinds(), targets: await targets(), clock },
      "all",
      signal,
    );
  };
  const parts: EnrichmentParts = { kinds, targets, prices, workers };
  const enrichment = createEnrichmentApi({ ...deps, ...parts });
  return {
    ...parts,
    ...createProcessRuns({ ...deps, ...parts }),
    askAutomatic,
    enrichment,
    workOnEnrichments: workers.work,
  };
};

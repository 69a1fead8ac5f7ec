/** The API that asks for enrichment, on a library of a test. */
import { loadPrices } from "../../models/language/prices.ts";
import type { EnrichmentApi } from "../../src/app/enrichment/enrichment-api.ts";
import { createEnrichmentApi } from "../../src/app/enrichment/enrichment-api.ts";
import type { EnrichmentKinds } from "../../src/app/enrichment/kinds.ts";
import { loadEnrichmentKinds } from "../../src/app/enrichment/kinds.ts";
import type { EnrichmentRequest } from "../../src/app/enrichment/plan.ts";
import type { EnrichmentTargets } from "../../src/app/enrichment/targets.ts";
import { createTargets } from "../../src/app/enrichment/targets.ts";
import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";
import type { EnrichmentLibrary } from "./enrichment-library.ts";

export interface EnrichmentRequests {
  readonly api: EnrichmentApi;
  readonly kinds: EnrichmentKinds;
  readonly targets: EnrichmentTargets;
  /** Plans and queues, all missing photos unless told otherwise. Returns the execution. */
  readonly ask: (request?: Partial<EnrichmentRequest>) => Promise<string>;
}

export const requestOf = (given: Partial<EnrichmentRequest> = {}): EnrichmentRequest => ({
  command: "enrich",
  kind: "image_tag",
  scopes: {},
  wanted: "missing",
  ...given,
});

export const createRequests = async (
  library: EnrichmentLibrary,
  clock: Clock = systemClock,
): Promise<EnrichmentRequests> => {
  const { config } = loadConfig({ environment: library.environment, workingDirectory: library.folder });
  const kinds = await loadEnrichmentKinds({ config });
  const targets = createTargets({ config, kinds, clock, logger: silentLogger });
  const api = createEnrichmentApi({
    config,
    prices: loadPrices,
    catalogue: () => Promise.resolve(library.catalogue),
    kinds: () => Promise.resolve(kinds),
    targets: () => Promise.resolve(targets),
    clock,
    logger: silentLogger,
    workingDirectory: library.photos,
    workers: await library.workers({ targets: () => Promise.resolve(targets) }),
  });
  return {
    api,
    kinds,
    targets,
    ask: async (request) => {
      const plan = await api.plan(requestOf(request));
      return (await api.enqueue(plan, { priority: 20 })).executionId;
    },
  };
};

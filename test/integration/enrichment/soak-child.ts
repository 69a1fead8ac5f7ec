/** Works on the enrichments of a library until nothing is left; to be killed. Argument: the catalogue. */
import { loadPrices } from "../../../models/language/prices.ts";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { createTargets } from "../../../src/app/enrichment/targets.ts";
import { createEnrichmentWorkers } from "../../../src/app/enrichment/worker.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { silentLogger as logger } from "../../../src/logger.ts";

const [path = ""] = process.argv.slice(2);
const { config } = loadConfig({ environment: process.env, workingDirectory: process.cwd() });
const kinds = await loadEnrichmentKinds({ config });
const targets = createTargets({ config, kinds, clock, logger, followed: 4 });
const prices = loadPrices();
await createEnrichmentWorkers({
  config,
  openCatalogue: () => openCatalogue({ path }),
  targets: () => Promise.resolve(targets),
  kinds: () => Promise.resolve(kinds),
  prices: () => Promise.resolve(prices),
  offerWatches: () => Promise.resolve([]),
  companions: [],
  clock,
  logger,
}).work({ signal: new AbortController().signal, finish: AbortSignal.abort(), role: "soak" });

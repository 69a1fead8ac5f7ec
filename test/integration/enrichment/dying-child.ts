/** A worker process that kills itself at a step of its first job: `claim`, `admission`, `reply`, `booking`, `document`, `end`. */
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { createTargets } from "../../../src/app/enrichment/targets.ts";
import { createEnrichmentWorkers } from "../../../src/app/enrichment/worker.ts";
import { loadPrices } from "../../../models/language/prices.ts";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { silentLogger as logger } from "../../../src/logger.ts";

const [cataloguePath = "", configPath = "", step = ""] = process.argv.slice(2);

const dieAt = (name: string): void => {
  if (name === step) process.kill(process.pid, "SIGKILL"); // at once: nothing after this line runs
};

const dying = ({ jobs, calls, ...rest }: Catalogue): Catalogue => ({
  ...rest,
  jobs: {
    ...jobs,
    claim: async (options) => {
      const claimed = await jobs.claim(options);
      if (claimed.length > 0) dieAt("claim");
      return claimed;
    },
    complete: async (completions) => {
      dieAt("document");
      const results = await jobs.complete(completions);
      dieAt("end");
      return results;
    },
  },
  calls: {
    ...calls,
    admit: async (...call) => {
      const admission = await calls.admit(...call);
      dieAt("admission");
      return admission;
    },
    complete: async (...call) => {
      dieAt("reply");
      await calls.complete(...call);
      dieAt("booking");
    },
  },
});

const { config } = loadConfig({ environment: { PHOTON_CONFIG: configPath }, workingDirectory: process.cwd() });
const kinds = await loadEnrichmentKinds({ config });
const targets = createTargets({ config, kinds, clock, logger });
const workers = createEnrichmentWorkers({
  config,
  openCatalogue: async () => dying(await openCatalogue({ path: cataloguePath })),
  targets: () => Promise.resolve(targets),
  kinds: () => Promise.resolve(kinds),
  prices: () => Promise.resolve(loadPrices()),
  offerWatches: () => Promise.resolve([]),
  companions: [],
  clock,
  logger,
});
await workers.work({ signal: new AbortController().signal, finish: AbortSignal.abort(), role: "test" });

/**
 * A process that looks after batches and kills itself at a step: `taken`, `sending`, `uploaded`, `submitted` while one is
 * made, `collecting`, `written`, `over` while results are taken.
 */
import { batchRound } from "../../../src/app/enrichment/batch-poller.ts";
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

const dying = ({ batches, jobs, ...rest }: Catalogue): Catalogue => ({
  ...rest,
  jobs: {
    ...jobs,
    complete: async (completions) => {
      const results = await jobs.complete(completions);
      if (results.some(({ outcome }) => outcome === "done")) dieAt("written");
      return results;
    },
  },
  batches: {
    ...batches,
    sending: async (batchId) => {
      dieAt("taken");
      await batches.sending(batchId);
      dieAt("sending");
    },
    submitted: async (batchId, externalId) => {
      dieAt("uploaded");
      await batches.submitted(batchId, externalId);
      dieAt("submitted");
    },
    collecting: async (batchId) => {
      await batches.collecting(batchId);
      dieAt("collecting");
    },
    end: async (batchId, state) => {
      const returned = await batches.end(batchId, state);
      dieAt("over");
      return returned;
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
await using opened = await workers.openParts();
await batchRound({ ...opened, clock, logger }, new AbortController().signal);

/** Whether there is something for workers to do. */
import { providerOfName } from "../src/app/enrichment/model-reference.ts";
import { WEBHOOK_CONSUMER } from "../src/app/enrichment/webhook.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { Clock } from "../src/clock.ts";
import { MINUTE, SECOND } from "../src/clock.ts";
import type { Config } from "../src/config.ts";

/** A worker is started for what is due so soon. */
const SOON_MS = 5 * SECOND;
/** Batches of providers take hours; they are asked for now and then. */
const BATCHES_MS = 5 * MINUTE;

/** Whether there are files for the pipeline, or photos for the index. */
export interface CoreWork {
  readonly isThere: () => Promise<boolean>;
  /** To be called when the catalogue has changed: until then the last answer holds. */
  readonly changed: () => void;
}

export const createCoreWork = ({ todo, index }: Pick<Catalogue, "todo" | "index">): CoreWork => {
  let known: boolean | undefined;
  let changes = 0;
  return {
    isThere: async () => {
      if (known !== undefined) return known;
      const before = changes;
      const isThere = (await todo.toProcess(1)).length > 0 || (await index.countMarks()) > 0;
      if (before === changes) known = isThere;
      return isThere;
    },
    changed: () => {
      changes += 1;
      known = undefined;
    },
  };
};

const hasLanguageModel = ({ llm, roots }: Config): boolean =>
  (llm.provider ?? providerOfName(llm.model)) !== undefined || roots.some(({ provider }) => provider !== undefined);

const hasUndelivered = async ({ events }: Catalogue): Promise<boolean> =>
  (await events.read({ after: await events.cursor(WEBHOOK_CONSUMER), limit: 1 })).length > 0;

export interface EnrichmentWorkDeps {
  readonly catalogue: Catalogue;
  readonly config: Config;
  readonly clock: Clock;
}

/** @returns asks whether jobs, batches or the webhook want a worker */
export const createEnrichmentWork = ({ catalogue, config, clock }: EnrichmentWorkDeps): (() => Promise<boolean>) => {
  const isConfigured = hasLanguageModel(config);
  const hasWebhook = config.events.webhook.url !== undefined;
  let lookAt = clock.now();
  let isFirst = true;
  return async () => {
    if (hasWebhook && (await hasUndelivered(catalogue))) return true;
    if (!isConfigured) return false;
    if (await catalogue.jobs.isDue(clock.now() + SOON_MS)) return true;
    if (clock.now() < lookAt) return false;
    lookAt = clock.now() + BATCHES_MS;
    const wasFirst = isFirst;
    isFirst = false;
    // The first worker asks for what came while no agent was there.
    return wasFirst || (await catalogue.batches.unfinished()).length > 0;
  };
};

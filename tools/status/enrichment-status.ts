/** How far enrichment is, and what keeps it from going on. */
import { z } from "zod";
import type { EnrichmentStats } from "../../src/app/enrichment/enrichment-stats.ts";
import type { LlmStatus } from "../../src/app/enrichment/llm-status.ts";
import { outsideName } from "../photos/outside-text.ts";

export const enrichmentSchema = z.strictObject({
  ready: z.boolean().describe("A language model can be called now."),
  problem: z.string().nullable().describe("Why none can be called."),
  total_photos: z.number(),
  enriched_descriptions: z.number(),
  photo_profiles: z.number(),
  with_translations: z.number(),
  enrichment_coverage: z.number().describe("Percent of the photos, one decimal."),
  profile_coverage: z.number(),
  translation_coverage: z.number(),
  states: z.record(z.string(), z.record(z.string(), z.number())).describe("Enrichments by kind and state."),
  queue: z.strictObject({ depth: z.number(), running: z.number(), kinds: z.record(z.string(), z.number()) }),
  cache: z
    .strictObject({ size: z.number(), hit_rate: z.number(), total_requests: z.number() })
    .describe("photon's own cache of answers; hit_rate from 0 to 1."),
  providers: z.array(
    z.strictObject({
      provider: z.string(),
      host: z.string(),
      circuit: z.enum(["closed", "open", "half_open"]),
      ready: z.boolean(),
      leaves_machine: z.boolean(),
      models: z.array(z.string()),
      unavailable_since: z.string().optional().describe("ISO 8601, UTC."),
    }),
  ),
  pauses: z
    .array(z.strictObject({ target: z.string(), reason: z.string(), until: z.string().optional() }))
    .describe("What is stopped: `all`, `provider:...`, `model:...` or `kind:...`."),
});
export type EnrichmentStatus = z.output<typeof enrichmentSchema>;

const timeText = (at: number): string => new Date(at).toISOString();

const providersOf = ({ providers, models }: LlmStatus): EnrichmentStatus["providers"] =>
  providers.map((one) => {
    const own = models.filter(({ provider_key: key }) => key === one.provider_key);
    return {
      provider: one.provider,
      host: outsideName(one.host),
      circuit: one.circuit,
      ready: one.ready,
      leaves_machine: own.some(({ leaves_machine: leaves }) => leaves),
      models: own.map(({ model }) => outsideName(model)),
      ...(one.unavailable_since === null ? {} : { unavailable_since: timeText(one.unavailable_since) }),
    };
  });

const pausesOf = ({ pauses }: LlmStatus): EnrichmentStatus["pauses"] =>
  pauses.map(({ target, reason, until }) => ({
    target: outsideName(target),
    reason,
    ...(until === null ? {} : { until: timeText(until) }),
  }));

const copyOfStates = (states: EnrichmentStats["states"]): EnrichmentStatus["states"] =>
  Object.fromEntries(Object.entries(states).map(([kind, own]) => [kind, { ...own }]));

/** @param llm or why nothing can be told: settings are wrong */
export const enrichmentStatus = (stats: EnrichmentStats, llm: LlmStatus | string): EnrichmentStatus => {
  const isKnown = typeof llm !== "string";
  return {
    ready: isKnown && llm.ready,
    problem: isKnown ? llm.problem : llm,
    ...stats,
    states: copyOfStates(stats.states),
    queue: { ...stats.queue, kinds: { ...stats.queue.kinds } },
    cache: { ...stats.cache },
    providers: isKnown ? providersOf(llm) : [],
    pauses: isKnown ? pausesOf(llm) : [],
  };
};

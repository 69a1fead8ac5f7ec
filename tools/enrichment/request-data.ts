/** The answer of `request_enrichment`. */
import { z } from "zod";
import type { EnqueuedExecution } from "../../src/app/enrichment/enrichment-api.ts";
import type { Forecast } from "../../src/app/enrichment/forecast.ts";
import type { EnrichmentPlan } from "../../src/app/enrichment/plan.ts";
import type { TargetAvailability } from "../../src/app/enrichment/target-types.ts";
import type { ItemError } from "../photos/known-photos.ts";
import { itemErrorSchema } from "../photos/known-photos.ts";

export const requestResultSchema = z.strictObject({
  job_id: z.string().optional(),
  /** Jobs that are in the queue now. */
  queued: z.number(),
  /** Photos that have it already, failed before, or wait for it. */
  skipped: z.number(),
  /** null = nobody is configured: the jobs wait. */
  provider: z.string().nullable(),
  leaves_machine: z.boolean(),
  /** usd null = the price is not known. */
  estimate: z.strictObject({ photos: z.number(), tokens: z.number(), usd: z.number().nullable() }),
  errors: z.array(itemErrorSchema),
  note: z.string().optional(),
});
export type RequestData = z.output<typeof requestResultSchema>;

interface Requested {
  readonly plan: EnrichmentPlan;
  readonly forecast: Forecast;
  readonly availability: TargetAvailability;
  /** undefined = nothing was queued. */
  readonly execution: EnqueuedExecution | undefined;
  readonly errors: readonly ItemError[];
}

const notesOf = ({ plan, availability, execution }: Requested): readonly string[] => [
  ...(availability === "ready" ? [] : [availability.message(plan.jobs.length)]),
  ...(availability === "ready" || plan.jobs.length === 0
    ? []
    : ["You can look at the photos with view_photos and write descriptions with annotate."]),
  ...(plan.heldBack > 0
    ? [`${plan.heldBack} lie in a folder whose photos stay on this machine, where no language model runs: left out.`]
    : []),
  ...(execution === undefined && plan.jobs.length === 0 ? ["Nothing to do: what was asked for is there."] : []),
  ...(plan.counts.failed > 0 && plan.request.wanted === "missing"
    ? [`${plan.counts.failed} failed before; force asks again.`]
    : []),
];

export const requestData = (requested: Requested): RequestData => {
  const { plan, forecast, execution, errors } = requested;
  const queued = execution?.queued ?? 0;
  const targets = forecast.lines.flatMap(({ target }) => (target === undefined ? [] : [target.provider]));
  const notes = notesOf(requested);
  return {
    ...(execution === undefined ? {} : { job_id: execution.executionId }),
    queued,
    skipped: plan.counts.matching - (execution === undefined ? plan.jobs.length : queued),
    provider: targets.length === 0 ? null : [...new Set(targets)].join(", "),
    leaves_machine: plan.leavesMachine,
    estimate: {
      photos: plan.jobs.length,
      tokens: forecast.lines.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0),
      usd: forecast.usd,
    },
    errors: [...errors],
    ...(notes.length === 0 ? {} : { note: notes.join(" ") }),
  };
};

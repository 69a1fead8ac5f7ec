/** Enrichment asked for by somebody who does not wait: what it would take, and its queueing. */
import type { Config } from "../../config.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import { isAboveLimit } from "./confirm-above.ts";
import type { EnqueuedExecution, EnrichmentApi } from "./enrichment-api.ts";
import type { Forecast } from "./forecast.ts";
import type { EnrichmentPlan, EnrichmentRequest } from "./plan.ts";

export interface RequestedEnrichment {
  readonly plan: EnrichmentPlan;
  readonly forecast: Forecast;
  /** A person has to agree first. */
  readonly isAboveLimit: boolean;
}

export interface RequestEnrichmentApi {
  readonly planRequest: (request: EnrichmentRequest) => Promise<RequestedEnrichment>;
  readonly queueRequest: (plan: EnrichmentPlan) => Promise<EnqueuedExecution>;
  /**
   * Descriptions of photos that were just processed, where the settings allow it without a question.
   * @returns how many were queued, and how many wait for a person's yes
   */
  readonly describeNew: (
    contentHashes: readonly string[],
  ) => Promise<{ readonly queued: number; readonly unconfirmed: number }>;
}

interface RequestDeps {
  readonly config: Config;
  readonly enrichment: Pick<EnrichmentApi, "availability" | "plan" | "forecast" | "enqueue">;
  readonly wakeEnrichment: () => void;
}

export const createRequestEnrichmentApi = ({
  config,
  enrichment,
  wakeEnrichment,
}: RequestDeps): RequestEnrichmentApi => {
  const planRequest = async (request: EnrichmentRequest): Promise<RequestedEnrichment> => {
    const plan = await enrichment.plan(request);
    const forecast = await enrichment.forecast(plan, { noHurry: false });
    return { plan, forecast, isAboveLimit: isAboveLimit(plan, forecast, config.llm.confirm_above) };
  };
  const queueRequest = async (plan: EnrichmentPlan): Promise<EnqueuedExecution> => {
    const priority = plan.jobs.length === 1 ? PRIORITY.onePhoto : PRIORITY.bulk;
    const execution = await enrichment.enqueue(plan, { priority });
    wakeEnrichment();
    return execution;
  };
  return {
    planRequest,
    queueRequest,
    describeNew: async (photos) => {
      const nothing = { queued: 0, unconfirmed: 0 };
      if (photos.length === 0 || (await enrichment.availability()) !== "ready") return nothing;
      const request = { command: "process", kind: "image_tag", scopes: { photos }, wanted: "missing" } as const;
      const { plan, isAboveLimit: needsYes } = await planRequest(request);
      if (plan.jobs.length === 0) return nothing;
      if (needsYes) return { ...nothing, unconfirmed: plan.jobs.length };
      return { ...nothing, queued: (await queueRequest(plan)).queued };
    },
  };
};

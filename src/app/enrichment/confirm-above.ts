/** Runs that a person agrees to first: many photos, or much money, to somebody else's machine. */
import type { Config } from "../../config.ts";
import type { Forecast } from "./forecast.ts";
import type { EnrichmentPlan } from "./plan.ts";

export const isAboveLimit = (
  { jobs, leavesMachine }: Pick<EnrichmentPlan, "jobs" | "leavesMachine">,
  { usd }: Pick<Forecast, "usd">,
  { photos: mostPhotos, usd: mostUsd }: Config["llm"]["confirm_above"],
): boolean => leavesMachine && (jobs.length > mostPhotos || (usd !== null && usd > mostUsd));

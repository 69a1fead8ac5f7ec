/**
 * Handlers of jobs that somebody waits for: what a queue would wait for is tried a few times instead, then it is over.
 * Each try is a call of its own, logged and priced as any.
 */
import type { RetryPolicy } from "../../../models/language/generate-with-retry.ts";
import { retryDelayMs } from "../../../models/language/generate-with-retry.ts";
import type { Clock } from "../../clock.ts";
import { failureOf } from "../../jobs/failure.ts";
import type { JobHandler, JobHandlers } from "../../jobs/handler.ts";

export interface RetryDeps {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

const REPEATED = new Set(["unavailable", "rate_limited"]);

const retrying =
  (handler: JobHandler, { policy, clock, random }: RetryDeps): JobHandler =>
  async (job, context) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handler(job, context);
      } catch (error) {
        const failure = failureOf(error);
        if (failure === undefined || !REPEATED.has(failure.class) || attempt >= policy.maxAttempts) throw error;
        const delayMs = retryDelayMs({ retryAfterMs: failure.retryAfterMs ?? null }, attempt, policy, random());
        context.extend(); // the wait is not part of a call
        await clock.sleep(delayMs, context.signal);
      }
    }
  };

export const retryingHandlers = (handlers: JobHandlers, deps: RetryDeps): JobHandlers =>
  Object.fromEntries(Object.entries(handlers).map(([kind, handler]) => [kind, retrying(handler, deps)]));

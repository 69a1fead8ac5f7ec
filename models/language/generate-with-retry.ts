/** Calls that somebody waits for: repeated a few times, then given up. Queued calls are repeated by the queue instead. */
import type { Clock } from "../../src/clock.ts";
import { SECOND } from "../../src/clock.ts";
import { CallError } from "../../src/errors.ts";
import type { LanguageModel, LanguageReply, LanguageRequest } from "./language-model.ts";

const JITTER = 0.2;

export interface RetryPolicy {
  /** Calls in all, the first included. */
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 3, baseDelayMs: SECOND, maxDelayMs: 60 * SECOND };

/** True for timeouts, lost connections, 408, 409, 429 and 5xx: the same call may succeed later. */
export const isRetryable = (error: unknown): error is CallError => error instanceof CallError && error.retryable;

/** @param attempt number of the call that failed, from 1 */
export const backoffMs = (
  attempt: number,
  { baseDelayMs, maxDelayMs }: Pick<RetryPolicy, "baseDelayMs" | "maxDelayMs">,
): number => Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));

/**
 * The wait before the next call, in milliseconds. What the provider asks for is kept, or exceeded by the jitter.
 * @param random from 0 to 1
 */
export const retryDelayMs = (
  failure: Pick<CallError, "retryAfterMs">,
  attempt: number,
  policy: RetryPolicy,
  random: number,
): number => {
  const asked = failure.retryAfterMs;
  const delay = asked ?? backoffMs(attempt, policy);
  const factor = asked === null ? 1 + JITTER * (2 * random - 1) : 1 + JITTER * random;
  return Math.round(Math.min(policy.maxDelayMs, delay * factor));
};

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly policy?: RetryPolicy;
  /** From 0 to 1. Default: Math.random. */
  readonly random?: () => number;
  /** Runs before each wait. */
  readonly onRetry?: (failure: CallError, delayMs: number) => void;
}

/** @throws CallError of the last call; the signal's reason when it is aborted while waiting */
export const generateWithRetry = async (
  model: Pick<LanguageModel, "generate">,
  request: LanguageRequest,
  { signal, clock, policy = DEFAULT_RETRY_POLICY, random = Math.random, onRetry = () => undefined }: RetryOptions,
): Promise<LanguageReply> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await model.generate(request, { signal });
    } catch (error) {
      if (!isRetryable(error) || attempt >= policy.maxAttempts) throw error;
      const delayMs = retryDelayMs(error, attempt, policy, random());
      onRetry(error, delayMs);
      await clock.sleep(delayMs, signal);
    }
  }
};

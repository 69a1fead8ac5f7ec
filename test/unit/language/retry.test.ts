import { expect, test } from "vitest";
import type { LanguageReply } from "../../../models/language/language-model.ts";
import type { RetryPolicy } from "../../../models/language/generate-with-retry.ts";
import {
  backoffMs,
  DEFAULT_RETRY_POLICY,
  generateWithRetry,
  isRetryable,
  retryDelayMs,
} from "../../../models/language/generate-with-retry.ts";
import { failureOfStatus } from "../../../models/language/classify.ts";
import { retryAfterMs } from "../../../models/language/retry-after.ts";
import { CallError } from "../../../src/errors.ts";
import { neverAborted, textRequest } from "../../support/fake-providers/requests.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

test.each([
  [408, true],
  [409, true],
  [429, true],
  [500, true],
  [502, true],
  [503, true],
  [529, true],
  [400, false],
  [401, false],
  [402, false],
  [403, false],
  [404, false],
  [413, false],
  [422, false],
])("HTTP %i may succeed later: %s", (status, retryable) => {
  expect(isRetryable(failureOfStatus(status))).toBe(retryable);
});

test.each([
  [new CallError("unavailable", "LLM_TIMEOUT"), true],
  [new CallError("unavailable", "LLM_API_ERROR", { subCode: "CONNECTION" }), true],
  [new CallError("cancelled", "CANCELLED"), false],
  [new CallError("invalid_response", "LLM_VALIDATION_ERROR"), false],
  [new CallError("refused", "LLM_REFUSED"), false],
  [new Error("anything else"), false],
])("%s may succeed later: %s", (error, retryable) => {
  expect(isRetryable(error)).toBe(retryable);
});

test("the backoff doubles from the base up to the cap", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backoffMs(attempt, DEFAULT_RETRY_POLICY));
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test.each([
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": new Date(NOW + 90_000).toUTCString() }, 90_000],
  [{ "retry-after": new Date(NOW - 90_000).toUTCString() }, null],
  [{ "retry-after": "999999999" }, DAY_MS],
  [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
  [{ "retry-after-ms": "999999999999" }, DAY_MS],
  [{ "retry-after": "-3" }, null],
  [{ "retry-after": "soon" }, null],
  [{ "retry-after": " " }, null],
  [{}, null],
])("%o asks for %s ms", (headers, expected) => {
  expect(retryAfterMs(new Headers(Object.entries(headers)), NOW)).toBe(expected);
});

test("no headers ask for nothing", () => {
  expect(retryAfterMs(undefined, NOW)).toBeNull();
});

test("the wait varies by a fifth, keeps what the provider asks for, and ends at the cap", () => {
  const failure = failureOfStatus(503);
  const asked = new CallError("rate_limited", "LLM_RATE_LIMITED", { retryAfterMs: 7000 });
  const late = new CallError("rate_limited", "LLM_RATE_LIMITED", { retryAfterMs: 900_000 });
  const delays = (error: CallError): readonly number[] =>
    [0, 0.5, 1].map((random) => retryDelayMs(error, 2, DEFAULT_RETRY_POLICY, random));
  expect(delays(failure)).toEqual([1600, 2000, 2400]);
  expect(delays(asked)).toEqual([7000, 7700, 8400]);
  expect(delays(late)).toEqual([60_000, 60_000, 60_000]);
});

const REPLY = { text: "{}" } as LanguageReply; // nobody reads the rest

/** A model that fails so, call by call, then answers; and a clock that only notes the waits. */
const scripted = (...failures: readonly CallError[]) => {
  const waits: number[] = [];
  let calls = 0;
  return {
    waits,
    calls: () => calls,
    run: (policy: RetryPolicy = DEFAULT_RETRY_POLICY) =>
      generateWithRetry(
        {
          generate: async () => {
            const failure = failures[calls];
            calls += 1;
            if (failure !== undefined) throw failure;
            return REPLY;
          },
        },
        textRequest(),
        {
          ...neverAborted(),
          policy,
          random: () => 0.5,
          clock: { now: () => NOW, sleep: async (ms) => void waits.push(ms) },
        },
      ),
  };
};

test("an outage of two calls is waited out", async () => {
  const model = scripted(failureOfStatus(503), new CallError("unavailable", "LLM_TIMEOUT"));
  expect(await model.run()).toBe(REPLY);
  expect(model.waits).toEqual([1000, 2000]);
});

test("the number of calls counts the first one", async () => {
  const model = scripted(failureOfStatus(503), failureOfStatus(503), failureOfStatus(500));
  await expect(model.run()).rejects.toMatchObject({ status: 500 });
  expect(model.calls()).toBe(3);
  expect(model.waits).toHaveLength(2);
});

test.each([400, 401, 404, 413])("HTTP %i is not repeated", async (status) => {
  const model = scripted(failureOfStatus(status));
  await expect(model.run()).rejects.toMatchObject({ status });
  expect(model.calls()).toBe(1);
  expect(model.waits).toEqual([]);
});

test("an abort ends the waiting", async () => {
  const aborter = new AbortController();
  const reason = new Error("stop");
  const call = generateWithRetry({ generate: () => Promise.reject(failureOfStatus(503)) }, textRequest(), {
    signal: aborter.signal,
    clock: {
      now: () => NOW,
      sleep: (_ms, signal) => {
        aborter.abort(reason);
        return Promise.reject(signal?.reason as Error); // as the system's clock does
      },
    },
  });
  await expect(call).rejects.toBe(reason);
});

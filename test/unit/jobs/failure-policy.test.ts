import { expect, test } from "vitest";
import { DAY, MINUTE, SECOND } from "../../../src/clock.ts";
import type { Decision, PolicyInput } from "../../../src/jobs/failure-policy.ts";
import { decide } from "../../../src/jobs/failure-policy.ts";
import type { Failure } from "../../../src/jobs/failure.ts";
import { failureOf, JobFailure } from "../../../src/jobs/failure.ts";
import { CallError } from "../../../src/errors.ts";

const NOW = 1_700_000_000_000;
const HOUR = 60 * MINUTE;
const KEY = "p@https://p.example";

type Given = Omit<Partial<PolicyInput>, "job" | "failure"> & { readonly job?: Partial<PolicyInput["job"]> };

const decided = (failure: Failure, { job = {}, ...given }: Given = {}): Decision =>
  decide({
    failure,
    job: {
      attemptsInvalid: 0,
      isolated: 0,
      firstUnavailableAt: undefined,
      lastUnavailableAt: undefined,
      providerKey: KEY,
      model: "m",
      ...job,
    },
    now: NOW,
    lastSuccessElsewhere: undefined,
    lastSuccessOfKind: undefined,
    canary: "not-asked",
    pause: undefined,
    isExplicit: false,
    ...given,
  });

const INVALID: Failure = { class: "invalid_response", code: "LLM_VALIDATION_ERROR" };
const TIMEOUT: Failure = { class: "unavailable", code: "LLM_TIMEOUT" };
const LIMITED: Failure = { class: "rate_limited", code: "LLM_RATE_LIMITED" };
const AUTH: Failure = { class: "auth", code: "LLM_AUTH" };
const FAILED = { action: "fail", event: "llm_failure" };

test.each([
  [0, 1],
  [1, 2],
  [2, 4],
  [3, 8],
  [4, 16],
])("invalid response after %i attempts: again in %i s, the provider has answered", (attemptsInvalid, seconds) => {
  for (const failure of [INVALID, { class: "truncated", code: "LLM_TRUNCATED" } as const]) {
    expect(decided(failure, { job: { attemptsInvalid } })).toEqual({
      job: { action: "retry", delayMs: seconds * SECOND },
      code: failure.code,
      sub: undefined,
      provider: "answered",
      pauses: [],
    });
  }
});

test("the sixth invalid response fails, and the only one of somebody who waits", () => {
  expect(decided(INVALID, { job: { attemptsInvalid: 5 } }).job).toEqual(FAILED);
  expect(decided(INVALID, { isExplicit: true }).job).toEqual(FAILED);
});

test("unavailable: waits without a delay of its own, the circuit opens", () => {
  expect(decided(TIMEOUT)).toEqual({
    job: { action: "snooze", until: NOW, unavailable: { isolated: false } },
    code: "LLM_TIMEOUT",
    sub: undefined,
    provider: "open",
    pauses: [],
  });
});

test("unavailable for 14 days expires, not a millisecond before", () => {
  const since = NOW - 14 * DAY;
  expect(decided(TIMEOUT, { job: { firstUnavailableAt: since + 1 } }).job).toMatchObject({ action: "snooze" });
  expect(decided(TIMEOUT, { job: { firstUnavailableAt: since } })).toMatchObject({
    job: { action: "fail", event: "llm_expiry" },
    code: "LLM_EXPIRED",
  });
});

test("unavailable to somebody who waits fails with its own code and opens the circuit", () => {
  expect(decided(TIMEOUT, { isExplicit: true })).toMatchObject({ job: FAILED, code: "LLM_TIMEOUT", provider: "open" });
});

test("isolated counts only when something else succeeded since the job's own last failure", () => {
  const job = { lastUnavailableAt: NOW - 10 };
  const isolated = (lastSuccessElsewhere: number | undefined) => decided(TIMEOUT, { job, lastSuccessElsewhere }).job;
  expect(isolated(undefined)).toMatchObject({ unavailable: { isolated: false } });
  expect(isolated(NOW - 10)).toMatchObject({ unavailable: { isolated: false } });
  expect(isolated(NOW - 9)).toMatchObject({ unavailable: { isolated: true } });
  expect(decided(TIMEOUT, { lastSuccessElsewhere: NOW }).job).toMatchObject({ unavailable: { isolated: false } });
});

test("the third isolated failure is poison: as an invalid response, and it opens no circuit", () => {
  const third = { job: { isolated: 2, lastUnavailableAt: NOW - 10 }, lastSuccessElsewhere: NOW - 5 };
  expect(decided(TIMEOUT, third)).toEqual({
    job: { action: "retry", delayMs: SECOND, isolated: true },
    code: "LLM_API_ERROR",
    sub: "POISON",
    provider: "unknown",
    pauses: [],
  });
  expect(decided(TIMEOUT, { job: { isolated: 3, attemptsInvalid: 5 } })).toMatchObject({ job: FAILED, sub: "POISON" });
});

test.each([
  ["as long as asked", { ...LIMITED, retryAfterMs: 7000 }, undefined, 7 * SECOND],
  ["a day at most", { ...LIMITED, retryAfterMs: 3 * DAY }, undefined, DAY],
  ["30 s the first time", LIMITED, undefined, 30 * SECOND],
  [
    "twice as long after a pause that was too short",
    LIMITED,
    { since: NOW - 40 * SECOND, until: NOW - 10 * SECOND },
    MINUTE,
  ],
  ["5 min at most", LIMITED, { since: NOW - 300 * SECOND, until: NOW }, 5 * MINUTE],
  ["to the end of the pause that is on", LIMITED, { since: NOW - SECOND, until: NOW + 29 * SECOND }, 29 * SECOND],
] as const)("rate limited: pauses the provider %s", (_name, failure, before, ms) => {
  const pause = before && { target: `provider:${KEY}`, reason: "RATE_LIMITED" as const, ...before };
  const decision = decided(failure, { pause });
  expect(decision).toMatchObject({
    job: { action: "snooze", until: NOW + ms },
    pauses: [{ target: `provider:${KEY}`, reason: "RATE_LIMITED", until: NOW + ms }],
  });
  expect(decision.job).not.toHaveProperty("unavailable");
  expect(decision.halve).toBe(before !== undefined && before.until > NOW ? undefined : true);
});

test("auth and quota: the job goes back, the provider is paused for a look each hour, and one event is due", () => {
  expect(decided(AUTH)).toMatchObject({
    job: { action: "release" },
    pauses: [{ target: `provider:${KEY}`, reason: "AUTH", until: NOW + HOUR, event: "llm_auth_required" }],
  });
  expect(decided({ class: "auth", code: "LLM_QUOTA_EXHAUSTED" }).pauses).toMatchObject([{ reason: "QUOTA" }]);
  expect(decided(AUTH, { isExplicit: true }).job).toEqual(FAILED);
});

test.each(["LLM_MODEL_NOT_FOUND", "LLM_BAD_REQUEST"])(
  "config %s: provider and model are paused, the job goes on",
  (code) => {
    expect(decided({ class: "config", code, status: 404 })).toMatchObject({
      job: { action: "release" },
      code,
      pauses: [{ target: `model:${KEY}/m`, reason: "CONFIG", until: NOW + HOUR, event: "llm_config_error" }],
    });
  },
);

test.each([
  { class: "refused", code: "LLM_REFUSED", sub: "MODERATION" },
  { class: "bad_image", code: "IMAGE_REJECTED", status: 413 },
] as const)("$class is final", (failure) => {
  expect(decided(failure)).toMatchObject({ job: FAILED, code: failure.code, provider: "answered", pauses: [] });
});

test("a picture that cannot be read says nothing about the provider", () => {
  expect(decided({ class: "bad_image", code: "IMAGE_UNREADABLE" })).toMatchObject({ job: FAILED, provider: "unknown" });
});

const BAD_IMAGE_400: Failure = { class: "bad_image", code: "IMAGE_REJECTED", status: 400 };
const CONFIG_400: Failure = { class: "config", code: "LLM_BAD_REQUEST", status: 400 };

test.each([BAD_IMAGE_400, CONFIG_400])("a 400 of class $class: another picture decides", (failure) => {
  const photoIsBad = { job: FAILED, code: "IMAGE_REJECTED", pauses: [] };
  const settingIsWrong = { job: { action: "release" }, code: "LLM_BAD_REQUEST", pauses: [{ reason: "CONFIG" }] };
  expect(decided(failure).job).toEqual({ action: "ask-canary" });
  expect(decided(failure, { canary: "passed" })).toMatchObject(photoIsBad);
  expect(decided(failure, { canary: "failed" })).toMatchObject(settingIsWrong);
  expect(decided(failure, { lastSuccessOfKind: NOW - HOUR })).toMatchObject(photoIsBad);
  expect(decided(failure, { lastSuccessOfKind: NOW - HOUR - 1 }).job).toEqual({ action: "ask-canary" });
  expect(decided(failure, { canary: "none" })).toMatchObject(failure === BAD_IMAGE_400 ? photoIsBad : settingIsWrong);
});

test("stale is dropped, privacy leaves nothing, cancelled goes back", () => {
  expect(decided({ class: "stale", code: "EXPIRED_STALE" }).job).toEqual({ action: "drop", leaves: "discarded" });
  expect(decided({ class: "privacy", code: "LOCAL_ONLY" }).job).toEqual({ action: "drop", leaves: "removed" });
  expect(decided({ class: "cancelled", code: "CANCELLED" }).job).toEqual({ action: "release" });
});

test("a used-up budget pauses every priced provider until its period is over", () => {
  const budget = { providerKeys: [KEY, "q"], until: NOW + DAY };
  expect(decided({ class: "budget", code: "BUDGET_EXCEEDED", budget })).toMatchObject({
    job: { action: "release" },
    provider: "unknown",
    pauses: [
      { target: `provider:${KEY}`, reason: "BUDGET", until: NOW + DAY, event: "budget_exceeded" },
      { target: "provider:q", reason: "BUDGET", until: NOW + DAY, event: "budget_exceeded" },
    ],
  });
});

test("only waiting for a provider and invalid answers touch counters, each its own", () => {
  for (const failure of [LIMITED, AUTH]) {
    expect(decided(failure, { job: { attemptsInvalid: 5, isolated: 9 } }).job.action).not.toBe("fail");
  }
});

test("errors of calls and failures of our own are recognised, others are not", () => {
  const call = new CallError("rate_limited", "LLM_RATE_LIMITED", { status: 429, retryAfterMs: 7000 });
  expect(failureOf(call)).toEqual({
    class: "rate_limited",
    code: "LLM_RATE_LIMITED",
    sub: undefined,
    status: 429,
    retryAfterMs: 7000,
  });
  const own: Failure = { class: "bad_image", code: "IMAGE_UNREADABLE" };
  expect(failureOf(new JobFailure(own))).toBe(own);
  expect(failureOf(new TypeError("a bug"))).toBeUndefined();
  expect(failureOf(Object.assign(new Error("x"), { failure: "unheard_of", publicCode: "X" }))).toBeUndefined();
});

/**
 * What follows from a failure: a pure function, one branch per class.
 *
 * | class            | job                                                | provider                                  |
 * | ---------------- | -------------------------------------------------- | ----------------------------------------- |
 * | invalid_response | again after 1, 2, 4, 8, 16 s, then failed          |                                           |
 * | truncated        | the same; the larger second call is the handler's  |                                           |
 * | unavailable      | waits, up to 14 days                               | circuit opens                             |
 * | ... isolated 3x  | poison: as invalid_response                        |                                           |
 * | rate_limited     | waits as long as asked                             | paused as long, half the calls at a time  |
 * | auth             | back; failed when asked for explicitly             | paused for an hour                        |
 * | config           | back, to the next target                           | provider and model paused for an hour     |
 * | refused          | failed; the other target is the handler's          |                                           |
 * | bad_image        | failed; the smaller picture is the handler's       |                                           |
 * | stale            | dropped, discarded                                 |                                           |
 * | cancelled        | back                                               |                                           |
 * | budget           | back                                               | priced providers paused for the period    |
 * | privacy          | dropped, forgotten                                 |                                           |
 * | waiting          | waits as long as said, else failed                 |                                           |
 * | gone             | dropped, forgotten                                 |                                           |
 */
import type { PauseReason } from "../catalogue/enrichment-schema.ts";
import { DAY, MINUTE, SECOND } from "../clock.ts";
import type { Failure } from "./failure.ts";
import type { ClaimedJob } from "./job-store.ts";
import type { StoredPause } from "./provider-store.ts";

const HOUR = 60 * MINUTE;
const FIRST_RETRY_MS = SECOND;
const RATE_LIMIT_START_MS = 30 * SECOND;
const RATE_LIMIT_MOST_MS = 5 * MINUTE;
const RETRY_AFTER_MOST_MS = DAY;
/** A pause for something only a person can repair lapses for a look whether it was repaired. */
const CHECK_AGAIN_MS = HOUR;
const POISON_AFTER = 3;
const PRECEDENT_MS = HOUR;

export interface PolicySettings {
  /** Times an invalid response is asked for again. */
  readonly invalidRetries: number;
  readonly unavailableMs: number;
}

export const DEFAULT_POLICY: PolicySettings = { invalidRetries: 5, unavailableMs: 14 * DAY };

export interface PolicyInput {
  readonly failure: Failure;
  readonly job: Pick<
    ClaimedJob,
    "attemptsInvalid" | "isolated" | "firstUnavailableAt" | "lastUnavailableAt" | "providerKey" | "model"
  >;
  readonly now: number;
  /** When the same provider and model last served another photo, or the canary. */
  readonly lastSuccessElsewhere: number | undefined;
  /** The same, of the same kind. */
  readonly lastSuccessOfKind: number | undefined;
  /** What the known-good picture said about the target, when it was asked. */
  readonly canary: "not-asked" | "passed" | "failed" | "none";
  /** The pause of the provider, also when its time is over. */
  readonly pause: StoredPause | undefined;
  /** Somebody asked for this one job and waits: it ends now. */
  readonly isExplicit: boolean;
}

export type JobAction =
  | { readonly action: "retry"; readonly delayMs: number; readonly isolated?: true }
  | { readonly action: "snooze"; readonly until: number; readonly unavailable?: { readonly isolated: boolean } }
  | { readonly action: "release" }
  | { readonly action: "fail"; readonly event: "llm_failure" | "llm_expiry" }
  | { readonly action: "drop"; readonly leaves: "discarded" | "removed" }
  /** Send the known-good picture, and ask again with its result. */
  | { readonly action: "ask-canary" };

export interface PauseOrder {
  readonly target: string;
  readonly reason: PauseReason;
  readonly until: number | null;
  /** Sent once, when the pause is new. */
  readonly event?: "llm_auth_required" | "llm_config_error" | "budget_exceeded";
}

export interface Decision {
  readonly job: JobAction;
  readonly code: string;
  readonly sub: string | undefined;
  /** open: nobody could be reached. answered: the provider is there. unknown: it was not asked. */
  readonly provider: "open" | "answered" | "unknown";
  readonly halve?: true;
  readonly pauses: readonly PauseOrder[];
}

const FAILED: JobAction = { action: "fail", event: "llm_failure" };

const decision = ({ failure }: PolicyInput, job: JobAction, more: Partial<Omit<Decision, "job">> = {}): Decision => ({
  job,
  code: failure.code,
  sub: failure.sub,
  provider: "answered",
  pauses: [],
  ...more,
});

/** 1, 2, 4, 8, 16 s, then the end. */
const afterInvalid = (input: PolicyInput, { invalidRetries }: PolicySettings): JobAction => {
  const { attemptsInvalid } = input.job;
  if (input.isExplicit || attemptsInvalid >= invalidRetries) return FAILED;
  return { action: "retry", delayMs: FIRST_RETRY_MS * 2 ** attemptsInvalid };
};

const afterUnavailable = (input: PolicyInput, settings: PolicySettings): Decision => {
  const { job, now, lastSuccessElsewhere, isExplicit } = input;
  const before = job.lastUnavailableAt;
  const isIsolated = before !== undefined && lastSuccessElsewhere !== undefined && lastSuccessElsewhere > before;
  if (job.isolated + (isIsolated ? 1 : 0) >= POISON_AFTER) {
    const end = afterInvalid(input, settings);
    const poison = { code: "LLM_API_ERROR", sub: "POISON", provider: "unknown" } as const;
    return decision(input, end.action === "retry" && isIsolated ? { ...end, isolated: true } : end, poison);
  }
  if (isExplicit) return decision(input, FAILED, { provider: "open" });
  if (job.firstUnavailableAt !== undefined && now - job.firstUnavailableAt >= settings.unavailableMs) {
    const end = { action: "fail", event: "llm_expiry" } as const;
    return decision(input, end, { code: "LLM_EXPIRED", sub: undefined, provider: "open" });
  }
  // At once: the circuit holds it back, and another target of the chain may serve.
  const wait = { action: "snooze", until: now, unavailable: { isolated: isIsolated } } as const;
  return decision(input, wait, { provider: "open" });
};

/** 30 s, doubling with each limit that is met again; calls that were on their way keep the pause that is there. */
const limitedUntil = ({ failure, now, pause }: PolicyInput): number => {
  if (failure.retryAfterMs !== undefined) return now + Math.min(failure.retryAfterMs, RETRY_AFTER_MOST_MS);
  if (pause?.reason !== "RATE_LIMITED" || pause.until === null) return now + RATE_LIMIT_START_MS;
  if (pause.until > now) return pause.until;
  return now + Math.min(RATE_LIMIT_MOST_MS, 2 * (pause.until - pause.since));
};

const afterRateLimit = (input: PolicyInput): Decision => {
  const { job, now, pause, isExplicit } = input;
  const until = limitedUntil(input);
  const isKnown = pause?.reason === "RATE_LIMITED" && pause.until !== null && pause.until > now;
  return decision(input, isExplicit ? FAILED : { action: "snooze", until }, {
    ...(isKnown ? {} : { halve: true }),
    pauses: [{ target: `provider:${job.providerKey}`, reason: "RATE_LIMITED", until }],
  });
};

const afterAuth = (input: PolicyInput): Decision => {
  const { failure, job, now, isExplicit } = input;
  const reason = failure.code === "LLM_QUOTA_EXHAUSTED" ? "QUOTA" : "AUTH";
  const until = now + CHECK_AGAIN_MS;
  return decision(input, isExplicit ? FAILED : { action: "release" }, {
    pauses: [{ target: `provider:${job.providerKey}`, reason, until, event: "llm_auth_required" }],
  });
};

const afterConfig = (input: PolicyInput): Decision => {
  const { job, now, isExplicit } = input;
  const target = `model:${job.providerKey}/${job.model}`;
  return decision(input, isExplicit ? FAILED : { action: "release" }, {
    pauses: [{ target, reason: "CONFIG", until: now + CHECK_AGAIN_MS, event: "llm_config_error" }],
  });
};

const isAmbiguous = ({ failure }: PolicyInput): boolean =>
  failure.status === 400 && (failure.class === "bad_image" || failure.class === "config");

/** The wording of a 400 is only a hint: what the target did with another picture decides. */
const afterBadRequest = (input: PolicyInput): Decision => {
  const { canary, lastSuccessOfKind, now, failure } = input;
  const hasPrecedent = lastSuccessOfKind !== undefined && now - lastSuccessOfKind <= PRECEDENT_MS;
  if (!hasPrecedent && canary === "not-asked") return decision(input, { action: "ask-canary" });
  const isPhoto = hasPrecedent || canary === "passed" || (canary === "none" && failure.class === "bad_image");
  if (isPhoto) return decision(input, FAILED, { code: "IMAGE_REJECTED", sub: undefined });
  const code = failure.class === "config" ? failure.code : "LLM_BAD_REQUEST";
  return { ...afterConfig(input), code };
};

const afterBudget = (input: PolicyInput): Decision => {
  const { failure, isExplicit } = input;
  const { providerKeys = [], until = null } = failure.budget ?? {};
  return decision(input, isExplicit ? FAILED : { action: "release" }, {
    provider: "unknown",
    pauses: providerKeys.map((key) => ({
      target: `provider:${key}`,
      reason: "BUDGET",
      until,
      event: "budget_exceeded",
    })),
  });
};

/** Nobody was called: an earlier result or the file is missing. */
const afterWaiting = (input: PolicyInput): Decision => {
  const { failure, now, isExplicit } = input;
  const isHopeless = isExplicit || failure.retryAfterMs === undefined;
  const job: JobAction = isHopeless ? FAILED : { action: "snooze", until: now + (failure.retryAfterMs ?? 0) };
  return decision(input, job, { provider: "unknown" });
};

export const decide = (input: PolicyInput, settings: PolicySettings = DEFAULT_POLICY): Decision => {
  if (isAmbiguous(input)) return afterBadRequest(input);
  const failureClass = input.failure.class;
  switch (failureClass) {
    case "invalid_response":
    case "truncated":
      return decision(input, afterInvalid(input, settings));
    case "unavailable":
      return afterUnavailable(input, settings);
    case "rate_limited":
      return afterRateLimit(input);
    case "auth":
      return afterAuth(input);
    case "config":
      return afterConfig(input);
    case "refused":
    case "bad_image":
      return decision(input, FAILED, { provider: input.failure.code === "IMAGE_UNREADABLE" ? "unknown" : "answered" });
    case "stale":
      return decision(input, { action: "drop", leaves: "discarded" }, { provider: "unknown" });
    case "cancelled":
      return decision(input, { action: "release" }, { provider: "unknown" });
    case "budget":
      return afterBudget(input);
    case "waiting":
      return afterWaiting(input);
    case "privacy":
    case "gone":
      return decision(input, { action: "drop", leaves: "removed" }, { provider: "unknown" });
    default:
      return failureClass satisfies never;
  }
};

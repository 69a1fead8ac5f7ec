/** Carries out what the failure policy decides: first what all processes must know about the provider, then the job. */
import type { Clock } from "../clock.ts";
import { answered, halved, momentOf, opened } from "./circuit.ts";
import type { Decision, PauseOrder, PolicySettings } from "./failure-policy.ts";
import { decide } from "./failure-policy.ts";
import type { Failure } from "./failure.ts";
import type { ProviderTests } from "./handler.ts";
import { CANARY_SCOPE } from "./handler.ts";
import type { ClaimedJob, JobStore } from "./job-store.ts";
import type { ProviderStore } from "./provider-store.ts";

export interface FailureDeps {
  readonly store: JobStore;
  readonly providers: ProviderStore;
  readonly tests: ProviderTests;
  readonly clock: Clock;
  readonly policy: PolicySettings;
  /** Most calls at a time on a provider. */
  readonly ceilingOf: (providerKey: string) => number;
}

interface FailedJob {
  readonly job: ClaimedJob;
  readonly failure: Failure;
  readonly isExplicit: boolean;
  readonly signal: AbortSignal;
}

const askCanary = async (
  { tests, providers }: FailureDeps,
  { providerKey, model, kind }: ClaimedJob,
  signal: AbortSignal,
): Promise<"passed" | "failed" | "none"> => {
  if (tests.canary === undefined) return "none";
  if (!(await tests.canary({ providerKey, model, kind }, signal))) return "failed";
  await providers.noteSuccesses([{ providerKey, model, kind, scopeId: CANARY_SCOPE }]);
  return "passed";
};

const decideFor = async (deps: FailureDeps, { job, failure, isExplicit, signal }: FailedJob): Promise<Decision> => {
  const { providers, clock, policy } = deps;
  const { providerKey, model, kind, scopeId } = job;
  const target = { providerKey, model, exceptScope: scopeId };
  const input = {
    failure,
    job,
    now: clock.now(),
    lastSuccessElsewhere: await providers.lastSuccess(target),
    lastSuccessOfKind: await providers.lastSuccess({ ...target, kind }),
    pause: (await providers.pauses()).find((pause) => pause.target === `provider:${providerKey}`),
    isExplicit,
  };
  const first = decide({ ...input, canary: "not-asked" }, policy);
  if (first.job.action !== "ask-canary") return first;
  return decide({ ...input, canary: await askCanary(deps, job, signal) }, policy);
};

const settleProvider = async (
  { providers, clock, ceilingOf }: FailureDeps,
  { job: { providerKey }, failure }: FailedJob,
  decision: Decision,
): Promise<void> => {
  const ceiling = ceilingOf(providerKey);
  const { retryAfterMs } = failure;
  if (decision.provider === "open") {
    const moment = await momentOf({ providers, clock }, providerKey, "closed");
    await providers.change(providerKey, opened({ ...moment, retryAfterMs }));
  } else if (decision.provider === "answered") {
    const moment = await momentOf({ providers, clock }, providerKey, "away");
    await providers.change(providerKey, answered({ ...moment, ceiling, successes: 0 }));
  }
  if (decision.halve === true) await providers.change(providerKey, halved(ceiling));
};

const eventOf = ({ event, target }: PauseOrder, { code, sub }: Decision, job: ClaimedJob) => {
  if (event === undefined) return {};
  const content = { provider: job.providerKey, target, code, ...(sub === undefined ? {} : { sub_code: sub }) };
  return { event: { type: event, content } };
};

/** False when the lease was lost meanwhile. */
const settleJob = ({ store }: FailureDeps, { job: { ref } }: FailedJob, decision: Decision): Promise<boolean> => {
  const { job, code, sub } = decision;
  switch (job.action) {
    case "retry":
      return store.retry(ref, { delayMs: job.delayMs, code, sub, isolated: job.isolated === true });
    case "snooze":
      return store.snooze(ref, {
        until: job.until,
        code,
        sub,
        ...(job.unavailable === undefined ? {} : { unavailable: job.unavailable }),
      });
    case "release":
    case "ask-canary": // asked already: nobody knows more, so it goes back
      return store.release(ref);
    case "fail":
      return store.fail(ref, { code, sub, event: job.event });
    case "drop":
      return store.drop(ref, { code, leaves: job.leaves });
    default:
      return job satisfies never;
  }
};

/** Returns the decision that was carried out. */
export const settleFailure = async (deps: FailureDeps, failed: FailedJob): Promise<Decision> => {
  const decision = await decideFor(deps, failed);
  await settleProvider(deps, failed, decision);
  for (const order of decision.pauses) {
    const { target, reason, until } = order;
    await deps.store.pause(target, { reason, until, ...eventOf(order, decision, failed.job) });
  }
  await settleJob(deps, failed, decision);
  return decision;
};

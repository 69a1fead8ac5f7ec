/** Runs one claimed job: handler, then its result into the buffer or its failure through the policy. */
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { PhotonError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { CompletionBuffer } from "./completion-buffer.ts";
import type { Decision, PolicySettings } from "./failure-policy.ts";
import type { Failure } from "./failure.ts";
import { failureOf } from "./failure.ts";
import type { JobHandlers, JobResult, ProviderTests } from "./handler.ts";
import type { ClaimedJob, JobStore } from "./job-store.ts";
import type { ProviderStore } from "./provider-store.ts";
import type { RunningJob, RunningJobs } from "./running-job.ts";
import { createRunningJob, OVERRUN } from "./running-job.ts";
import { settleFailure } from "./settle-failure.ts";
import type { SuccessNotes } from "./success-notes.ts";

const STORE_TROUBLE_MS = 5 * SECOND;
/** Our own bugs are tried again as bad answers are, and end as they do. */
const BUG: Failure = { class: "invalid_response", code: "INTERNAL" };

/** What the job has told about its provider. */
export type ProviderAnswer = Decision["provider"];

export interface JobRunnerDeps {
  readonly store: JobStore;
  readonly providers: ProviderStore;
  readonly tests: ProviderTests;
  readonly handlers: JobHandlers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: PolicySettings;
  readonly callTimeoutMs: number;
  readonly running: RunningJobs;
  readonly buffer: CompletionBuffer;
  readonly notes: SuccessNotes;
  readonly ceilingOf: (providerKey: string) => number;
  /** A job's calls are over: its place is free before its result is written. */
  readonly onAnswered: () => void;
}

export interface JobRunner {
  /** Resolves when the job has ended or gone back. Rejects only when the store is broken. */
  readonly run: (job: ClaimedJob, options: { readonly isExplicit: boolean }) => Promise<ProviderAnswer>;
}

const idsOf = ({ id, kind }: ClaimedJob) => ({ job: id, kind });

const settle = async (
  deps: JobRunnerDeps,
  running: RunningJob,
  { error, isExplicit }: { readonly error: unknown; readonly isExplicit: boolean },
): Promise<ProviderAnswer> => {
  const { store, clock, logger } = deps;
  const { job, signal, stopped } = running;
  const reason = stopped();
  if (reason === "lost") return "unknown";
  if (reason === "shutdown") {
    await store.release(job.ref);
    return "unknown";
  }
  const failure = reason === "overrun" ? OVERRUN : failureOf(error);
  if (failure === undefined && error instanceof PhotonError && error.retryable) {
    logger.warn("A job could not be finished now; it is tried again.", { ...idsOf(job), error: error.message });
    await store.snooze(job.ref, { until: clock.now() + STORE_TROUBLE_MS, code: "INTERNAL" });
    return "unknown";
  }
  if (failure === undefined) {
    logger.error("A job met a bug.", { ...idsOf(job), error: error instanceof Error ? error.message : String(error) });
  }
  const failed = { job, failure: failure ?? BUG, isExplicit, signal };
  const decision = await settleFailure(deps, failed);
  const { code, sub, job: next } = decision;
  logger.debug("A job failed.", { ...idsOf(job), code, ...(sub === undefined ? {} : { sub }), next: next.action });
  return failure === undefined ? "unknown" : decision.provider;
};

const store = async (deps: JobRunnerDeps, job: ClaimedJob, result: JobResult): Promise<void> => {
  const written = await deps.buffer.add({ job, result });
  if (written.outcome === "failed") throw written.error;
  if (written.outcome !== "done") deps.logger.debug("A result came too late.", { ...idsOf(job), ...written });
};

const work = async (deps: JobRunnerDeps, running: RunningJob, isExplicit: boolean): Promise<ProviderAnswer> => {
  const { job, signal, extend } = running;
  try {
    const handler = deps.handlers[job.kind];
    if (handler === undefined) throw new Error(`Expected a handler for ${job.kind}, received none.`);
    const result = await handler(job, { signal, extend });
    running.answered();
    deps.onAnswered();
    await store(deps, job, result);
    if (!result.wasCalled) return "unknown";
    deps.notes.add(job);
    return "answered";
  } catch (error) {
    return settle(deps, running, { error, isExplicit });
  }
};

export const createJobRunner = (deps: JobRunnerDeps): JobRunner => ({
  run: async (job, { isExplicit }) => {
    const { running: inHand, buffer, notes, clock, callTimeoutMs } = deps;
    const running = createRunningJob(job, { clock, mostMs: 2 * callTimeoutMs });
    inHand.add(running);
    try {
      return await work(deps, running, isExplicit);
    } finally {
      inHand.remove(running);
      buffer.poke();
      await notes.flushWhenDue(inHand.size === 0);
    }
  },
});

/** Jobs in hand: who may still run, whose lease went away, whose time is over. */
import type { Clock } from "../clock.ts";
import type { Failure } from "./failure.ts";
import type { ClaimedJob, LeaseRef } from "./job-store.ts";

export type StopReason =
  /** The worker ends: the job goes back unchanged. */
  | "shutdown"
  /** Somebody else has the job, or nobody: nothing may be written. */
  | "lost"
  /** It ran for longer than two calls may take. */
  | "overrun";

export interface RunningJob {
  readonly job: ClaimedJob;
  readonly signal: AbortSignal;
  /** Why it was told to stop; undefined = it was not. */
  readonly stopped: () => StopReason | undefined;
  readonly stop: (reason: StopReason) => void;
  readonly extend: () => void;
  readonly isOverdue: () => boolean;
  /** Its calls are over: it waits to be written, and another job may take its place. */
  readonly answered: () => void;
  readonly isAnswered: () => boolean;
}

/** A job that was stopped because it ran too long fails like a call without an answer. */
export const OVERRUN: Failure = { class: "unavailable", code: "LLM_TIMEOUT" };

export const createRunningJob = (job: ClaimedJob, { clock, mostMs }: { clock: Clock; mostMs: number }): RunningJob => {
  const controller = new AbortController();
  let since = clock.now();
  let why: StopReason | undefined;
  let isAnswered = false;
  return {
    job,
    signal: controller.signal,
    stopped: () => why,
    stop: (reason) => {
      if (why !== undefined) return;
      why = reason;
      controller.abort();
    },
    extend: () => {
      since = clock.now();
    },
    isOverdue: () => clock.now() - since > mostMs,
    answered: () => {
      isAnswered = true;
    },
    isAnswered: () => isAnswered,
  };
};

export class RunningJobs {
  readonly #jobs = new Map<LeaseRef, RunningJob>();

  get size(): number {
    return this.#jobs.size;
  }

  /** Those that still have something to ask. */
  get unanswered(): number {
    let count = 0;
    for (const running of this.#jobs.values()) if (!running.isAnswered()) count += 1;
    return count;
  }

  /** The others, by provider. */
  get answered(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { job, isAnswered } of this.#jobs.values()) {
      if (isAnswered()) counts.set(job.providerKey, (counts.get(job.providerKey) ?? 0) + 1);
    }
    return counts;
  }

  get refs(): readonly LeaseRef[] {
    return [...this.#jobs.keys()];
  }

  /** A job whose worker died before runs alone: the next death then tells which job it was. */
  get hasSuspect(): boolean {
    return [...this.#jobs.values()].some(({ job }) => job.crashes > 0);
  }

  add(running: RunningJob): void {
    this.#jobs.set(running.job.ref, running);
  }

  remove({ job }: RunningJob): void {
    this.#jobs.delete(job.ref);
  }

  stop(refs: readonly LeaseRef[], reason: StopReason): void {
    for (const ref of refs) this.#jobs.get(ref)?.stop(reason);
  }

  stopOverdue(): void {
    for (const running of this.#jobs.values()) if (running.isOverdue()) running.stop("overrun");
  }
}

/** Waiting for an execution: what is done of it is read from the catalogue, whoever does it. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { ExecutionProgress, StoredExecution } from "../../catalogue/execution-repository.ts";
import type { Clock } from "../../clock.ts";
import { SECOND } from "../../clock.ts";
import { NotFoundError } from "../../errors.ts";

/** What has become of an execution; names and units of docs/reference. */
export interface ExecutionReport {
  readonly executionId: string;
  readonly progress: ExecutionProgress;
  /** Failed items by public code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Processed items for which there was nothing to make: no text to translate, no date in the picture. */
  readonly empty: number;
  /** Seconds somebody waited for it. */
  readonly seconds: number;
  /** US dollars; null = the price of some call is not known. */
  readonly costUsd: number | null;
}

/** An execution as somebody sees it who did not follow it. */
export interface ExecutionStatus {
  readonly executionId: string;
  /** Name of the command or tool that began it. */
  readonly command: string;
  readonly state: StoredExecution["state"];
  /** Milliseconds UTC. */
  readonly startedAt: number;
  readonly completedAt: number | undefined;
  readonly progress: ExecutionProgress;
  /** Failed items by public code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Until the last pending item is done, at the pace so far; undefined = nobody can tell, or nothing is pending. */
  readonly etaSeconds: number | undefined;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ExecutionProgress) => void;
}

const MICROS_PER_USD = 1_000_000;
/** A look takes longer the more items there are: after it this many times as long nobody looks. */
const REST_AFTER_LOOK = 20;
const MOST_REST_MS = 5 * SECOND;

/** @throws NotFoundError */
export const knownExecution = async (
  { executions }: Pick<Catalogue, "executions">,
  executionId: string,
): Promise<StoredExecution> => {
  const execution = await executions.get(executionId);
  if (execution !== undefined) return execution;
  throw new NotFoundError(`There is no run with the id ${executionId}.`, {
    hint: "photon enrich and photon process print the id of their run; photon costs --by execution lists them.",
  });
};

export const reportExecution = async (
  { executions, results }: Pick<Catalogue, "executions" | "results">,
  executionId: string,
  seconds: number,
): Promise<ExecutionReport> => {
  const { micros, unpricedCalls } = await executions.cost(executionId);
  return {
    executionId,
    progress: await executions.progress(executionId),
    failures: await executions.failures(executionId),
    empty: await results.emptyOf(executionId),
    seconds,
    costUsd: unpricedCalls > 0 ? null : micros / MICROS_PER_USD,
  };
};

const etaOf = ({ pending, processed }: ExecutionProgress, elapsedMs: number): number | undefined =>
  pending === 0 || processed === 0 ? undefined : Math.ceil((pending * elapsedMs) / processed / SECOND);

/** @throws NotFoundError */
export const executionStatus = async (
  catalogue: Pick<Catalogue, "executions">,
  executionId: string,
  now: number,
): Promise<ExecutionStatus> => {
  const { executions } = catalogue;
  const { command, state, startedAt, completedAt } = await knownExecution(catalogue, executionId);
  const progress = await executions.progress(executionId);
  return {
    executionId,
    command,
    state,
    startedAt,
    completedAt,
    progress,
    failures: await executions.failures(executionId),
    etaSeconds: etaOf(progress, now - startedAt),
  };
};

/** Resolves at the next change of the catalogue, or when the signal aborts. */
const nextChange = ({ jobs }: Pick<Catalogue, "jobs">, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const watching = new AbortController();
    const done = (): void => {
      watching.abort();
      signal.removeEventListener("abort", done);
      resolve();
    };
    if (signal.aborted) return done();
    signal.addEventListener("abort", done, { once: true });
    jobs.subscribe(done, watching.signal);
    return undefined;
  });

/**
 * Resolves when nothing of the execution is left to do but what a provider's batch has, or when the signal aborts.
 * @returns the last progress
 */
export const watchExecution = async (
  { catalogue, clock }: { readonly catalogue: Catalogue; readonly clock: Clock },
  executionId: string,
  { signal, onProgress = () => undefined }: FollowOptions,
): Promise<ExecutionProgress> => {
  for (;;) {
    const changed = nextChange(catalogue, signal); // from before the look, so that no change is missed
    const startedAt = clock.now();
    const progress = await catalogue.executions.progress(executionId);
    onProgress(progress);
    const restMs = Math.min(MOST_REST_MS, REST_AFTER_LOOK * (clock.now() - startedAt));
    if (signal.aborted || progress.pending === progress.submitted) return progress;
    await changed;
    if (restMs > 0 && !signal.aborted) await clock.sleep(restMs, signal).catch(() => undefined); // the next look tells
  }
};

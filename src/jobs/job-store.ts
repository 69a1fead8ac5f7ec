/**
 * The port of the job queue. A job is one wish to enrich; its states:
 *
 *   enqueue ──▶ available ──claim──▶ running ──complete──▶ completed
 *                   ▲                   │ ──fail──▶ failed
 *                   │                   │ ──third crash──▶ quarantined
 *                   └── retry, snooze, release, rescue
 *   available ──expire──▶ failed or cancelled        available, running ──cancel──▶ cancelled
 *
 * A running job is leased. Its lease reference is the fence: whoever lost the lease changes nothing any more. Times are
 * milliseconds UTC.
 */
import type { JobState, PauseReason } from "../catalogue/enrichment-schema.ts";
import type { Tx } from "../catalogue/transaction.ts";

/** `<job>:<token>` */
export type LeaseRef = `${number}:${number}`;

/** Higher runs first. */
export const PRIORITY = {
  /** Somebody waits for the answer. */
  waiting: 100,
  onePhoto: 50,
  bulk: 20,
  newPhoto: 10,
  backlog: 0,
  noHurry: -10,
} as const;

export interface NewJob {
  readonly kind: string;
  /** Content hash, `album:<id>`, `eml:<hash>` or `req:<ulid>`. */
  readonly scopeId: string;
  /** Kind, or `kind:<qualifier>`. */
  readonly documentType: string;
  /** Name of a chain of targets. */
  readonly route: string;
  /** Keys to look content up by; never content. */
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly userId: number;
  readonly executionId: string;
  readonly priority: number;
  /** Left out = at once. */
  readonly runAt?: number;
  /** Dropped when it was not finished by then; interactive jobs only. */
  readonly expiresAt?: number;
  /** Ask again although there is a result, a failure or a discard. Left out = such a job counts as done. */
  readonly redo?: boolean;
}

/** A target that may serve the jobs of a kind and route. Several of one route are its chain, in order. */
export interface ServedTarget {
  readonly kind: string;
  readonly route: string;
  readonly providerKey: string;
  readonly model: string;
  /** Most jobs running on the provider at a time, over all processes. */
  readonly ceiling: number;
}

export interface ClaimOptions {
  readonly owner: string;
  /** Of kinds with jobs of the same priority the one named first is served. */
  readonly serve: readonly ServedTarget[];
  /** Most jobs to claim; they are all of one kind, route and target. */
  readonly limit: number;
  readonly leaseMs: number;
  /** Only these jobs, by id, whatever circuits and pauses say: somebody asked for them and waits. */
  readonly only?: readonly number[];
  /**
   * True when the worker has nothing else in hand. A job whose worker died before is given to such a worker alone, so
   * that the next death tells which job it was.
   */
  readonly isIdle: boolean;
  /**
   * Jobs of this owner, by provider, whose calls are over and whose results wait to be written: they take no place on
   * the provider any more. Left out = none.
   */
  readonly answered?: ReadonlyMap<string, number>;
  /** Provider whose half-open circuit this owner tests; it gets one job. */
  readonly probe?: { readonly providerKey: string; readonly mayRepeat: boolean };
}

export interface ClaimedJob {
  readonly ref: LeaseRef;
  readonly id: number;
  readonly kind: string;
  readonly scopeId: string;
  readonly documentType: string;
  readonly route: string;
  readonly providerKey: string;
  readonly model: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly userId: number;
  readonly executionId: string;
  readonly priority: number;
  readonly attemptsInvalid: number;
  readonly snoozes: number;
  readonly crashes: number;
  readonly isolated: number;
  readonly firstUnavailableAt: number | undefined;
  readonly lastUnavailableAt: number | undefined;
  readonly createdAt: number;
}

export interface Retry {
  readonly delayMs: number;
  readonly code: string;
  readonly sub?: string | undefined;
  /** As in {@link Snooze}. */
  readonly isolated?: boolean;
}

export interface Snooze {
  readonly until: number;
  readonly code: string;
  readonly sub?: string | undefined;
  /** The provider could not be reached: starts the clock of the long wait. `isolated`: it answered others meanwhile. */
  readonly unavailable?: { readonly isolated: boolean };
}

/** Jobs that are not finished, unless states are named. */
export interface JobFilter {
  readonly ids?: readonly number[];
  readonly kind?: string;
  readonly scopeId?: string;
  readonly executionId?: string;
  readonly states?: readonly JobState[];
}

export interface JobRecord {
  readonly id: number;
  readonly kind: string;
  readonly scopeId: string;
  readonly documentType: string;
  readonly route: string;
  readonly providerKey: string | undefined;
  readonly executionId: string;
  readonly state: JobState;
  readonly priority: number;
  readonly runAt: number;
  readonly attemptsInvalid: number;
  readonly snoozes: number;
  readonly crashes: number;
  readonly isolated: number;
  readonly createdAt: number;
  readonly finishedAt: number | undefined;
  readonly code: string | undefined;
  readonly sub: string | undefined;
}

export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

export interface QueueStats {
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  /** Unfinished jobs. */
  readonly kinds: Readonly<Record<string, { readonly available: number; readonly running: number }>>;
  readonly pauses: readonly { readonly target: string; readonly reason: PauseReason; readonly until: number | null }[];
}

/** What a finished job leaves; written in the transaction that ends the job. */
export type CompletionOutcome =
  /** Written. */
  | "done"
  /** Somebody else has the lease, or nobody: nothing is written. */
  | "lost"
  /** A batch of the provider has it now: somebody ends it later. */
  | "deferred"
  /** The user discarded it meanwhile: the job ends as cancelled. */
  | "discarded";

export interface Completion {
  readonly ref: LeaseRef;
  /** Gets a transaction that already holds the write lock; what it throws undoes this completion alone. */
  readonly write: (tx: Tx) => Promise<CompletionOutcome>;
}

/** Outcome, or what writing it threw. */
export type CompletionResult =
  | { readonly outcome: CompletionOutcome }
  | { readonly outcome: "failed"; readonly error: unknown };

/** Targets of a route, for deciding how long its jobs have been waiting for a provider. */
export interface RouteChain {
  readonly route: string;
  readonly providerKeys: readonly string[];
}

export interface NewEvent {
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Something in the catalogue was committed: by this handle, or by another one. */
export interface JobChange {
  readonly by: "here" | "elsewhere";
}

export interface JobStore {
  /**
   * Adds jobs in the caller's transaction. Asking for what is unfinished only raises its priority.
   * @returns how many are newly live
   */
  readonly enqueue: (tx: Tx, jobs: readonly NewJob[]) => Promise<number>;
  readonly transaction: <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>;
  readonly claim: (options: ClaimOptions) => Promise<readonly ClaimedJob[]>;
  /** Renews leases; the result holds those that were lost. */
  readonly heartbeat: (refs: readonly LeaseRef[], leaseMs: number) => Promise<readonly LeaseRef[]>;
  /** Those that are no longer held, without renewing any. */
  readonly lost: (refs: readonly LeaseRef[]) => Promise<readonly LeaseRef[]>;
  /** Ends jobs, all in one transaction; each has its own savepoint. */
  readonly complete: (completions: readonly Completion[]) => Promise<readonly CompletionResult[]>;
  /** Once more after a delay; counts as an invalid attempt. False here and below = the lease was lost, nothing changed. */
  readonly retry: (ref: LeaseRef, again: Retry) => Promise<boolean>;
  /** Later, without consuming an attempt. */
  readonly snooze: (ref: LeaseRef, snooze: Snooze) => Promise<boolean>;
  /** Back at once, unchanged. */
  readonly release: (ref: LeaseRef) => Promise<boolean>;
  /** Ends a job as failed, with its event. */
  readonly fail: (ref: LeaseRef, end: { code: string; sub?: string | undefined; event: string }) => Promise<boolean>;
  /** Ends a job without an event. `removed`: as if it had never been asked for. */
  readonly drop: (ref: LeaseRef, end: { code: string; leaves: "discarded" | "removed" }) => Promise<boolean>;
  /** Frees jobs of dead owners, which counts as a crash, and of owners that slept, which does not. Returns job ids. */
  readonly rescue: () => Promise<readonly number[]>;
  /** Whether `rescue` would find jobs of a worker that is gone. */
  readonly hasLeft: () => Promise<boolean>;
  /** Ends jobs that waited too long for a provider or an asker. Returns job ids. */
  readonly expire: (limits: { unavailableMs: number; chains: readonly RouteChain[] }) => Promise<readonly number[]>;
  /** Removes records of work that are too old; see catalogue/retention.ts. */
  readonly removeOld: () => Promise<void>;
  /** Returns how many were cancelled. */
  readonly cancel: (filter: JobFilter) => Promise<number>;
  /** `event` is written when the target was not paused for this reason before. Returns whether that was so. */
  readonly pause: (
    target: string,
    pause: { reason: PauseReason; until: number | null; event?: NewEvent },
  ) => Promise<boolean>;
  readonly resume: (target: string) => Promise<void>;
  /** When the next waiting job or lapsing pause is due; undefined = nothing waits for its time. */
  readonly nextDue: () => Promise<number | undefined>;
  /** Whether a job may be taken before then, or now. @param before milliseconds UTC */
  readonly isDue: (before: number) => Promise<boolean>;
  readonly stats: () => Promise<QueueStats>;
  /** In order of id. */
  readonly list: (filter: JobFilter, cursor?: string) => Promise<JobPage>;
  /** Calls the listener after commits, at most five times a second, until the signal aborts. */
  readonly subscribe: (listener: (change: JobChange) => void, signal: AbortSignal) => void;
}

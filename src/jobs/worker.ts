/**
 * The worker loop. Any number of workers may run in any number of processes; they meet in the store alone.
 *
 *   round:  rescue ▶ expire ▶ test providers that are due ▶ claim until the hands are full
 *   job:    handler ▶ result into the buffer, or failure into the policy ▶ next round
 *   beside: heartbeats, and a look at the leases whenever the store changes
 *   end:    no more claims, calls aborted, leases released without counting an attempt
 */
import type { Clock } from "../clock.ts";
import { DAY, MILLISECOND, MINUTE, SECOND } from "../clock.ts";
import { isAbort, PhotonError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { CompletionBuffer } from "./completion-buffer.ts";
import type { PolicySettings } from "./failure-policy.ts";
import { DEFAULT_POLICY } from "./failure-policy.ts";
import type { JobHandlers, ProviderTests } from "./handler.ts";
import type { JobRunner } from "./job-runner.ts";
import { createJobRunner } from "./job-runner.ts";
import type { ClaimedJob, ClaimOptions, JobStore, RouteChain, ServedTarget } from "./job-store.ts";
import type { Prober } from "./prober.ts";
import { createProber } from "./prober.ts";
import type { ProviderStore } from "./provider-store.ts";
import { RunningJobs } from "./running-job.ts";
import { SuccessNotes } from "./success-notes.ts";
import { WakeUp } from "./wake-up.ts";

export const JOB_LEASE_MS = 30 * SECOND;
const JOB_HEARTBEAT_MS = 10 * SECOND;
const HOUSEKEEPING_MS = 5 * SECOND;
const REMOVAL_MS = DAY;
/** Part of all places. */
const WORTH_A_CLAIM = 0.1;
const LEAST_PAUSE_MS = 10 * MILLISECOND;
const NEVER = new AbortController().signal;

export interface WorkerSettings {
  /** Jobs in hand at a time. */
  readonly slots: number;
  /** Jobs of one claim. */
  readonly batchSize: number;
  /** Batches of one commit. */
  readonly batchesPerCommit: number;
  /** Longest call of a provider; a job is stopped when it ran for two of them without beginning a new one. */
  readonly callTimeoutMs: number;
  readonly policy: PolicySettings;
}

export const DEFAULT_WORKER: WorkerSettings = {
  slots: 10,
  batchSize: 5,
  batchesPerCommit: 1,
  callTimeoutMs: MINUTE,
  policy: DEFAULT_POLICY,
};

export interface WorkerDeps {
  readonly owner: string;
  readonly store: JobStore;
  readonly providers: ProviderStore;
  readonly tests: ProviderTests;
  readonly handlers: JobHandlers;
  /** What this worker can call; several targets of one kind and route are a chain, in order. */
  readonly serve: readonly ServedTarget[];
  readonly clock: Clock;
  /** 0 to 1: workers do not all look at the same moment. */
  readonly random: () => number;
  readonly logger: Logger;
}

const isStoreTrouble = (error: unknown): boolean => error instanceof PhotonError && error.retryable;

const chainsOf = (serve: readonly ServedTarget[]): readonly RouteChain[] => {
  const routes = Map.groupBy(serve, ({ route }) => route);
  return [...routes].map(([route, targets]) => ({
    route,
    providerKeys: [...new Set(targets.map(({ providerKey }) => providerKey))],
  }));
};

export class JobWorker {
  readonly #deps: WorkerDeps;
  readonly #settings: WorkerSettings;
  readonly #running = new RunningJobs();
  readonly #notes: SuccessNotes;
  readonly #buffer: CompletionBuffer;
  readonly #runner: JobRunner;
  readonly #prober: Prober;
  readonly #wakeUp: WakeUp;
  /** Everything that is under way. */
  readonly #tasks = new Set<Promise<void>>();
  readonly #testing = new Set<string>();
  readonly #ending = new AbortController();
  #serve: readonly ServedTarget[];
  #housekeepingAt = 0;
  #removalAt = 0;
  #broken: { readonly error: unknown } | undefined;

  constructor(deps: WorkerDeps, settings: WorkerSettings = DEFAULT_WORKER) {
    const { owner, store, providers, tests, handlers, clock, logger } = deps;
    this.#deps = deps;
    this.#settings = settings;
    this.#serve = deps.serve.filter(({ kind }) => Object.hasOwn(handlers, kind));
    this.#wakeUp = new WakeUp(clock);
    this.#notes = new SuccessNotes({ providers, clock, ceilingOf: this.#ceilingOf });
    const size = settings.batchSize * settings.batchesPerCommit;
    this.#buffer = new CompletionBuffer({ store, clock, size, inHand: () => this.#running.size });
    const { policy, callTimeoutMs } = settings;
    const runnerDeps = { store, providers, tests, handlers, clock, logger, policy, callTimeoutMs };
    const parts = { running: this.#running, buffer: this.#buffer, notes: this.#notes, ceilingOf: this.#ceilingOf };
    this.#runner = createJobRunner({ ...runnerDeps, ...parts, onAnswered: () => this.#answered() });
    const claimTest = async (probe: NonNullable<ClaimOptions["probe"]>): Promise<ClaimedJob | undefined> =>
      (await store.claim({ ...this.#claimOptions(1), probe }))[0];
    this.#prober = createProber({ owner, providers, tests, clock, claimTest });
  }

  /** Works until the signal aborts. Rejects when the store is broken; the leases are given back then too. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#whileAlive(signal, async () => {
      while (!signal.aborted) {
        await this.#tryRound(signal);
        if (!signal.aborted) await this.#wakeUp.wait(await this.#pauseMs());
      }
    });
  }

  /** Works off what can be done now: resolves when nothing is in hand and nothing more can be claimed. */
  async runUntilIdle(signal: AbortSignal): Promise<void> {
    await this.#whileAlive(signal, async () => {
      for (;;) {
        await this.#tryRound(signal);
        if (signal.aborted || this.#hasNothing) return;
        await this.#wakeUp.wait(HOUSEKEEPING_MS);
      }
    });
  }

  /**
   * Works until the signal aborts, or until `finish` has aborted and nothing is left: nothing in hand, here or
   * elsewhere, and nothing that is due within `patienceMs`. Jobs whose provider stays away longer are left waiting.
   * When `drain` aborts nothing more is claimed: it resolves when what is in hand has ended.
   */
  async runUntilFinished(
    signal: AbortSignal,
    { finish, drain = NEVER, patienceMs }: { finish: AbortSignal; drain?: AbortSignal | undefined; patienceMs: number },
  ): Promise<void> {
    const wake = (): void => this.#wakeUp.now();
    const claiming = AbortSignal.any([signal, drain]);
    for (const end of [finish, drain]) end.addEventListener("abort", wake, { once: true });
    await this.#whileAlive(signal, async () => {
      try {
        while (!signal.aborted) {
          if (!drain.aborted) await this.#tryRound(claiming);
          else if (this.#hasNothing) return;
          if (signal.aborted || (finish.aborted && (await this.#isFinished(patienceMs)))) return;
          await this.#wakeUp.wait(await this.#pauseMs());
        }
      } finally {
        for (const end of [finish, drain]) end.removeEventListener("abort", wake);
      }
    });
  }

  /** Does these jobs now, for somebody who waits: they end, one way or the other, whatever circuits and pauses say. */
  async runNow(ids: readonly number[], signal: AbortSignal): Promise<void> {
    await this.#whileAlive(signal, async () => {
      const jobs = await this.#deps.store.claim({ ...this.#claimOptions(ids.length), only: ids });
      await Promise.all(jobs.map((job) => this.#runner.run(job, { isExplicit: true })));
    });
  }

  /** Does jobs that somebody leases to this worker's owner; their failures are treated as any. */
  async runClaimed(claim: () => Promise<readonly ClaimedJob[]>, signal: AbortSignal): Promise<void> {
    await this.#whileAlive(signal, async () => {
      const jobs = await claim();
      await Promise.all(jobs.map((job) => this.#runner.run(job, { isExplicit: false })));
    });
  }

  async #whileAlive(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const onAbort = (): void => {
      this.#running.stop(this.#running.refs, "shutdown");
      this.#wakeUp.now();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#deps.store.subscribe(() => this.#changed(), this.#ending.signal);
    this.#track(this.#beat());
    try {
      await work();
    } finally {
      signal.removeEventListener("abort", onAbort);
      await this.#end();
    }
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  async #tryRound(signal: AbortSignal): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken.error;
    try {
      await this.#round(signal);
    } catch (error) {
      if (!isStoreTrouble(error)) throw error;
      this.#deps.logger.warn("The job queue cannot be used now; trying again.", { error: String(error) });
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#deps;
    await store.rescue();
    if (clock.now() >= this.#housekeepingAt) {
      this.#housekeepingAt = clock.now() + HOUSEKEEPING_MS;
      await store.expire({ unavailableMs: this.#settings.policy.unavailableMs, chains: chainsOf(this.#serve) });
    }
    if (clock.now() >= this.#removalAt) {
      this.#removalAt = clock.now() + REMOVAL_MS;
      await store.removeOld();
    }
    for (const target of await this.#prober.due(this.#serve)) {
      if (!this.#testing.has(target.providerKey)) this.#track(this.#test(target));
    }
    while (!signal.aborted && (await this.#claim()));
  }

  /** True when something was claimed, so that there may be more. */
  async #claim(): Promise<boolean> {
    const { slots, batchSize } = this.#settings;
    const limit = Math.min(batchSize, slots - this.#running.unanswered);
    if (limit <= 0 || this.#running.hasSuspect) return false;
    const jobs = await this.#deps.store.claim(this.#claimOptions(limit));
    for (const job of jobs) this.#track(this.#work(job));
    const [first] = jobs;
    if (first !== undefined) this.#turn(first.kind);
    return first !== undefined;
  }

  #claimOptions(limit: number): ClaimOptions {
    const { size, answered } = this.#running;
    return { owner: this.#deps.owner, serve: this.#serve, limit, leaseMs: JOB_LEASE_MS, isIdle: size === 0, answered };
  }

  /** Kinds take turns: the one that was served goes behind the others. */
  #turn(kind: string): void {
    const others = this.#serve.filter((target) => target.kind !== kind);
    this.#serve = [...others, ...this.#serve.filter((target) => target.kind === kind)];
  }

  readonly #ceilingOf = (providerKey: string): number =>
    Math.max(1, ...this.#serve.filter((target) => target.providerKey === providerKey).map(({ ceiling }) => ceiling));

  /** Looks for more when a claim is worth its while, not for every place that comes free among many. */
  #answered(): void {
    const { slots, batchSize } = this.#settings;
    const free = slots - this.#running.unanswered;
    if (free >= Math.min(batchSize, Math.ceil(slots * WORTH_A_CLAIM))) this.#wakeUp.now();
  }

  async #work(job: ClaimedJob): Promise<void> {
    await this.#runner.run(job, { isExplicit: false });
    this.#wakeUp.now();
  }

  async #test(target: ServedTarget): Promise<void> {
    const { providerKey } = target;
    this.#testing.add(providerKey);
    try {
      const job = await this.#prober.test(target, this.#ending.signal);
      if (job !== undefined) {
        const provider = await this.#runner.run(job, { isExplicit: false });
        if (provider === "answered") await this.#notes.flush();
        if (provider === "unknown") await this.#prober.giveBack(providerKey);
      }
    } catch (error) {
      if (!isAbort(error)) throw error;
    } finally {
      this.#testing.delete(providerKey);
      this.#wakeUp.now();
    }
  }

  get #hasNothing(): boolean {
    return this.#running.size === 0 && this.#testing.size === 0;
  }

  async #isFinished(patienceMs: number): Promise<boolean> {
    if (!this.#hasNothing) return false;
    if ((await this.#untilDueMs()) <= patienceMs) return false;
    // Who waits for a free place on a provider waits for the jobs that others have in hand.
    const { kinds } = await this.#deps.store.stats();
    return this.#serve.every(({ kind }) => (kinds[kind]?.running ?? 0) === 0);
  }

  /** Infinite when nothing waits for its time. */
  async #untilDueMs(): Promise<number> {
    const { store, clock } = this.#deps;
    const due = [await store.nextDue(), await this.#prober.nextDue()].filter((at) => at !== undefined);
    return Math.min(Infinity, ...due.map((at) => at - clock.now()));
  }

  /** Until something is due; 5 s at most, a little less for some workers than for others. */
  async #pauseMs(): Promise<number> {
    const most = HOUSEKEEPING_MS * (0.9 + 0.1 * this.#deps.random());
    return Math.max(LEAST_PAUSE_MS, Math.min(most, await this.#untilDueMs()));
  }

  /** The store has changed: perhaps there is work, perhaps a job in hand was cancelled. */
  #changed(): void {
    this.#wakeUp.now();
    this.#track(this.#stopLost());
  }

  async #stopLost(): Promise<void> {
    this.#running.stop(await this.#deps.store.lost(this.#running.refs), "lost");
  }

  async #beat(): Promise<void> {
    const { store, clock } = this.#deps;
    const { signal } = this.#ending;
    for (;;) {
      await clock.sleep(JOB_HEARTBEAT_MS, signal).catch(() => undefined); // the end: seen in the next line
      if (signal.aborted) return;
      this.#running.stopOverdue();
      const { refs } = this.#running;
      // Who cannot renew a lease must expect that another worker has the job.
      const lost = await store.heartbeat(refs, JOB_LEASE_MS).catch(() => refs);
      this.#running.stop(lost, "lost");
    }
  }

  /** What fails here is a broken store: the loop ends with it. */
  #track(task: Promise<void>): void {
    const done = task
      .catch((error: unknown) => {
        if (isStoreTrouble(error)) this.#deps.logger.warn("The job queue could not be used.", { error: String(error) });
        else this.#broken ??= { error };
        this.#wakeUp.now();
      })
      .finally(() => this.#tasks.delete(done));
    this.#tasks.add(done);
  }

  async #end(): Promise<void> {
    this.#ending.abort();
    await this.#buffer.flush();
    this.#running.stop(this.#running.refs, "shutdown");
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    await this.#notes.flush();
  }
}

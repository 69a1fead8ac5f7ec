/**
 * Results on their way into the catalogue. Several are written in one transaction, which costs little more than one:
 * they wait until enough are there, until nothing else is in hand, or for half a second.
 */
import type { Clock } from "../clock.ts";
import { MILLISECOND } from "../clock.ts";
import type { ClaimedJob, CompletionResult, JobStore } from "./job-store.ts";
import type { JobResult } from "./handler.ts";

const FLUSH_AFTER_MS = 500 * MILLISECOND;

export interface FinishedJob {
  readonly job: ClaimedJob;
  readonly result: JobResult;
}

export interface CompletionBufferDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  /** Results of one transaction. */
  readonly size: number;
  /** Jobs in hand, the waiting results among them. */
  readonly inHand: () => number;
}

interface Waiting extends FinishedJob {
  readonly written: (result: CompletionResult) => void;
}

export class CompletionBuffer {
  readonly #deps: CompletionBufferDeps;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #timer: AbortController | undefined;

  constructor(deps: CompletionBufferDeps) {
    this.#deps = deps;
  }

  /** Resolves when the result is written, or known not to be. Never rejects. */
  add(finished: FinishedJob): Promise<CompletionResult> {
    const { promise, resolve } = Promise.withResolvers<CompletionResult>();
    this.#waiting.push({ ...finished, written: resolve });
    this.poke();
    return promise;
  }

  /** To be called when a job ends: perhaps nothing else is coming. */
  poke(): void {
    const { size, inHand, clock } = this.#deps;
    if (this.#waiting.length === 0) return;
    if (this.#waiting.length >= size || this.#waiting.length >= inHand()) void this.flush();
    else if (this.#timer === undefined) {
      this.#timer = new AbortController();
      clock.sleep(FLUSH_AFTER_MS, this.#timer.signal).then(
        () => this.flush(),
        () => undefined, // flushed before its time
      );
    }
  }

  /** Never rejects: each result learns by itself what became of it. */
  flush(): Promise<void> {
    this.#timer?.abort();
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const results = await this.#complete(batch);
    for (const [place, { written }] of batch.entries()) written(results[place] ?? { outcome: "lost" });
  }

  async #complete(batch: readonly FinishedJob[]): Promise<readonly CompletionResult[]> {
    try {
      return await this.#deps.store.complete(batch.map(({ job, result }) => ({ ref: job.ref, write: result.write })));
    } catch (error) {
      return batch.map(() => ({ outcome: "failed", error }));
    }
  }
}

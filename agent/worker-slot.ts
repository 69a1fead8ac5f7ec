/**
 * One worker of the agent, started when there is work and left to end when there is none.
 *
 *   resting ──work──▶ working ──no work for a while──▶ finishing ──ended──▶ resting
 *   working, finishing ──died──▶ backing off ──time is up, work──▶ working
 *   any ──paused──▶ stopping ──ended──▶ resting, until resumed
 */
import type { WorkerEnd, WorkerProcess } from "../src/app/enrichment/worker-process.ts";
import type { Clock } from "../src/clock.ts";
import { MINUTE, SECOND } from "../src/clock.ts";
import type { Logger } from "../src/logger.ts";

const FIRST_BACKOFF_MS = SECOND;
const LONGEST_BACKOFF_MS = MINUTE;
/** A worker that lived for so long has not failed at its start. */
const SETTLED_MS = MINUTE;
/** For handing back what it holds; then it is ended by force. */
const STOP_MS = 4 * SECOND;

export interface WorkerSlotDeps {
  readonly name: string;
  readonly start: (signal: AbortSignal) => WorkerProcess;
  /** A worker that is out of work for so long may end: one that is there needs no second to start. */
  readonly lingerMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WorkerState {
  readonly name: string;
  readonly pid: number | undefined;
  readonly state: "resting" | "working" | "backing-off";
  /** Times it died since it last worked for a minute. */
  readonly failures: number;
}

export class WorkerSlot {
  readonly #deps: WorkerSlotDeps;
  #child: WorkerProcess | undefined;
  #stopping = new AbortController();
  #isFinishing = false;
  #workSeenAt = 0;
  #failures = 0;
  #notBefore = 0;

  constructor(deps: WorkerSlotDeps) {
    this.#deps = deps;
  }

  /** Call again and again. */
  update(hasWork: boolean): void {
    const { clock, lingerMs } = this.#deps;
    if (hasWork) this.#workSeenAt = clock.now();
    if (this.#child === undefined) {
      if (hasWork && clock.now() >= this.#notBefore) this.#start();
    } else if (!this.#isFinishing && clock.now() - this.#workSeenAt > lingerMs) {
      this.#isFinishing = true;
      this.#child.finish().catch(() => undefined); // reported where it ends
    }
  }

  /** Resolves when it has ended: handed back what it holds, or ended by force after four seconds. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#stopping.abort();
    const isOver = new AbortController();
    const force = this.#deps.clock.sleep(STOP_MS, isOver.signal).then(
      () => {
        this.#deps.logger.warn("A worker did not end in time and is ended by force.", { worker: this.#deps.name });
        child.kill();
      },
      () => undefined, // it has ended
    );
    await child.ended.catch(() => undefined); // reported where it ends
    isOver.abort();
    await force;
  }

  state(): WorkerState {
    const { name, clock } = this.#deps;
    const waits = clock.now() < this.#notBefore;
    const state = this.#child !== undefined ? "working" : waits ? "backing-off" : "resting";
    return { name, pid: this.#child?.pid, state, failures: this.#failures };
  }

  #start(): void {
    this.#stopping = new AbortController();
    const child = this.#deps.start(this.#stopping.signal);
    const startedAt = this.#deps.clock.now();
    this.#child = child;
    this.#isFinishing = false;
    this.#deps.logger.debug("A worker was started.", { worker: this.#deps.name, pid: child.pid });
    child.ended.then(
      (end) => this.#onEnd(end, startedAt),
      (error: unknown) => this.#onEnd({ exitCode: null }, startedAt, error),
    );
  }

  #onEnd({ exitCode }: WorkerEnd, startedAt: number, error?: unknown): void {
    const { name, clock, logger } = this.#deps;
    this.#child = undefined;
    if (exitCode === 0 || this.#stopping.signal.aborted) {
      this.#failures = 0;
      return;
    }
    if (clock.now() - startedAt >= SETTLED_MS) this.#failures = 0;
    this.#failures += 1;
    const waitMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1));
    this.#notBefore = clock.now() + waitMs;
    logger.warn("A worker ended unexpectedly and is started again.", {
      worker: name,
      exitCode,
      waitMs,
      ...(error === undefined ? {} : { error: error instanceof Error ? error.message : "unknown" }),
    });
  }
}

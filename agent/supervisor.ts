/**
 * Starts workers when there is work and lets them end when there is none. Photos come before language models; a pause,
 * by people or by rules, stops work and no scan.
 */
import type { Clock } from "../src/clock.ts";
import { MINUTE, SECOND } from "../src/clock.ts";
import { isAbort } from "../src/errors.ts";
import { WakeUp } from "../src/jobs/wake-up.ts";
import type { Logger } from "../src/logger.ts";
import type { WorkerSlot, WorkerState } from "./worker-slot.ts";

/** Changes of the catalogue wake it; pauses begin and end, and files come to rest, without one. */
const LOOK_MS = 2 * SECOND;
const STUCK_MS = 5 * MINUTE;

export interface SupervisorDeps {
  readonly core: WorkerSlot;
  readonly enrichment: WorkerSlot;
  readonly hasCoreWork: () => Promise<boolean>;
  readonly hasEnrichmentWork: () => Promise<boolean>;
  /** Why nothing is to be done now, part of a sentence; undefined = nothing speaks against it. */
  readonly pauseReason: () => Promise<string | undefined>;
  /** The file that is worked on next; undefined when none waits. */
  readonly nextFile: () => Promise<string | undefined>;
  readonly noteStuck: (stuck: { readonly path: string; readonly since: number } | undefined) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SupervisorView {
  readonly paused: string | undefined;
  readonly workers: readonly WorkerState[];
}

export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #wakeUp: WakeUp;
  #paused: string | undefined;
  #progressAt: number;
  #isStuck = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#wakeUp = new WakeUp(deps.clock);
    this.#progressAt = deps.clock.now();
  }

  /** There may be work now. */
  wake(): void {
    this.#wakeUp.now();
  }

  /** A photo was dealt with. */
  noteProgress(): void {
    this.#progressAt = this.#deps.clock.now();
  }

  view(): SupervisorView {
    const { core, enrichment } = this.#deps;
    return { paused: this.#paused, workers: [core.state(), enrichment.state()] };
  }

  /** Resolves when the signal has aborted and the workers have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wakeUp.now();
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted) {
      await this.#round(signal);
      if (!signal.aborted) await this.#wakeUp.wait(LOOK_MS);
    }
    signal.removeEventListener("abort", wake);
    await this.#stopAll();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { core, enrichment, logger, pauseReason, hasCoreWork, hasEnrichmentWork } = this.#deps;
    try {
      this.#notePause(await pauseReason());
      if (this.#paused !== undefined) {
        this.noteProgress();
        await this.#stopAll();
        return;
      }
      const hasWork = await hasCoreWork();
      core.update(hasWork);
      enrichment.update(await hasEnrichmentWork());
      await this.#lookWhetherStuck(hasWork);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      logger.warn("The supervisor could not look for work; trying again.", { error: String(error) });
    }
  }

  #notePause(reason: string | undefined): void {
    if (reason !== this.#paused) {
      const [text, event] =
        reason === undefined ? ["Work goes on.", "agent:resumed"] : ["Work pauses.", "agent:paused"];
      this.#deps.logger.info(text, { event, ...(reason === undefined ? {} : { reason }) });
    }
    this.#paused = reason;
  }

  async #lookWhetherStuck(hasWork: boolean): Promise<void> {
    const { clock, logger, nextFile, noteStuck } = this.#deps;
    const path = hasWork ? await nextFile() : undefined;
    if (path === undefined) this.noteProgress();
    const isStuck = clock.now() - this.#progressAt >= STUCK_MS;
    if (isStuck === this.#isStuck) return;
    this.#isStuck = isStuck;
    await noteStuck(isStuck && path !== undefined ? { path, since: this.#progressAt } : undefined);
    if (isStuck) logger.warn("Nothing has been done for five minutes.", { event: "queue:stuck", path });
  }

  async #stopAll(): Promise<void> {
    const { core, enrichment } = this.#deps;
    await Promise.all([core.stop(), enrichment.stop()]);
  }
}

/**
 * What is decided over all roots: files that have come to rest are given to the workers, and files that were not seen
 * count as missing once nothing is left that may turn out to be one of them. One process does this at a time.
 */
import type { Clock } from "../src/clock.ts";
import { SECOND } from "../src/clock.ts";
import { isAbort } from "../src/errors.ts";
import { WakeUp } from "../src/jobs/wake-up.ts";
import type { Logger } from "../src/logger.ts";

/** Roots of other processes have news that nobody tells. */
const LOOK_MS = 2 * SECOND;
/** A move between two folders is two hints, and the second may be late. */
const MISSING_AFTER_MS = 5 * SECOND;

export interface SettlerDeps {
  /** Looks at files whose time has come. @returns when the next one is due; undefined when none waits */
  readonly settleDue: (signal: AbortSignal) => Promise<number | undefined>;
  /** About files that were not seen for a while. @returns how many */
  readonly decideMissing: () => Promise<number>;
  readonly undecided: () => Promise<number>;
  /** No folder waits for a scan. */
  readonly isQuiet: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Settler {
  readonly #deps: SettlerDeps;
  readonly #wakeUp: WakeUp;
  #nextAt: number | undefined;
  #quietSince: number | undefined;

  constructor(deps: SettlerDeps) {
    this.#deps = deps;
    this.#wakeUp = new WakeUp(deps.clock);
  }

  /** A scan has ended. */
  wake(): void {
    this.#wakeUp.now();
  }

  /** When the next file may have come to rest; undefined when none waits. */
  get nextAt(): number | undefined {
    return this.#nextAt;
  }

  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wakeUp.now();
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted) {
      await this.#round(signal);
      if (!signal.aborted) await this.#wakeUp.wait(this.#pauseMs());
    }
    signal.removeEventListener("abort", wake);
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { logger, settleDue } = this.#deps;
    try {
      this.#nextAt = await settleDue(signal);
      await this.#decide();
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      logger.warn("Files could not be looked at now; trying again.", { error: String(error) });
    }
  }

  async #decide(): Promise<void> {
    const { clock, logger, isQuiet, undecided, decideMissing } = this.#deps;
    const now = clock.now();
    this.#quietSince = isQuiet() ? (this.#quietSince ?? now) : undefined;
    if (this.#quietSince === undefined || now - this.#quietSince < MISSING_AFTER_MS || (await undecided()) === 0)
      return;
    const decided = await decideMissing();
    if (decided > 0) logger.info("Photos are gone.", { event: "photos:missing", files: decided });
  }

  #pauseMs(): number {
    const waitMs = this.#nextAt === undefined ? LOOK_MS : this.#nextAt - this.#deps.clock.now();
    return Math.min(LOOK_MS, Math.max(0, waitMs));
  }
}

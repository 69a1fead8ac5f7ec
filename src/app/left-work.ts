/** Work whose process has died is gone on with by whoever stays: nobody is told of a death, so it is looked for. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { Logger } from "../logger.ts";

const LOOK_MS = SECOND;
/** A worker that can do nothing about them, for want of a provider, is not started again and again. */
const WAKE_MS = 30 * SECOND;

export interface LeftWorkApi {
  /** From now on, until the library closes. A look reads two indexes; only a find writes or starts anything. */
  readonly lookForLeftWork: () => Promise<void>;
}

interface LeftWorkDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resumeProcessJobs: () => Promise<number>;
  readonly wakeEnrichment: () => void;
}

export class LeftWork implements LeftWorkApi, AsyncDisposable {
  readonly #deps: LeftWorkDeps;
  readonly #stop = new AbortController();
  #looking: Promise<void> | undefined;
  #wokenAt = -Infinity;

  constructor(deps: LeftWorkDeps) {
    this.#deps = deps;
  }

  readonly lookForLeftWork = async (): Promise<void> => {
    await this.#deps.catalogue(); // an error of opening is the caller's
    this.#looking ??= this.#look();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#goOn();
      } catch (error) {
        logger.warn("Work of other processes could not be looked for.", { error: String(error) });
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined); // ends with the next line
    }
  }

  async #goOn(): Promise<void> {
    const { clock, resumeProcessJobs, wakeEnrichment } = this.#deps;
    const { jobs } = await this.#deps.catalogue();
    await resumeProcessJobs();
    if (clock.now() - this.#wokenAt < WAKE_MS || !(await jobs.hasLeft())) return;
    this.#wokenAt = clock.now();
    wakeEnrichment();
  }
}

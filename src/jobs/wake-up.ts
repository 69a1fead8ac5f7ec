/** A pause that ends early when there is something to do; what happens in the same moment is one thing to do. */
import { setImmediate as restOfThisTurn } from "node:timers/promises";
import type { Clock } from "../clock.ts";

export class WakeUp {
  readonly #clock: Clock;
  #isCalled = false;
  #sleep: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause, or the next one when none is going on. */
  now(): void {
    this.#isCalled = true;
    this.#sleep?.abort();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isCalled) {
      this.#sleep = new AbortController();
      await this.#clock.sleep(ms, this.#sleep.signal).catch(() => undefined); // woken early
      this.#sleep = undefined;
    }
    await restOfThisTurn();
    this.#isCalled = false;
  }
}

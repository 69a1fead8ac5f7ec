/** Keeps the intake from running further ahead of the oldest unreported source than a window. */
export class OrderGate {
  readonly #window: number | undefined;
  /** Every index below has been reported. */
  #reportedBelow = 0;
  readonly #reportedAbove = new Set<number>();
  #moved: () => void = () => undefined;

  constructor(window: number | undefined) {
    this.#window = window;
  }

  /** Sources to take at once, so that one batch never spans more than half of the window. */
  batchLimit(most: number): number {
    return this.#window === undefined ? most : Math.max(1, Math.min(most, Math.floor(this.#window / 2)));
  }

  report(index: number): void {
    if (this.#window === undefined) return;
    this.#reportedAbove.add(index);
    while (this.#reportedAbove.delete(this.#reportedBelow)) this.#reportedBelow += 1;
    this.#moved();
  }

  /** Waits until `index` is inside the window; `meanwhile` runs each time round, for sources that wait elsewhere. */
  async admit(index: number, meanwhile: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const window = this.#window;
    if (window === undefined) return;
    while (index - this.#reportedBelow >= window && !signal.aborted) {
      await meanwhile();
      await this.#nextMove(signal);
    }
  }

  /** The next report, an abort, or a short while: sources held by other processes must be asked for again. */
  #nextMove(signal: AbortSignal): Promise<void> {
    const POLL_MS = 250;
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, POLL_MS);
      signal.addEventListener("abort", finish, { once: true });
      this.#moved = finish;
    });
  }
}

/** Who may work now: up to `slots` photos at once, or one photo alone. */
export class Occupancy {
  readonly #slots: number;
  #used = 0;
  #waiting: (() => void)[] = [];
  #lastAlone: Promise<void> = Promise.resolve();
  #inside = 0;
  #insideChanged: () => void = () => undefined;

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Runs `work` beside others; waits while somebody is alone. */
  async together<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#lastAlone;
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      this.#insideChanged();
    }
  }

  /** Waits until nobody works, then runs `work` with nobody else. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const previous = this.#lastAlone;
    let leave = (): void => undefined;
    this.#lastAlone = new Promise((resolve) => {
      leave = resolve;
    });
    try {
      await previous;
      while (this.#inside > 0) {
        await new Promise<void>((resolve) => {
          this.#insideChanged = resolve;
        });
      }
      return await work();
    } finally {
      leave();
    }
  }

  /** Holds one of the slots (decoding) while `work` runs. */
  async inSlot<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#used >= this.#slots) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#used += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#used -= 1;
      else next(); // the slot goes straight to the next one
    }
  }
}

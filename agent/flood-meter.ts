/**
 * Tells when so many events came at once that the system may have dropped some, which it does without a word: its queue
 * holds 16,384 of them on Linux.
 */
import { SECOND } from "../src/clock.ts";

const WINDOW_MS = 2 * SECOND;
const MOST_EVENTS = 4096;
/** Events are counted by parts of the window, so that few numbers are kept. */
const PART_MS = WINDOW_MS / 10;

interface Part {
  readonly startsAt: number;
  events: number;
}

export class FloodMeter {
  #parts: Part[] = [];
  #lastAt = 0;
  #isFlooded = false;

  note(now: number): void {
    this.#lastAt = now;
    const newest = this.#parts.at(-1);
    if (newest !== undefined && now < newest.startsAt + PART_MS) newest.events += 1;
    else this.#begin(now);
    if (this.#parts.reduce((sum, { events }) => sum + events, 0) > MOST_EVENTS) this.#isFlooded = true;
  }

  /** When things will have been quiet for long enough to look at everything; undefined when nothing was lost. */
  quietAt(): number | undefined {
    return this.#isFlooded ? this.#lastAt + WINDOW_MS : undefined;
  }

  /** Everything was looked at. */
  clear(): void {
    this.#isFlooded = false;
    this.#parts = [];
  }

  #begin(now: number): void {
    this.#parts = this.#parts.filter(({ startsAt }) => startsAt > now - WINDOW_MS);
    this.#parts.push({ startsAt: now, events: 1 });
  }
}

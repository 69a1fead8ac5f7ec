/**
 * Notices that the machine slept or its clock was set: a tick that comes much too late, or the two clocks of the system
 * telling different times. Events of a sleeping machine are lost.
 */
import { SECOND } from "../src/clock.ts";

export const TICK_MS = 5 * SECOND;
const LATE_MS = 30 * SECOND;

export interface TickTimes {
  /** Milliseconds since the epoch. */
  readonly wall: number;
  /** Milliseconds of a clock that nobody sets; it stands still in sleep on some systems. */
  readonly steady: number;
}

export class WakeWatch {
  #last: TickTimes;

  constructor(start: TickTimes) {
    this.#last = start;
  }

  /** Call every {@link TICK_MS}. True when time has jumped since the last call. */
  tick(now: TickTimes): boolean {
    const [wall, steady] = [now.wall - this.#last.wall, now.steady - this.#last.steady];
    this.#last = now;
    return Math.max(wall, steady) > TICK_MS + LATE_MS || Math.abs(wall - steady) > LATE_MS;
  }
}

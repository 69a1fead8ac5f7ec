/** Time that passes only when a test says so. */
import type { Clock } from "../../src/clock.ts";

export interface ManualClock extends Clock {
  readonly advance: (ms: number) => void;
}

export const createManualClock = (startMs = 1_700_000_000_000): ManualClock => {
  let now = startMs;
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ until: now + ms, wake: resolve })),
    advance: (ms) => {
      now += ms;
      const due = sleepers.filter(({ until }) => until <= now);
      sleepers = sleepers.filter(({ until }) => until > now);
      for (const { wake } of due) wake();
    },
  };
};

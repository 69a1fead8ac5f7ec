/** Time that passes only when a test says so. */
import type { Clock } from "../../src/clock.ts";

export interface ManualClock extends Clock {
  readonly advance: (ms: number) => void;
  /** When the first of those who sleep wants to be woken; undefined = nobody sleeps. */
  readonly nextWake: () => number | undefined;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export const createManualClock = (startMs = 1_700_000_000_000): ManualClock => {
  let now = startMs;
  let sleepers: Sleeper[] = [];
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        sleepers = sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error); // the reason is whatever the aborter gave, an Error by convention
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { until: now + ms, wake };
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      sleepers.push(sleeper);
      return undefined;
    });
  return {
    now: () => now,
    sleep,
    nextWake: () => (sleepers.length === 0 ? undefined : Math.min(...sleepers.map(({ until }) => until))),
    advance: (ms) => {
      now += ms;
      const due = sleepers.filter(({ until }) => until <= now);
      sleepers = sleepers.filter(({ until }) => until > now);
      for (const { wake } of due) wake();
    },
  };
};

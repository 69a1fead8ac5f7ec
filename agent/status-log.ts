/** A line of the log, now and then, that tells how everything is: for people who look at the log of a service later. */
import type { Clock } from "../src/clock.ts";
import { MINUTE } from "../src/clock.ts";
import type { Logger } from "../src/logger.ts";

const EVERY_MS = 10 * MINUTE;

export interface StatusLogDeps {
  /** Fields of the line. */
  readonly read: () => Promise<Readonly<Record<string, unknown>>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Resolves when the signal aborts. */
export const logStatus = async ({ read, clock, logger }: StatusLogDeps, signal: AbortSignal): Promise<void> => {
  for (;;) {
    await clock.sleep(EVERY_MS, signal).catch(() => undefined); // the end: seen in the condition
    if (signal.aborted) return;
    try {
      logger.info("Status.", await read());
    } catch (error) {
      logger.warn("The status could not be read now.", { error: String(error) });
    }
  }
};

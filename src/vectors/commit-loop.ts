/**
 * Commits in the background. States: waiting (for a full batch, the flush time or the end), committing, backing off
 * after a failure, ended. Disposing of it commits what is left and rejects when that fails.
 */
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { isAbort } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { CommitResult } from "./committer.ts";

const MAX_BACKOFF_MS = 30 * SECOND;

export interface CommitLoop extends AsyncDisposable {
  /** Photos were marked: look now whether a batch is full. Without it marks are noticed after `flushMs`. */
  notify(): void;
}

export interface CommitLoopOptions {
  readonly commitPending: () => Promise<CommitResult>;
  readonly countMarks: () => Promise<number>;
  readonly clock: Clock;
  readonly batchSize: number;
  readonly flushMs: number;
  readonly logger: Logger;
}

/** A sleep that `wake` ends early. */
const createAlarm = (clock: Clock) => {
  let controller = new AbortController();
  return {
    wake: (): void => controller.abort(),
    sleep: async (ms: number): Promise<void> => {
      try {
        await clock.sleep(ms, controller.signal);
      } catch (error) {
        if (!isAbort(error)) throw error;
        controller = new AbortController();
      }
    },
  };
};

export const startCommitLoop = (options: CommitLoopOptions): CommitLoop => {
  const { commitPending, countMarks, clock, batchSize, flushMs, logger } = options;
  const alarm = createAlarm(clock);
  let isEnding = false;
  let failures = 0;

  const waitForBatch = async (): Promise<void> => {
    const deadline = clock.now() + flushMs;
    while (!isEnding && clock.now() < deadline && (await countMarks()) < batchSize) {
      await alarm.sleep(deadline - clock.now());
    }
  };

  const backOff = async (error: unknown): Promise<void> => {
    failures += 1;
    const waitMs = Math.min(MAX_BACKOFF_MS, flushMs * 2 ** failures);
    logger.warn("The vector index could not be written; the photos stay marked.", { error: String(error), waitMs });
    const until = clock.now() + waitMs;
    while (!isEnding && clock.now() < until) await alarm.sleep(until - clock.now());
  };

  const run = async (): Promise<void> => {
    while (!isEnding) {
      try {
        await waitForBatch();
        if ((await countMarks()) > 0) await commitPending();
        failures = 0;
      } catch (error) {
        await backOff(error);
      }
    }
  };

  const running = run();
  return {
    notify: alarm.wake,
    [Symbol.asyncDispose]: async () => {
      isEnding = true;
      alarm.wake();
      await running;
      await commitPending();
    },
  };
};

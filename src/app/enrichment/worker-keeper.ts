/**
 * The worker of one run: started when there is something to do, started anew when it dies. A job that kills its worker
 * again and again is set aside by the queue; a worker that cannot even start is not.
 */
import type { Logger } from "../../logger.ts";
import type { WorkerEnd, WorkerProcess } from "./worker-process.ts";

/** The queue sets a job aside at its third crash; several may do so in one run. */
const MOST_STARTS = 12;

export interface WorkerKeeperDeps {
  readonly startWorker: (signal: AbortSignal) => WorkerProcess;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface WorkerKeeper extends AsyncDisposable {
  /** There is something to do. */
  readonly wake: () => void;
  /** No more jobs will come. Resolves when nothing is left that can be done soon. */
  readonly finish: () => Promise<void>;
}

const hasDied = ({ exitCode }: WorkerEnd): boolean => exitCode !== 0;

export const createWorkerKeeper = ({ startWorker, logger, signal }: WorkerKeeperDeps): WorkerKeeper => {
  let worker: WorkerProcess | undefined;
  let running: Promise<void> | undefined;
  let isFinishing = false;
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);

  const runOnce = async (): Promise<WorkerEnd> => {
    await using started = startWorker(ending);
    worker = started;
    if (isFinishing) void started.finish().catch(() => undefined); // told by `ended`
    try {
      return await started.ended;
    } finally {
      worker = undefined;
    }
  };

  const keepRunning = async (): Promise<void> => {
    for (let start = 1; start <= MOST_STARTS; start += 1) {
      const end = await runOnce();
      if (ending.aborted || !hasDied(end)) return;
      logger.debug("the enrichment worker ended unexpectedly", { exitCode: end.exitCode });
    }
    logger.warn("The enrichment worker keeps ending unexpectedly; enrichment goes on with the next run.");
  };

  const wake = (): void => {
    if (ending.aborted) return;
    running ??= keepRunning();
  };

  return {
    wake,
    finish: async () => {
      isFinishing = true;
      if (worker !== undefined) void worker.finish().catch(() => undefined); // as above
      await running;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running?.catch(() => undefined); // reported to whoever awaits `finish`
    },
  };
};

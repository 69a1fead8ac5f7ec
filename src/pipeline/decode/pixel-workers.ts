/** A few reused worker threads for the decoders that run in JavaScript and WebAssembly. */
import { Worker } from "node:worker_threads";
import { SECOND } from "../../clock.ts";
import type { RgbaImage } from "./bmp.ts";
import type { DeadlineOptions } from "./deadline.ts";
import { createSlots, withDeadline } from "./deadline.ts";
import type { PixelJob, PixelReply } from "./pixel-worker.ts";

export interface PixelWorkers {
  /**
   * Waits for a free worker; the time limit counts from then on. A worker that is stopped, dies or fails is replaced.
   * Rejects with a plain Error when the picture is damaged.
   */
  readonly decode: (job: PixelJob, options: DeadlineOptions) => Promise<RgbaImage>;
}

export interface PixelWorkersOptions {
  /** Worker threads at most; none is started before it is needed. */
  readonly size: number;
  /** A worker without work ends after this time, which frees the memory its largest photo took. */
  readonly idleMs: number;
}

const MODULE = import.meta.url.endsWith(".ts") ? "./pixel-worker.ts" : "./pixel-worker.js";

interface RunningWorker {
  /** One job at a time. */
  readonly exchange: (job: PixelJob) => Promise<PixelReply>;
  /** Whether waiting for this worker keeps the process alive. */
  readonly keepAlive: (isNeeded: boolean) => void;
  readonly terminate: () => Promise<unknown>;
}

/**
 * Its output goes nowhere: stdout belongs to records. (Reading those streams, even to drop them, would keep the process
 * alive.) Flags of the main process are not for it.
 */
const startWorker = (onExit: () => void): RunningWorker => {
  const worker = new Worker(new URL(MODULE, import.meta.url), { stdout: true, stderr: true, execArgv: [] });
  let waiting: PromiseWithResolvers<PixelReply> | undefined;
  worker.on("message", (reply: PixelReply) => waiting?.resolve(reply));
  worker.on("error", (error) => waiting?.reject(error));
  worker.on("exit", () => {
    waiting?.reject(new Error("the decoder ended unexpectedly"));
    onExit();
  });
  return {
    exchange: (job) => {
      waiting = Promise.withResolvers();
      const bytes = new Uint8Array(job.bytes); // a copy: it is moved to the worker
      worker.postMessage({ ...job, bytes } satisfies PixelJob, [bytes.buffer]);
      return waiting.promise;
    },
    keepAlive: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
    terminate: () => worker.terminate(),
  };
};

export const createPixelWorkers = ({ size, idleMs }: PixelWorkersOptions): PixelWorkers => {
  const slots = createSlots(size);
  const idle = new Map<RunningWorker, NodeJS.Timeout>();

  const take = (): RunningWorker => {
    const parked = [...idle].at(-1);
    if (parked === undefined) {
      const started: RunningWorker = startWorker(() => idle.delete(started));
      return started;
    }
    const [worker, timer] = parked;
    clearTimeout(timer);
    idle.delete(worker);
    worker.keepAlive(true);
    return worker;
  };
  const park = (worker: RunningWorker): void => {
    worker.keepAlive(false);
    idle.set(worker, setTimeout(() => void worker.terminate(), idleMs).unref());
  };

  return {
    decode: async (job, options) => {
      const release = await slots.acquire(options.signal);
      const worker = take();
      let isHealthy = false;
      try {
        const reply = await withDeadline(worker.exchange(job), options);
        if ("problem" in reply) throw new Error(reply.problem);
        isHealthy = true;
        return reply.image;
      } finally {
        if (isHealthy) park(worker);
        else await worker.terminate();
        release();
      }
    },
  };
};

const PARALLEL_WORKERS = 2;
const IDLE_MS = 30 * SECOND;

/** Shared by all decodes of the process; starts nothing by itself. */
export const pixelWorkers = createPixelWorkers({ size: PARALLEL_WORKERS, idleMs: IDLE_MS });

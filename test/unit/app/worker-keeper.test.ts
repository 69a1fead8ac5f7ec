import { expect, test } from "vitest";
import type { WorkerKeeper } from "../../../src/app/enrichment/worker-keeper.ts";
import { createWorkerKeeper } from "../../../src/app/enrichment/worker-keeper.ts";
import type { WorkerEnd, WorkerProcess } from "../../../src/app/enrichment/worker-process.ts";
import { silentLogger } from "../../../src/logger.ts";

interface FakeWorker {
  readonly end: (exitCode: number | null) => void;
  readonly isFinishing: () => boolean;
}

/** Workers that live until the test, or the abort of their signal, ends them. */
const createWorkers = (signal = new AbortController().signal) => {
  const started: FakeWorker[] = [];
  const warnings: string[] = [];
  const startWorker = (ending: AbortSignal): WorkerProcess => {
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    let isFinishing = false;
    ending.addEventListener("abort", () => resolve({ exitCode: 0 }));
    started.push({ end: (exitCode) => resolve({ exitCode }), isFinishing: () => isFinishing });
    return {
      pid: undefined,
      kill: () => undefined,
      ended: promise,
      finish: () => {
        isFinishing = true;
        return promise;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const keeper: WorkerKeeper = createWorkerKeeper({ startWorker, logger, signal });
  return { keeper, started, warnings };
};

const settle = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

test("a worker is started when there is something to do, and only one", async () => {
  const { keeper, started } = createWorkers();
  expect(started).toHaveLength(0);
  keeper.wake();
  keeper.wake();
  await settle();
  expect(started).toHaveLength(1);
  await keeper[Symbol.asyncDispose]();
});

test("without work there is nothing to wait for", async () => {
  const { keeper, started } = createWorkers();
  await keeper.finish();
  expect(started).toHaveLength(0);
});

test("finishing is told to the worker, and its end is waited for", async () => {
  const { keeper, started } = createWorkers();
  keeper.wake();
  await settle();
  let isFinished = false;
  const finished = keeper.finish().then(() => (isFinished = true));
  await settle();
  expect([started[0]?.isFinishing(), isFinished]).toEqual([true, false]);
  started[0]?.end(0);
  await finished;
  expect(started).toHaveLength(1);
});

test("one that dies is replaced, and the new one knows that no more jobs come", async () => {
  const { keeper, started } = createWorkers();
  keeper.wake();
  await settle();
  const finished = keeper.finish();
  started[0]?.end(null);
  await settle();
  expect(started).toHaveLength(2);
  expect(started[1]?.isFinishing()).toBe(true);
  started[1]?.end(0);
  await finished;
});

test("one that always dies is given up with a warning", async () => {
  const { keeper, started, warnings } = createWorkers();
  keeper.wake();
  for (let round = 0; round < 50; round += 1) {
    await settle();
    started.at(-1)?.end(1);
  }
  await keeper.finish();
  expect(started.length).toBeLessThan(20);
  expect(warnings).toEqual([expect.stringContaining("keeps ending unexpectedly")]);
});

test("an abort ends the worker and starts no other", async () => {
  const stop = new AbortController();
  const { keeper, started } = createWorkers(stop.signal);
  keeper.wake();
  await settle();
  stop.abort();
  await keeper.finish();
  keeper.wake();
  await settle();
  expect(started).toHaveLength(1);
});

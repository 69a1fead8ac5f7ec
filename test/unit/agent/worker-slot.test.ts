import { expect, test } from "vitest";
import { WorkerSlot } from "../../../agent/worker-slot.ts";
import type { WorkerEnd, WorkerProcess } from "../../../src/app/enrichment/worker-process.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const LINGER_MS = 60_000;

interface StartedWorker {
  readonly orders: string[];
  readonly end: (exitCode: number | null) => Promise<void>;
}

const settle = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

const createSlot = () => {
  const clock = createManualClock();
  const started: StartedWorker[] = [];
  const warnings: string[] = [];
  const start = (signal: AbortSignal): WorkerProcess => {
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    const orders: string[] = [];
    const end = async (exitCode: number | null): Promise<void> => {
      resolve({ exitCode });
      await settle();
    };
    started.push({ orders, end });
    signal.addEventListener("abort", () => orders.push("stop"));
    return {
      pid: started.length,
      kill: () => void orders.push("kill"),
      finish: () => {
        orders.push("finish");
        return promise;
      },
      ended: promise,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const slot = new WorkerSlot({ name: "core", start, lingerMs: LINGER_MS, clock, logger });
  return { slot, clock, started, warnings };
};

test("a worker is started when there is work, and only one", () => {
  const { slot, started } = createSlot();
  slot.update(false);
  expect(started).toHaveLength(0);
  slot.update(true);
  slot.update(true);
  expect(started).toHaveLength(1);
  expect(slot.state()).toMatchObject({ state: "working", pid: 1 });
});

test("it stays for a minute after the last work, is then told to finish, and is started again for the next", async () => {
  const { slot, clock, started } = createSlot();
  slot.update(true);
  clock.advance(LINGER_MS);
  slot.update(false);
  expect(started[0]?.orders).toEqual([]);
  clock.advance(1);
  slot.update(false);
  slot.update(false);
  expect(started[0]?.orders).toEqual(["finish"]);
  await started[0]?.end(0);
  expect(slot.state().state).toBe("resting");
  slot.update(true);
  expect(started).toHaveLength(2);
});

test("one that dies is started again, later each time", async () => {
  const { slot, clock, started, warnings } = createSlot();
  for (const waitMs of [1000, 2000, 4000]) {
    slot.update(true);
    await started.at(-1)?.end(null);
    clock.advance(waitMs - 1);
    slot.update(true);
    expect(slot.state().state).toBe("backing-off");
    clock.advance(1);
  }
  expect(started).toHaveLength(3);
  expect(warnings).toHaveLength(3);
  for (let death = 0; death < 10; death += 1) {
    slot.update(true);
    await started.at(-1)?.end(1);
    clock.advance(60_000);
  }
  expect(started).toHaveLength(13);
});

test("a death after a minute of work is the first again", async () => {
  const { slot, clock, started } = createSlot();
  slot.update(true);
  await started[0]?.end(1);
  clock.advance(1000);
  slot.update(true);
  clock.advance(60_000);
  slot.update(true);
  await started[1]?.end(1);
  expect(slot.state().failures).toBe(1);
});

test("a stop waits for the end and is no failure", async () => {
  const { slot, started, warnings } = createSlot();
  slot.update(true);
  let isOver = false;
  const stopped = slot.stop().then(() => (isOver = true));
  await settle();
  expect([started[0]?.orders, isOver]).toEqual([["stop"], false]);
  await started[0]?.end(143);
  await stopped;
  expect(warnings).toEqual([]);
  expect(slot.state()).toMatchObject({ state: "resting", failures: 0 });
});

test("one that does not end is ended by force", async () => {
  const { slot, clock, started } = createSlot();
  slot.update(true);
  const stopped = slot.stop();
  clock.advance(4000);
  await settle();
  expect(started[0]?.orders).toEqual(["stop", "kill"]);
  await started[0]?.end(null);
  await stopped;
});

import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { BusyError } from "../../../src/errors.ts";
import { createRunCall } from "../../../tools/run-call.ts";

const never = new AbortController().signal;
const LONG_MS = 60_000;

/** Work that ends when it is told to. */
const openWork = () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let isRunning = false;
  return {
    work: () => {
      isRunning = true;
      return promise;
    },
    finish: () => resolve("done"),
    isRunning: () => isRunning,
  };
};

const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise<false>((resolve) => setImmediate(() => resolve(false))),
  ]);

test("as many calls run as may, the next ones wait in their order, and one too many is refused", async () => {
  const runCall = createRunCall({ running: 2, waiting: 2 });
  const works = Array.from({ length: 4 }, openWork);
  const calls = works.map(({ work }) => runCall({ name: "t", limitMs: LONG_MS, signal: never, work }));
  await settled(Promise.resolve());
  expect(works.map(({ isRunning }) => isRunning())).toEqual([true, true, false, false]);
  const refused = runCall({ name: "t", limitMs: LONG_MS, signal: never, work: async () => "no" });
  await expect(refused).rejects.toMatchObject({ code: "busy", retryable: true });
  works[1]?.finish();
  await calls[1];
  await settled(Promise.resolve());
  expect(works.map(({ isRunning }) => isRunning())).toEqual([true, true, true, false]);
  for (const { finish } of works) finish();
  expect(await Promise.all(calls)).toEqual(["done", "done", "done", "done"]);
  expect(await runCall({ name: "t", limitMs: LONG_MS, signal: never, work: async () => "again" })).toBe("again");
});

test("a caller that goes away while it waits leaves its place, and its work is never begun", async () => {
  const runCall = createRunCall({ running: 1, waiting: 2 });
  const [first, second, third] = [openWork(), openWork(), openWork()];
  const stop = new AbortController();
  const call = (work: () => Promise<string>, signal = never) => runCall({ name: "t", limitMs: LONG_MS, signal, work });
  const calls = [call(first.work), call(second.work, stop.signal), call(third.work)];
  stop.abort(new Error("gone"));
  await expect(calls[1]).rejects.toThrow("gone");
  first.finish();
  third.finish();
  expect(await calls[0]).toBe("done");
  expect(await calls[2]).toBe("done");
  expect(second.isRunning()).toBe(false);
});

test("a call past its limit is answered at once, and its turn is given back when the work has really ended", async () => {
  const runCall = createRunCall({ running: 1, waiting: 1 });
  const stubborn = openWork();
  let told: unknown;
  const late = runCall({
    name: "slow_tool",
    limitMs: 20,
    signal: never,
    work: (signal) => {
      signal.addEventListener("abort", () => (told = signal.reason));
      return stubborn.work();
    },
  });
  await expect(late).rejects.toThrow("slow_tool took longer than 0.02 s and was stopped.");
  expect(told).toBeInstanceOf(BusyError);
  const next = openWork();
  const waiting = runCall({ name: "t", limitMs: LONG_MS, signal: never, work: next.work });
  await settled(waiting);
  expect(next.isRunning()).toBe(false);
  stubborn.finish();
  next.finish();
  expect(await waiting).toBe("done");
});

test("an abort of the caller reaches the work, and work that fails gives its turn back", async () => {
  const runCall = createRunCall({ running: 1, waiting: 0 });
  const stop = new AbortController();
  const call = runCall({
    name: "t",
    limitMs: LONG_MS,
    signal: stop.signal,
    work: (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
      }),
  });
  await settled(call);
  stop.abort();
  await expect(call).rejects.toThrow("stopped");
  expect(await runCall({ name: "t", limitMs: LONG_MS, signal: never, work: async () => "free" })).toBe("free");
});

test.each(["before it is asked", "in the moment in which it is asked"])(
  "work is not begun for a caller who left %s",
  async (when) => {
    const runCall = createRunCall({ running: 1, waiting: 0 });
    const stop = new AbortController();
    const { work, isRunning } = openWork();
    if (when === "before it is asked") stop.abort();
    const call = runCall({ name: "t", limitMs: LONG_MS, signal: stop.signal, work });
    stop.abort();
    await expect(call).rejects.toThrow();
    expect(isRunning()).toBe(false);
    expect(await runCall({ name: "t", limitMs: LONG_MS, signal: never, work: async () => "free" })).toBe("free");
  },
);

test("nothing is left on a signal that outlives its calls", async () => {
  const runCall = createRunCall({ running: 1 });
  const stop = new AbortController();
  const calls = Array.from({ length: 50 }, () =>
    runCall({ name: "t", limitMs: LONG_MS, signal: stop.signal, work: async () => "done" }),
  );
  await Promise.all(calls);
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});

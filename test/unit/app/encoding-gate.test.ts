import { expect, test } from "vitest";
import { createEncodingGate } from "../../../src/app/enrichment/encoding-gate.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { settled } from "../../support/job-library.ts";

const neverAborted = (): AbortSignal => new AbortController().signal;

/** Work that ends when the test says so. */
const heldWork = () => {
  const held: PromiseWithResolvers<void>[] = [];
  let most = 0;
  let inside = 0;
  return {
    most: () => most,
    inside: () => inside,
    endOne: () => held.shift()?.resolve(),
    run: async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      const end = Promise.withResolvers<void>();
      held.push(end);
      await end.promise;
      inside -= 1;
    },
  };
};

test.each([
  { isWorking: true, places: 4, most: 1 },
  { isWorking: false, places: 3, most: 3 },
])("while photos are processed: $isWorking, $most pictures at a time", async ({ isWorking, places, most }) => {
  const gate = createEncodingGate({
    isCoreWorking: () => Promise.resolve(isWorking),
    clock: createManualClock(),
    places,
  });
  const work = heldWork();

  const all = Array.from({ length: 8 }, () => gate.pass(work.run, neverAborted()));
  for (let ended = 0; ended < 8; ended += 1) {
    await settled();
    expect(work.inside()).toBe(Math.min(most, 8 - ended));
    work.endOne();
  }
  await Promise.all(all);

  expect(work.most()).toBe(most);
});

test("who waits in line and is told to stop leaves it; a failure frees the place", async () => {
  const gate = createEncodingGate({
    isCoreWorking: () => Promise.resolve(true),
    clock: createManualClock(),
    places: 1,
  });
  const work = heldWork();
  const first = gate.pass(work.run, neverAborted());
  await settled();
  const stop = new AbortController();
  const waiting = gate.pass(work.run, stop.signal);
  await settled();

  stop.abort(new Error("stopped"));

  await expect(waiting).rejects.toThrow("stopped");
  work.endOne();
  await first;
  await expect(gate.pass(() => Promise.reject(new Error("damaged")), neverAborted())).rejects.toThrow("damaged");
  await expect(gate.pass(() => Promise.resolve("next"), neverAborted())).resolves.toBe("next");
});

test("the core is asked now and then, not for every picture that waits", async () => {
  let asked = 0;
  let isWorking = true;
  const isCoreWorking = (): Promise<boolean> => {
    asked += 1;
    return Promise.resolve(isWorking);
  };
  const clock = createManualClock();
  const gate = createEncodingGate({ isCoreWorking, clock, places: 2 });
  const work = heldWork();

  const all = Array.from({ length: 50 }, () => gate.pass(work.run, neverAborted()));
  for (let ended = 0; ended < 25; ended += 1) {
    await settled();
    work.endOne();
  }
  expect(asked).toBe(1);
  expect(work.most()).toBe(1);

  isWorking = false;
  clock.advance(1000);
  for (let ended = 25; ended < 50; ended += 1) {
    await settled();
    work.endOne();
  }
  await Promise.all(all);
  expect(work.most()).toBe(2);
});

test("a catalogue that cannot be asked fails those who wait, and nobody after them", async () => {
  let isBroken = true;
  const isCoreWorking = (): Promise<boolean> =>
    isBroken ? Promise.reject(new Error("locked")) : Promise.resolve(false);
  const gate = createEncodingGate({ isCoreWorking, clock: createManualClock(), places: 2 });
  const work = heldWork();
  const first = gate.pass(work.run, neverAborted());

  await expect(gate.pass(work.run, neverAborted())).rejects.toThrow("locked");

  isBroken = false;
  const second = gate.pass(work.run, neverAborted());
  await settled();
  expect(work.inside()).toBe(2);
  work.endOne();
  work.endOne();
  await Promise.all([first, second]);
});

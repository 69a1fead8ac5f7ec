import { expect, test } from "vitest";
import { Settler } from "../../../agent/settler.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const createSettler = () => {
  const clock = createManualClock(0);
  const facts = {
    isQuiet: true,
    undecided: 0,
    nextAt: undefined as number | undefined,
    failure: undefined as Error | undefined,
  };
  const rounds: number[] = [];
  const decided: number[] = [];
  const settler = new Settler({
    settleDue: () => {
      rounds.push(clock.now());
      if (facts.failure !== undefined) throw facts.failure;
      return Promise.resolve(facts.nextAt);
    },
    decideMissing: () => {
      decided.push(clock.now());
      facts.undecided = 0;
      return Promise.resolve(1);
    },
    undecided: () => Promise.resolve(facts.undecided),
    isQuiet: () => facts.isQuiet,
    clock,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = settler.run(stop.signal);
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { settler, facts, rounds, decided, pass, stop: () => (stop.abort(), running) };
};

test("files are looked at when they are due, not before", async () => {
  const { settler, facts, rounds, pass, stop } = createSettler();
  facts.nextAt = 1500;
  await settle();
  settler.wake();
  await settle();
  expect([rounds, settler.nextAt]).toEqual([[0, 0], 1500]);
  await pass(1499);
  expect(rounds).toHaveLength(2);
  facts.nextAt = undefined;
  await pass(1);
  expect(rounds).toEqual([0, 0, 1500]);
  expect(settler.nextAt).toBeUndefined();
  await stop();
});

test("files that were not seen are decided about when it was quiet for five seconds", async () => {
  const { settler, facts, decided, pass, stop } = createSettler();
  facts.undecided = 2;
  await settle();
  await pass(4000);
  facts.isQuiet = false;
  settler.wake();
  await settle();
  facts.isQuiet = true;
  for (let second = 0; second < 6; second += 2) await pass(2000);
  expect(decided).toEqual([]);
  await pass(2000);
  expect(decided).toEqual([12_000]);
  await stop();
});

test("a catalogue in trouble ends nothing", async () => {
  const { facts, rounds, pass, stop } = createSettler();
  facts.failure = new Error("busy");
  await settle();
  facts.failure = undefined;
  await pass(2000);
  await pass(2000);
  expect(rounds.length).toBeGreaterThanOrEqual(2);
  await stop();
});

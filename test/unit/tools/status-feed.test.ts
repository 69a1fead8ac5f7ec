import { expect, test } from "vitest";
import { createNewsFeed } from "../../../tools/status-feed.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const setUp = async () => {
  const clock = createManualClock();
  const stop = new AbortController();
  const feed = createNewsFeed({ clock, signal: stop.signal });
  let change = (): void => undefined;
  await feed.start({
    onLibraryChange: async (listener) => {
      change = listener;
    },
  });
  return { clock, stop, feed, change: () => change() };
};

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("many changes within a second are one piece of news, told at its end", async () => {
  const { clock, feed, change } = await setUp();
  let told = 0;
  feed.onChange(() => (told += 1));
  for (let number = 0; number < 10; number += 1) change();
  clock.advance(999);
  await settle();
  expect(told).toBe(0);
  clock.advance(1);
  await settle();
  expect(told).toBe(1);
  change();
  clock.advance(1000);
  await settle();
  expect(told).toBe(2);
});

test("every listener is told, until it wants no more news", async () => {
  const { clock, feed, change } = await setUp();
  const told: string[] = [];
  feed.onChange(() => told.push("first"));
  const leave = feed.onChange(() => told.push("second"));
  change();
  clock.advance(1000);
  await settle();
  leave();
  change();
  clock.advance(1000);
  await settle();
  expect(told).toEqual(["first", "second", "first"]);
});

test("without a listener nothing waits, and the end of the process ends the wait", async () => {
  const { clock, stop, feed, change } = await setUp();
  change();
  expect(clock.nextWake()).toBeUndefined();
  let told = 0;
  feed.onChange(() => (told += 1));
  change();
  expect(clock.nextWake()).toBeDefined();
  stop.abort(new Error("end"));
  await settle();
  clock.advance(1000);
  await settle();
  expect(told).toBe(0);
});

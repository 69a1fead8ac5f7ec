import { expect, test } from "vitest";
import type { CoreWorkDeps, FileToProcess } from "../../../src/app/core-work.ts";
import { createCoreWork } from "../../../src/app/core-work.ts";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/logger.ts";
import type { ProcessOutcome } from "../../../src/pipeline/outcome.ts";
import { until } from "../../support/cli.ts";

const NEVER = new AbortController().signal;

const fileOf = (fileId: number): FileToProcess => ({
  fileId,
  source: { displayPath: `/photos/${fileId}.jpg`, absolutePath: Buffer.from(""), rootPath: Buffer.from("") },
});

/** A library whose files are numbers; the pipeline takes some at a time and finishes when it is told to. */
const createLibrary = () => {
  const waiting = new Map<number, { readonly priority: number }>();
  const begun: number[] = [];
  const done: number[] = [];
  const followedUp: number[][] = [];
  let held = false;
  const deps: CoreWorkDeps = {
    filesToProcess: (limit) =>
      Promise.resolve(
        [...waiting]
          .toSorted(([a, left], [b, right]) => right.priority - left.priority || a - b)
          .slice(0, limit)
          .map(([fileId]) => fileOf(fileId)),
      ),
    processed: (ids) => {
      for (const id of ids) waiting.delete(id);
      done.push(...ids);
      return Promise.resolve();
    },
    process: async function* (sources): AsyncGenerator<ProcessOutcome> {
      const taken: { readonly index: number; readonly source: FileToProcess["source"] }[] = [];
      let isOver = false;
      const pumping = (async () => {
        let index = 0;
        for await (const source of sources) {
          begun.push(Number.parseInt(source.displayPath.slice(8), 10));
          taken.push({ index: index++, source });
        }
        isOver = true;
      })();
      while (!isOver || taken.length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const next = held ? undefined : taken.shift();
        if (next !== undefined) yield { status: "unchanged", ...next, contentHash: "" };
      }
      await pumping;
    },
    notifyIndex: () => Promise.resolve(),
    followUp: () => {
      followedUp.push([...done]);
      return Promise.resolve();
    },
    clock: systemClock,
    logger: silentLogger,
  };
  return {
    deps,
    begun,
    done,
    followedUp,
    add: (fileId: number, priority = 0) => void waiting.set(fileId, { priority }),
    hold: () => (held = true),
    letGo: () => (held = false),
  };
};

test("every file is dealt with once, and what follows comes after them", async () => {
  const library = createLibrary();
  for (let file = 1; file <= 200; file += 1) library.add(file);
  await createCoreWork(library.deps)({ signal: NEVER, finish: AbortSignal.abort() });
  expect(library.done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  expect(library.followedUp.at(-1)).toHaveLength(200);
});

test("a new photo waits behind the few in hand, not behind the backlog", async () => {
  const library = createLibrary();
  library.hold();
  for (let file = 1; file <= 1000; file += 1) library.add(file);
  const stop = new AbortController();
  const working = createCoreWork(library.deps)({ signal: stop.signal, finish: NEVER });
  await until("files to be begun", () => (library.begun.length >= 32 ? true : undefined));
  library.add(5000, 10);
  library.letGo();
  await until("the new one to be done", () => (library.done.includes(5000) ? true : undefined));
  expect(library.begun.indexOf(5000)).toBeLessThanOrEqual(33);
  stop.abort();
  await working;
});

test("it waits for more until it is told that no more will come", async () => {
  const library = createLibrary();
  const finish = new AbortController();
  const working = createCoreWork(library.deps)({ signal: NEVER, finish: finish.signal });
  library.add(1);
  await until("the first to be done", () => (library.done.includes(1) ? true : undefined));
  library.add(2);
  await until("the second to be done", () => (library.done.includes(2) ? true : undefined));
  finish.abort();
  await working;
  expect(library.followedUp.at(-1)).toEqual([1, 2]);
});

test("what follows may fail without stopping anything", async () => {
  const library = createLibrary();
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const deps = { ...library.deps, logger, followUp: () => Promise.reject(new Error("no model")) };
  library.add(1);
  await createCoreWork(deps)({ signal: NEVER, finish: AbortSignal.abort() });
  expect(library.done).toEqual([1]);
  expect(warnings).toContainEqual(expect.stringContaining("What follows"));
});

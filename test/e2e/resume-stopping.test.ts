/** Runs that are stopped, and runs whose consumer is slow: nothing stays claimed, nothing piles up. */
import { rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProcessOutcome } from "../../src/pipeline/outcome.ts";
import type { TestPipeline } from "../support/pipeline.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { sourceOf, sourcesOf, writePhotos } from "../support/photos.ts";

let pipeline: TestPipeline;
beforeEach(async () => {
  pipeline = await createTestPipeline();
});
afterEach(async () => await pipeline[Symbol.asyncDispose]());

const leases = async (): Promise<number> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(pipeline.catalogue.path, { readOnly: true });
  return Number(database.prepare("select count(lease_owner) as held from files").get()?.["held"]);
};

describe("stopping", () => {
  test("an abort finishes what was started, takes no more, and leaves no lease", async () => {
    const names = await writePhotos(pipeline.photos, { count: 80 });
    const abort = new AbortController();
    const outcomes: ProcessOutcome[] = [];
    for await (const outcome of pipeline.run(sourcesOf(pipeline.photos, names), { signal: abort.signal })) {
      outcomes.push(outcome);
      abort.abort(new DOMException("stop", "AbortError"));
    }
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.length).toBeLessThan(80);
    expect(await leases()).toBe(0);
    const rest = await pipeline.process(names);
    expect(rest.ran.embed).toBe(80 - outcomes.length);
  });

  test("a consumer that goes away leaves no lease either", async () => {
    const names = await writePhotos(pipeline.photos, { count: 40 });
    for await (const outcome of pipeline.run(sourcesOf(pipeline.photos, names))) if (outcome.index >= 0) break;
    expect(await leases()).toBe(0);
    const { outcomes } = await pipeline.process(names);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(40).fill("done"));
  });

  test("an error of the sources ends the run with that error and leaves no lease", async () => {
    const names = await writePhotos(pipeline.photos, { count: 10 });
    async function* failing() {
      yield* sourcesOf(pipeline.photos, names);
      throw new Error("the folder is gone");
    }
    const consume = async (): Promise<void> => {
      for await (const outcome of pipeline.run(failing())) expect(outcome.status).toBe("done");
    };
    await expect(consume()).rejects.toThrow("the folder is gone");
    expect(await leases()).toBe(0);
  });
});

test("a run that fails to store leaves no lease, and the next run of the same process does its files", async () => {
  const names = await writePhotos(pipeline.photos, { count: 40 });
  await writeFile(pipeline.renditions.directory, "a file where a folder should be");
  await expect(pipeline.process(names)).rejects.toMatchObject({ code: "storage" });
  expect(await leases()).toBe(0);
  await rm(pipeline.renditions.directory);
  const { outcomes } = await pipeline.process(names);
  expect(outcomes.filter(({ status }) => status === "done")).toHaveLength(40);
});

test("the same folder processed twice at once in one process is done once", async () => {
  const names = await writePhotos(pipeline.photos, { count: 40 });
  const [first, second] = await Promise.all([pipeline.process(names), pipeline.process(names)]);
  expect((first.ran.embed ?? 0) + (second.ran.embed ?? 0)).toBe(40);
  expect(second.outcomes.map(({ status }) => status)).toEqual(Array(40).fill("done"));
});

describe("bounds", () => {
  /** Paths without files: each is a failure at once. */
  async function* absent(count: number, onTaken: (index: number) => void = () => undefined) {
    for (let index = 0; index < count; index += 1) {
      onTaken(index);
      yield await Promise.resolve(sourceOf(pipeline.photos, `absent-${index}.jpg`));
    }
  }

  test("with an order window thousands of quick photos wait for one slow photo at the front", async () => {
    const WINDOW = 64;
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* slowFirst() {
      yield sourceOf(pipeline.photos, name);
      yield* absent(2000);
    }
    let waiting = 0;
    let mostWaiting = 0;
    let isFirstThere = false;
    const settings = {
      orderWindow: WINDOW,
      beforeStage: (stage: string) => (stage === "decode" ? released : Promise.resolve()),
    };
    let count = 0;
    for await (const outcome of pipeline.run(slowFirst(), settings)) {
      count += 1;
      if (outcome.index === 0) isFirstThere = true;
      if (isFirstThere) continue;
      waiting += 1;
      mostWaiting = Math.max(mostWaiting, waiting);
      if (waiting >= WINDOW / 2 - 1) void sleep(300).then(release); // nothing more may come meanwhile
    }
    expect(count).toBe(2001);
    expect(mostWaiting).toBeGreaterThan(1);
    expect(mostWaiting).toBeLessThanOrEqual(WINDOW);
  });

  test("a consumer that does not read stops the run from taking more", async () => {
    let taken = 0;
    const outcomes = pipeline.run(
      absent(10_000, () => (taken += 1)),
      { bufferSize: 10 },
    );
    const iterator = outcomes[Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    while (taken !== before) {
      before = taken;
      await sleep(300);
    }
    expect(taken).toBeLessThan(1200); // two look-ups of 256, the queue, two channels of 128, the workers
    await iterator.return?.();
    expect(await leases()).toBe(0);
  });
});

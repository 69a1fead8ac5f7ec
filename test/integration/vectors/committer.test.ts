import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import type { IndexRow } from "../../../src/vectors/types.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary } from "./library.ts";
import { createRandom, hashOf, inListOrder, randomRow } from "./random-rows.ts";

const rowsFrom = (count: number, first = 0): readonly IndexRow[] => {
  const random = createRandom(count + first);
  return Array.from({ length: count }, (_, number) => randomRow(random, first + number, 8));
};
const hashesIn = async (library: TestLibrary): Promise<readonly string[]> => {
  await using index = await library.index();
  return index.list({ limit: 1_000_000 });
};
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
};

test("every mark becomes a row, and marks are gone afterwards", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer({ batchSize: 100 });
  library.source.put(rowsFrom(250));
  expect(await committer.commitPending()).toEqual({ rows: 250 });
  expect(await library.source.countMarks()).toBe(0);
  expect(await hashesIn(library)).toEqual(inListOrder(library.source.all()));
});

test("a photo that changed replaces its row", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer();
  const [row] = rowsFrom(1) as [IndexRow];
  library.source.put([{ ...row, rev: 1, text: "dog" }]);
  await committer.commitPending();
  library.source.put([{ ...row, rev: 2, text: "cat" }]);
  await committer.commitPending();
  await using index = await library.index();
  expect(await index.count()).toBe(1);
  expect(await index.matchText({ text: "dog", limit: 5 })).toEqual([]);
  expect(await index.matchText({ text: "cat", limit: 5 })).toHaveLength(1);
});

test("a photo that is gone loses its row and its mark", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer();
  library.source.put(rowsFrom(10));
  await committer.commitPending();
  library.source.drop([hashOf(3), hashOf(4)]);
  expect(await committer.commitPending()).toEqual({ rows: 2 });
  expect(await library.source.countMarks()).toBe(0);
  expect(await hashesIn(library)).toEqual(inListOrder(library.source.all()));
});

test("a row made before another commit never replaces a newer one", async () => {
  await using library = await createTestLibrary();
  const [row] = rowsFrom(1) as [IndexRow];
  library.source.put([{ ...row, rev: 7, text: "new" }]);
  await using committer = library.committer();
  await committer.commitPending();
  const late = { ...library.source, rowsFor: () => Promise.resolve([{ ...row, rev: 6, text: "old" }]) };
  await library.source.markAgain([row.contentHash]);
  await using slow = library.committer({ source: late });
  await slow.commitPending();
  await using index = await library.index();
  expect(await index.matchText({ text: "new", limit: 5 })).toHaveLength(1);
});

test("a mark made while its photo was being written stays", async () => {
  await using library = await createTestLibrary();
  const [row] = rowsFrom(1) as [IndexRow];
  library.source.put([{ ...row, rev: 1 }]);
  const changing = {
    ...library.source,
    clearMarks: async (marks: Parameters<typeof library.source.clearMarks>[0]) => {
      library.source.put([{ ...row, rev: 2, text: "late change" }]);
      return library.source.clearMarks(marks);
    },
  };
  await using committer = library.committer({ source: changing });
  await committer.commitPending();
  expect(await library.source.countMarks()).toBe(1);
  await using other = library.committer();
  await other.commitPending();
  await using index = await library.index();
  expect(await index.matchText({ text: "late", limit: 1 })).toHaveLength(1);
});

test("marks that a source never clears are reported and not worked off for ever", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(4));
  const stuck = { ...library.source, clearMarks: () => Promise.resolve(true) };
  await using committer = library.committer({ source: stuck, batchSize: 4 });
  await expect(committer.commitPending()).rejects.toMatchObject({ code: "internal" });
});

test("a vector of another length is an internal error that names the photo", async () => {
  await using library = await createTestLibrary();
  const [row] = rowsFrom(1) as [IndexRow];
  library.source.put([{ ...row, vector: new Float32Array(3).fill(1) }]);
  await using committer = library.committer();
  await expect(committer.commitPending()).rejects.toThrow(/vector of 8 numbers for photo [0-9a-f]{64}, received 3/);
  expect(await library.source.countMarks()).toBe(1);
});

test("an abort stops between batches and leaves the rest marked", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(30));
  const stop = new AbortController();
  const stopping = {
    ...library.source,
    clearMarks: async (marks: Parameters<typeof library.source.clearMarks>[0]) => {
      stop.abort();
      return library.source.clearMarks(marks);
    },
  };
  await using committer = library.committer({ source: stopping, batchSize: 10 });
  await expect(committer.commitPending({ signal: stop.signal })).rejects.toThrow(/abort/i);
  expect(await library.source.countMarks()).toBe(20);
  expect(await hashesIn(library)).toHaveLength(10);
});

test("the background loop commits a full batch at once and the rest after the flush time", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer({ batchSize: 50, flushMs: 300 });
  await using loop = committer.start();
  await using index = await library.index();
  library.source.put(rowsFrom(50));
  loop.notify();
  await until(async () => (await index.count()) === 50);
  library.source.put(rowsFrom(3, 50)); // nobody is told
  await until(async () => (await index.count()) === 53);
});

test("ending the background loop commits what is left", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer({ flushMs: 60_000 });
  {
    await using loop = committer.start();
    library.source.put(rowsFrom(5));
    loop.notify();
  }
  expect(await hashesIn(library)).toHaveLength(5);
});

test("the background loop survives a failure and tries again", async () => {
  await using library = await createTestLibrary();
  let failures = 2;
  const flaky = {
    ...library.source,
    takeMarks: (limit: number) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error("database is busy")) : library.source.takeMarks(limit);
    },
  };
  await using committer = library.committer({ source: flaky, flushMs: 10 });
  await using loop = committer.start();
  library.source.put(rowsFrom(5));
  loop.notify();
  await until(async () => (await library.source.countMarks()) === 0);
  expect(await hashesIn(library)).toHaveLength(5);
});

test("three hundred small commits leave few fragments and few files", { timeout: 120_000 }, async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer({ batchSize: 1 });
  let most = 0;
  await using index = await library.index();
  for (let part = 0; part < 6; part += 1) {
    library.source.put(rowsFrom(50, part * 50));
    await committer.commitPending();
    most = Math.max(most, (await index.status()).fragments);
  }
  expect(most).toBeLessThanOrEqual(100);
  expect(await index.count()).toBe(300);
  expect(await hashesIn(library)).toEqual(inListOrder(library.source.all()));
});

test("old versions are cleaned up once no reader can be in them", async () => {
  await using library = await createTestLibrary();
  const later = { now: () => Date.now() + 11 * 60_000, sleep: () => Promise.resolve() };
  await using committer = library.committer({ batchSize: 1, clock: later });
  library.source.put(rowsFrom(40));
  await committer.commitPending();
  const before = (await readdir(library.directory, { recursive: true })).length;
  await committer.maintain();
  expect((await readdir(library.directory, { recursive: true })).length).toBeLessThan(before / 2);
  expect(await hashesIn(library)).toHaveLength(40);
});

test("a rebuild empties the table, fills it again and tells its progress", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer();
  library.source.put(rowsFrom(10_000));
  await committer.commitPending();
  const steps: number[] = [];
  expect(await committer.rebuild({ onProgress: ({ done, total }) => steps.push(done / total) })).toEqual({
    rows: 10_000,
  });
  expect(steps).toEqual([0.4, 0.8, 1]);
  expect(await hashesIn(library)).toEqual(inListOrder(library.source.all()));
});

test("a rebuild that is stopped leaves the rest marked", async () => {
  await using library = await createTestLibrary();
  library.source.put(rowsFrom(10_000));
  await using committer = library.committer();
  const stop = new AbortController();
  await expect(committer.rebuild({ signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow(/abort/i);
  expect(await library.source.countMarks()).toBe(6_000);
  await committer.commitPending();
  expect(await hashesIn(library)).toEqual(inListOrder(library.source.all()));
});

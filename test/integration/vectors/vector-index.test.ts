import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { createClusteredVectors } from "../../../bench/support/vectors.ts";
import type { IndexRow } from "../../../src/vectors/types.ts";
import { createTestLibrary, VECTOR_KEY } from "./library.ts";
import { cosineOf, createRandom, hashOf, randomRow } from "./random-rows.ts";

const rowsFrom = (count: number, dimension = 8, first = 0): readonly IndexRow[] => {
  const random = createRandom(count + first);
  return Array.from({ length: count }, (_, number) => randomRow(random, first + number, dimension));
};

test("an index that was never written answers like an empty one", async () => {
  await using library = await createTestLibrary();
  await using index = await library.index();
  expect(await index.count()).toBe(0);
  expect(await index.list({ limit: 5 })).toEqual([]);
  expect(await index.nearest({ vector: new Float32Array(8).fill(1), limit: 5 })).toEqual([]);
  expect(await index.matchText({ text: "dog", limit: 5 })).toEqual([]);
  expect(await index.status()).toEqual({
    vectorKey: VECTOR_KEY,
    dimension: 8,
    rows: 0,
    fragments: 0,
    version: 0,
    vectorIndex: "none",
    unindexedRows: 0,
    bytes: 0,
  });
});

test("a query vector of another length is refused, naming model and dimension", async () => {
  await using library = await createTestLibrary();
  await using index = await library.index();
  await expect(index.nearest({ vector: new Float32Array(4).fill(1), limit: 5 })).rejects.toMatchObject({
    code: "invalid-input",
    message: `Expected a query vector of 8 numbers for the model ${VECTOR_KEY}, received 4.`,
  });
});

test.each([[0], [Number.NaN], [Number.POSITIVE_INFINITY]])("a query vector full of %d is refused", async (value) => {
  await using library = await createTestLibrary();
  await using index = await library.index();
  await expect(index.nearest({ vector: new Float32Array(8).fill(value), limit: 5 })).rejects.toMatchObject({
    code: "invalid-input",
  });
});

test("a wrong filter is refused even while there is no index", async () => {
  await using library = await createTestLibrary();
  await using index = await library.index();
  await expect(index.count({ minRating: Number.NaN })).rejects.toMatchObject({ code: "invalid-input" });
});

test("photos without a usable vector are found by words and filters only", async () => {
  await using library = await createTestLibrary({ dimension: 2 });
  await using committer = library.committer();
  const [base] = rowsFrom(1, 2);
  const vectors = [new Float32Array([1, 0]), undefined, new Float32Array([0, 0]), new Float32Array([Number.NaN, 1])];
  library.source.put(
    vectors.map((vector, number) => ({ ...base, contentHash: hashOf(number), vector, text: "boat" }) as IndexRow),
  );
  await committer.commitPending();
  await using index = await library.index();
  expect(await index.nearest({ vector: new Float32Array([1, 1]), limit: 9 })).toMatchObject([
    { contentHash: hashOf(0) },
  ]);
  expect(await index.matchText({ text: "boat", limit: 9 })).toHaveLength(4);
  expect(await index.count()).toBe(4);
});

test("cosine is that of the vectors whatever their length", async () => {
  await using library = await createTestLibrary({ dimension: 2 });
  await using committer = library.committer();
  const [base] = rowsFrom(1, 2);
  library.source.put([{ ...base, vector: new Float32Array([30, 40]) } as IndexRow]);
  await committer.commitPending();
  await using index = await library.index();
  const [opposite] = await index.nearest({ vector: new Float32Array([-3, -4]), limit: 1 });
  expect(opposite?.cosine).toBeCloseTo(-1, 6);
  const [same] = await index.nearest({ vector: new Float32Array([0.3, 0.4]), limit: 1 });
  expect(same?.cosine).toBeCloseTo(1, 6);
});

test("an index opened before sees the commits of others at once", async () => {
  await using library = await createTestLibrary();
  await using index = await library.index();
  await using committer = library.committer();
  expect(await index.count()).toBe(0);
  library.source.put(rowsFrom(10));
  await committer.commitPending();
  expect(await index.count()).toBe(10);
  library.source.put(rowsFrom(5, 8, 10));
  await committer.commitPending();
  expect(await index.count()).toBe(15);
  await committer.rebuild();
  expect(await index.count()).toBe(15);
});

test("an index opened before follows when the folder is deleted and made again", async () => {
  await using library = await createTestLibrary();
  await using index = await library.index();
  library.source.put(rowsFrom(30));
  {
    await using committer = library.committer({ batchSize: 3 });
    await committer.commitPending();
  }
  expect(await index.count()).toBe(30);
  await rm(library.directory, { recursive: true });
  expect(await index.count()).toBe(0);
  expect(await index.list({ limit: 5 })).toEqual([]);
  {
    await using committer = library.committer();
    await committer.commitPending();
  }
  expect(await index.count()).toBe(30);
});

test("many queries at once do not disturb each other", async () => {
  await using library = await createTestLibrary();
  await using committer = library.committer();
  library.source.put(rowsFrom(200));
  await committer.commitPending();
  await using index = await library.index();
  const counts = await Promise.all(Array.from({ length: 40 }, () => index.count()));
  expect(counts).toEqual(Array.from({ length: 40 }, () => 200));
});

test(
  "beyond 20,000 rows the trained index finds what a scan finds, and newer rows too",
  { timeout: 180_000 },
  async () => {
    const dimension = 128;
    await using library = await createTestLibrary({ dimension });
    await using committer = library.committer({ batchSize: 5_000 });
    const vectorOf = createClusteredVectors(dimension);
    const rows = rowsFrom(25_000, 0).map((row, number) => ({
      ...row,
      vector: number % 10 ? vectorOf(number) : undefined,
    }));
    library.source.put(rows);
    await committer.commitPending();
    await committer.maintain();
    await using index = await library.index();
    expect(await index.status()).toMatchObject({ vectorIndex: "IVF_RQ", unindexedRows: 0, fragments: 1 });

    const filters = [
      {},
      { enriched: true },
      { favourite: true, formats: ["jpeg"] },
      { tags: [["dog"], ["beach", "shore"], ["100%"]] },
    ];
    for (const filter of filters) {
      let found = 0;
      for (let query = 0; query < 25; query += 1) {
        const vector = vectorOf(1_000_000 + query);
        const truth = await index.nearest({ vector, limit: 10, filter, exact: true });
        const hits = await index.nearest({ vector, limit: 10, filter });
        found += hits.filter((hit) => truth.some(({ contentHash }) => contentHash === hit.contentHash)).length;
        for (const hit of hits) {
          const row = rows.find(({ contentHash }) => contentHash === hit.contentHash);
          expect(hit.cosine).toBeCloseTo(cosineOf(vector, row?.vector ?? vector), 4);
        }
      }
      expect(found / 250, JSON.stringify(filter)).toBeGreaterThanOrEqual(0.95);
    }

    const fresh = { ...rowsFrom(1, dimension, 90_000)[0], vector: vectorOf(2_000_000) } as IndexRow;
    library.source.put([fresh]);
    await committer.commitPending();
    expect(await index.status()).toMatchObject({ unindexedRows: 1 });
    const [nearest] = await index.nearest({ vector: fresh.vector ?? new Float32Array(dimension), limit: 1 });
    expect(nearest?.contentHash).toBe(fresh.contentHash);
  },
);

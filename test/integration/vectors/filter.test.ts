import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IndexFilter, IndexRow, VectorIndex } from "../../../src/vectors/types.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary } from "./library.ts";
import {
  cosineOf,
  createRandom,
  FOLDERS,
  FORMATS,
  hashOf,
  inListOrder,
  matches,
  randomRow,
  randomVector,
  TAGS,
} from "./random-rows.ts";

const ROWS = 2_000;
const DIMENSION = 8;
const DAY_MS = 86_400_000;
const random = createRandom(7);
const rows: readonly IndexRow[] = Array.from({ length: ROWS }, (_, number) => randomRow(random, number, DIMENSION));
let library: TestLibrary;
let index: VectorIndex;

beforeAll(async () => {
  library = await createTestLibrary({ dimension: DIMENSION });
  await using committer = library.committer({ batchSize: 700 });
  library.source.put(rows.slice(0, 1_500));
  await committer.commitPending();
  await committer.maintain();
  library.source.put(rows.slice(1_500)); // the last quarter is not in the scalar indexes
  await committer.commitPending();
  index = await library.index();
});

afterAll(async () => {
  await index[Symbol.asyncDispose]();
  await library[Symbol.asyncDispose]();
});

const someOf = <Value>(values: readonly Value[]) => fc.array(fc.constantFrom(...values), { maxLength: 3 });
const days = fc.integer({ min: -1200, max: 2600 }).map((day) => day * DAY_MS);
const hostile = ["'", "''", "\\", "%", "_", "'; DROP TABLE m; --", "\0", "\ud800", "😀", "${x}", "])"];
const FIELDS: { readonly [Name in keyof IndexFilter]-?: fc.Arbitrary<NonNullable<IndexFilter[Name]>> } = {
  capturedFrom: days,
  capturedBefore: days,
  folders: someOf([...FOLDERS, "/photo", "/", ...hostile]),
  cameras: someOf(["canon", "IPHONE", "50%_", "%", "_", "d'or", "żenit", "\\", "zenit", "", ...hostile]),
  tags: fc.array(someOf([...TAGS, ...hostile]), { maxLength: 3 }),
  withoutTags: someOf([...TAGS, ...hostile]),
  near: fc.record({
    latitude: fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(90, -90, 0, 52.5, 89.9)),
    longitude: fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(180, -180, 179.9, 13.4)),
    kilometres: fc.oneof(fc.double({ min: 0, max: 21_000, noNaN: true }), fc.constantFrom(0, 10, 200, 5_000, 20_016)),
  }),
  hasGps: fc.boolean(),
  enriched: fc.boolean(),
  favourite: fc.boolean(),
  minRating: fc.constantFrom(-1, 0, 2.5, 5, 6, 1e-7),
  formats: someOf([...FORMATS, "png", ...hostile]),
  contentHashes: fc.array(fc.integer({ min: 0, max: ROWS + 5 }).map(hashOf), { maxLength: 20 }),
};

const expectSame = async (filter: IndexFilter): Promise<void> => {
  const passing = rows.filter((row) => matches(row, filter));
  expect(await index.count(filter)).toBe(passing.length);
  expect(await index.list({ filter, limit: ROWS })).toEqual(inListOrder(passing));
};

test.each(Object.keys(FIELDS) as (keyof IndexFilter)[])(
  "%s lets pass what a look at each photo lets pass",
  async (name) => {
    await fc.assert(
      fc.asyncProperty(FIELDS[name] as fc.Arbitrary<unknown>, (value) => expectSame({ [name]: value })), // one field of the union
      { numRuns: 40, seed: 1 },
    );
  },
);

test("combined conditions must all hold", async () => {
  const filters = fc.record(FIELDS, { requiredKeys: [] }) as fc.Arbitrary<IndexFilter>; // same fields, all optional
  await fc.assert(fc.asyncProperty(filters, expectSame), { numRuns: 120, seed: 2 });
});

test("photos at the poles and beyond the antimeridian are near each other", async () => {
  const beyond = { latitude: 0, longitude: -179.99, kilometres: 20 };
  expect(await index.count({ near: beyond })).toBe(rows.filter((row) => matches(row, { near: beyond })).length);
  expect(await index.count({ near: beyond })).toBeGreaterThan(0);
  expect(await index.count({ near: { latitude: 90, longitude: 77, kilometres: 2 } })).toBeGreaterThan(0);
});

test("pages follow each other without gap or overlap", async () => {
  const filter = { enriched: true };
  const pages: string[] = [];
  for (let offset = 0; ; offset += 97) {
    const page = await index.list({ filter, limit: 97, offset });
    pages.push(...page);
    if (page.length < 97) break;
  }
  expect(pages).toEqual(inListOrder(rows.filter((row) => row.enriched)));
});

test("nearest under any filter equals a look at each photo", async () => {
  const filters = fc.record(FIELDS, { requiredKeys: [] }) as fc.Arbitrary<IndexFilter>; // as above
  const sparse = fc.oneof(
    fc.constant({}),
    FIELDS.tags.map((tags) => ({ tags })),
    filters,
  );
  const vectors = fc.integer({ min: 0, max: 1e6 }).map((seed) => randomVector(createRandom(seed), DIMENSION));
  await fc.assert(
    fc.asyncProperty(sparse, vectors, async (filter, vector) => {
      const expected = rows
        .filter((row) => row.vector !== undefined && matches(row, filter))
        .map((row) => ({ contentHash: row.contentHash, cosine: cosineOf(vector, row.vector ?? vector) }))
        .toSorted((left, right) => right.cosine - left.cosine)
        .slice(0, 10);
      const hits = await index.nearest({ vector, limit: 10, filter });
      expect(hits.map(({ contentHash }) => contentHash)).toEqual(expected.map(({ contentHash }) => contentHash));
      hits.forEach((hit, at) => expect(hit.cosine).toBeCloseTo(expected[at]?.cosine ?? 2, 5));
    }),
    { numRuns: 80, seed: 3 },
  );
});

test("a limit of nothing gives nothing", async () => {
  expect(await index.list({ limit: 0 })).toEqual([]);
  expect(await index.matchText({ text: "dog", limit: 0 })).toEqual([]);
});

test("oldest first is the order of capture, undated last, then by hash", async () => {
  const key = ({ capturedKey }: IndexRow): number => capturedKey ?? Number.POSITIVE_INFINITY;
  const byHash = (left: IndexRow, right: IndexRow): number => (left.contentHash < right.contentHash ? -1 : 1);
  const expected = rows
    .toSorted((left, right) => (key(left) === key(right) ? byHash(left, right) : key(left) - key(right)))
    .map(({ contentHash }) => contentHash);
  expect(await index.list({ order: "oldest", limit: ROWS })).toEqual(expected);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { IndexRow, VectorIndex } from "../../../src/vectors/types.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary } from "./library.ts";
import { createRandom, hashOf, randomRow } from "./random-rows.ts";

const TEXTS = [
  "A dog running on the beach, Müller Straße, DSC_0042.jpg Holiday 2024",
  "Résumé of the city: café, street, red car. IMG20240101",
  "The car is red and the road is long",
  "東京タワー の 夜景 한국 여행",
  "birthday cake with candles 0f0e0d0c0b0a09080706050403020100aabbccddeeff00112233445566778899",
  "nothing to see",
];
const random = createRandom(1);
let library: TestLibrary;
let index: VectorIndex;

const rowsOf = (texts: readonly string[], from: number): readonly IndexRow[] =>
  texts.map((text, at) => ({ ...randomRow(random, from + at, 0), favourite: at % 2 === 0, text }));

beforeAll(async () => {
  library = await createTestLibrary({ dimension: 0, vectorKey: undefined });
  await using committer = library.committer();
  library.source.put(rowsOf(TEXTS.slice(0, 3), 0));
  await committer.commitPending();
  await committer.maintain();
  library.source.put(rowsOf(TEXTS.slice(3), 3)); // not in the full-text index yet
  await committer.commitPending();
  index = await library.index();
});

afterAll(async () => {
  await index[Symbol.asyncDispose]();
  await library[Symbol.asyncDispose]();
});

/** Numbers of the texts found, ascending. */
const find = async (text: string): Promise<readonly number[]> => {
  const hits = await index.matchText({ text, limit: 10 });
  const found = new Set(hits.map(({ contentHash }) => contentHash));
  return TEXTS.map((_, number) => number).filter((number) => found.has(hashOf(number)));
};

test.each([
  ["DSC_0042", [0]],
  ["dsc_0042.JPG", [0]],
  ["0042", [0]],
  ["img20240101", [1]],
  ["0f0e0d0c0b0a09080706050403020100aabbccddeeff00112233445566778899", [4]],
  ["dogs", [0]],
  ["run", [0]],
  ["muller strasse", [0]],
  ["MÜLLER", [0]],
  ["resume", [1]],
  ["cafe", [1]],
  ["candle", [4]],
  ["東京", [3]],
  ["한국", [3]],
  ["red", [1, 2]],
  ['"red car"', [1]],
  ['"car is red" city', [2]],
  ["unicorn", []],
])("%s finds what a person expects", async (text, expected) => {
  expect(await find(text)).toEqual(expected);
});

test("photos with more of the words come first", async () => {
  const [first] = await index.matchText({ text: "long red road", limit: 5 });
  expect(first?.contentHash).toBe(hashOf(2));
});

test("scores fall along the hits", async () => {
  const hits = await index.matchText({ text: "the red car road", limit: 10 });
  expect(hits.length).toBeGreaterThan(1);
  expect(hits.map(({ bm25 }) => bm25)).toEqual(hits.map(({ bm25 }) => bm25).toSorted((left, right) => right - left));
});

test.each([
  "",
  "   ",
  '"',
  '""',
  "\"'",
  "* OR 1=1",
  "text:dog AND (",
  "dog^^^~~2",
  "+dog -beach [a TO b] {x}",
  "'; DROP TABLE words; --",
  "\\",
  "\0\u0001\u202e",
  "\ud83d",
  "😀",
  "?!()[]{}~^:/",
  "%_%",
  "dog ".repeat(3_000),
  "x".repeat(100_000),
  '"'.repeat(999),
])("no input breaks the search: %j", async (text) => {
  await expect(index.matchText({ text, limit: 5 })).resolves.toBeInstanceOf(Array);
});

test("words beside signs of query languages still count", async () => {
  expect(await find("text:dog AND (")).toContain(0);
  expect(await find("-beach")).toContain(0);
});

test("a library without a model has words, filters and lists, and says so when asked for meaning", async () => {
  expect(await index.count()).toBe(TEXTS.length);
  expect(await index.list({ limit: 10 })).toHaveLength(TEXTS.length);
  await expect(index.nearest({ vector: new Float32Array([1]), limit: 1 })).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringContaining("no model") as string,
  });
  expect(await index.status()).toMatchObject({ vectorKey: "words", dimension: 0, rows: TEXTS.length });
});

test("a filter is applied before the ranking cuts off: the one match among thousands is found", async () => {
  await using crowd = await createTestLibrary({ dimension: 0, vectorKey: undefined });
  await using committer = crowd.committer({ batchSize: 1_000 });
  const rows = Array.from({ length: 3_000 }, (_, number) => ({
    ...randomRow(random, number, 0),
    favourite: number === 2_999,
    text: number === 2_999 ? `beach ${"sand and more words ".repeat(30)}` : "beach beach beach",
  }));
  crowd.source.put(rows);
  await committer.commitPending();
  await committer.maintain();
  await using crowded = await crowd.index();
  const hits = await crowded.matchText({ text: "beach", limit: 1, filter: { favourite: true } });
  expect(hits.map(({ contentHash }) => contentHash)).toEqual([hashOf(2_999)]);
});

/** Scores from a measured null set, with an encoder whose truth is known: what a photo shows is what it was made of. */
import { describe, expect, test } from "vitest";
import type { NullSet } from "../../../src/search/null-calibration.ts";
import { isCurrentNullSet, measureNullSet, NULL_CAPTIONS, nullCaptions } from "../../../src/search/null-set.ts";
import { createSearch } from "../../../src/search/search.ts";
import type { SearchModel, SearchReply } from "../../../src/search/types.ts";
import type { MemoryPhoto } from "../../support/memory-library.ts";
import { createMemoryLibrary, createMemoryModel, hashOf, unit } from "../../support/memory-library.ts";

const DIMENSION = 192;
const CONCEPTS = 25;
const PHOTOS_PER_CONCEPT = 16;
const { signal } = new AbortController();

/** The same for a name every time, of mean 0 and nothing else in common. */
const noise = (name: string): readonly number[] => {
  let state = Number.parseInt(hashOf(name).slice(0, 8), 16);
  return Array.from({ length: DIMENSION }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
};

/** Pictures and texts each lie off their own way, as those of real encoders do. */
const OFFSETS = { picture: noise("pictures"), text: noise("texts") };

const vectorOf = (side: keyof typeof OFFSETS, meaning: string, own: string): readonly number[] => {
  const [offset, direction, blur] = [OFFSETS[side], noise(meaning), noise(own)];
  return direction.map((value, place) => value + 1.2 * (offset[place] ?? 0) + 0.45 * (blur[place] ?? 0));
};

/** `concept 7, said 3` means concept 7; every other text means itself. */
const meaningOf = (text: string): string => text.split(",")[0] ?? text;

const photos: readonly MemoryPhoto[] = Array.from({ length: CONCEPTS * PHOTOS_PER_CONCEPT }, (_, place) => ({
  contentHash: hashOf(`photo ${place}`),
  vector: vectorOf("picture", `concept ${place % CONCEPTS}`, `photo ${place}`),
  ...(place % 4 === 0 ? { tags: ["few"] } : {}),
}));

const model: SearchModel = {
  ...createMemoryModel({ words: {}, dimension: DIMENSION }),
  embedTexts: async (texts) => texts.map((text) => unit(vectorOf("text", meaningOf(text), text))),
};

const library = createMemoryLibrary(photos, { model });
const bestCosines = async (vectors: readonly Float32Array[], limit: number): Promise<number[][]> => {
  const index = await library.index();
  return Promise.all(
    vectors.map(async (vector) => (await index.nearest({ vector, limit })).map(({ cosine }) => cosine)),
  );
};

const measure = (names: readonly string[]): Promise<NullSet | undefined> =>
  measureNullSet(
    { embedTexts: model.embedTexts, bestCosines },
    { captions: nullCaptions(names), photos: photos.length, signal },
  );

const absent = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, place) => `${kind} ${place}`);
const trueQueries = Array.from({ length: 100 }, (_, place) => `concept ${place % CONCEPTS}, said ${place}`);

const ask = async (queries: readonly string[], nullSet: NullSet | undefined, tags?: readonly string[]) => {
  const search = createSearch({ ...library, nullSet: async () => nullSet });
  const replies: SearchReply[] = [];
  for (const query of queries) {
    const terms = [{ source: { kind: "text", text: query } as const, weight: 1 }];
    replies.push(
      await search.search({ terms, mode: "vector", ...(tags === undefined ? {} : { filters: { tags } }) }, signal),
    );
  }
  return replies;
};

const shareOf = (replies: readonly SearchReply[], match: SearchReply["match"]): number =>
  replies.filter((reply) => reply.match === match).length / replies.length;

describe("a library whose truth is known", () => {
  test("absurd queries answer none, true ones do not", async () => {
    const nullSet = await measure(absent("caption", 300));
    expect(nullSet).toMatchObject({ photos: photos.length });
    expect(shareOf(await ask(absent("absurd", 100), nullSet), "none")).toBeGreaterThanOrEqual(0.95);
    const replies = await ask(trueQueries, nullSet);
    expect(shareOf(replies, "none")).toBeLessThanOrEqual(0.05);
    expect(new Set(replies.map(({ calibrationId }) => calibrationId))).toEqual(new Set([`null:${nullSet?.id}`]));
  });

  test("the same holds behind a filter that leaves a quarter of the photos", async () => {
    const nullSet = await measure(absent("caption", 300));
    expect(shareOf(await ask(absent("absurd", 100), nullSet, ["few"]), "none")).toBeGreaterThanOrEqual(0.9);
    expect(shareOf(await ask(trueQueries, nullSet, ["few"]), "none")).toBeLessThanOrEqual(0.05);
  });

  test("scores never rise down a list, and are the same every time", async () => {
    const nullSet = await measure(absent("caption", 300));
    const [first, again] = [await ask(trueQueries, nullSet), await ask(trueQueries, nullSet)];
    expect(again).toEqual(first);
    for (const { hits } of first) {
      const scores = hits.map(({ score }) => score ?? 0);
      expect(scores).toEqual(scores.toSorted((left, right) => right - left));
    }
  });

  test("captions that fit photos after all do not raise the bar", async () => {
    const clean = await measure(absent("caption", 300));
    const spoilt = await measure([
      ...absent("caption", 180),
      ...Array.from({ length: CONCEPTS }, (_, each) => `concept ${each}`),
    ]);
    expect(Math.max(...(spoilt?.best ?? []))).toBeLessThan(Math.max(...(clean?.best ?? [])) + 0.02);
    expect(shareOf(await ask(trueQueries, spoilt), "none")).toBeLessThanOrEqual(0.05);
  });
});

test("captions are varied, in an order of their own, and none come of a handful of words", () => {
  expect(nullCaptions(absent("word", 24))).toEqual([]);
  const paired = nullCaptions(absent("word", 30));
  expect(paired).toHaveLength(NULL_CAPTIONS);
  expect(new Set(paired).size).toBe(NULL_CAPTIONS);
  expect(nullCaptions(absent("word", 30).toReversed())).toEqual(paired);
  expect(nullCaptions(absent("word", 500))).not.toContainEqual(expect.stringContaining(" and "));
});

test("a measurement holds until the library has changed by a fifth", () => {
  const nullSet = { id: "x", photos: 1000, best: [], fall: 0 };
  expect([800, 850, 1000, 1200, 1201].map((count) => isCurrentNullSet(nullSet, count))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(isCurrentNullSet(undefined, 1000)).toBe(false);
});

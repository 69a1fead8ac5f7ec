import { describe, expect, test } from "vitest";
import { nearestByScan } from "../../../src/search/exact-cosines.ts";
import { randomFrom } from "../../support/photos.ts";

const DIMENSION = 7; // odd: the last component has no partner
const random = randomFrom(3);
const vectorOf = (): Float32Array => Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
const vectors = Array.from({ length: 100 }, vectorOf);
const queries = Array.from({ length: 5 }, vectorOf);

async function* pagesOf(size: number): AsyncGenerator<readonly Float32Array[]> {
  for (let start = 0; start < vectors.length; start += size) yield vectors.slice(start, start + size);
}

const cosinesOf = (query: Float32Array): readonly number[] =>
  vectors
    .map((vector) => vector.reduce((sum, value, place) => sum + value * (query[place] ?? 0), 0))
    .toSorted((left, right) => right - left);

describe("nearestByScan", () => {
  test.each([1, 3, 100, 1000])("gives the largest of all in order, for a limit of %i", async (limit) => {
    const nearest = await nearestByScan(pagesOf(16), queries, { limit, signal: new AbortController().signal });
    expect(nearest).toHaveLength(queries.length);
    for (const [place, query] of queries.entries()) {
      const expected = cosinesOf(query).slice(0, limit);
      expect(nearest[place]).toHaveLength(expected.length);
      expected.forEach((cosine, rank) => expect(nearest[place]?.[rank]).toBeCloseTo(cosine, 5));
    }
  });

  test("stops when it is told to", async () => {
    const stop = AbortSignal.abort(new Error("stopped"));
    await expect(nearestByScan(pagesOf(16), queries, { limit: 1, signal: stop })).rejects.toThrow("stopped");
  });
});

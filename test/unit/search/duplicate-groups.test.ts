import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { burstGroups, exactGroups, nearGroups } from "../../../src/search/duplicate-groups.ts";
import { createNeighbourFinder, isTellingHash } from "../../../src/search/hash-neighbours.ts";
import { fingerprint, hashOf, nearPairsByForce } from "../../support/memory-library.ts";

const BYTES = 18;
const none = async (pairs: readonly unknown[]): Promise<readonly boolean[]> => pairs.map(() => false);

const withFlips = (hash: Uint8Array, bits: readonly number[]): Uint8Array => {
  const flipped = hash.slice();
  for (const bit of bits) flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
};
const bitsUpTo = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, bit) => from + bit);
const base = Uint8Array.from({ length: BYTES }, (_, position) => (position * 73 + 41) % 256);

const pairsFound = (hashes: readonly Uint8Array[], distance: number): readonly string[] => {
  const findNeighbours = createNeighbourFinder(hashes, distance);
  return hashes.flatMap((_, left) => [...findNeighbours(left).keys()].map((right) => `${left}-${right}`));
};

test("near pairs are those that comparing all pairs finds, each once", () => {
  const hash = fc.uint8Array({ minLength: BYTES, maxLength: BYTES });
  const family = fc
    .tuple(hash, fc.array(fc.array(fc.integer({ min: 0, max: 143 }), { maxLength: 14 }), { maxLength: 12 }))
    .map(([first, flips]) => [first, ...flips.map((bits) => withFlips(first, bits))]);
  const hashes = fc.array(family, { maxLength: 6 }).map((families) => families.flat());
  fc.assert(
    fc.property(hashes, fc.integer({ min: 0, max: 16 }), (list, distance) => {
      const found = pairsFound(list, distance);
      expect(new Set(found).size).toBe(found.length);
      expect(new Set(found)).toEqual(nearPairsByForce(list, distance));
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("flat, blank and evenly graded pictures tell nothing", () => {
  const blank = new Uint8Array(BYTES);
  const graded = Uint8Array.from({ length: BYTES }, (_, position) => (position < BYTES / 2 ? 255 : 0));
  expect([blank, graded, withFlips(blank, [1, 30, 80])].map(isTellingHash)).toEqual([false, false, false]);
  expect(isTellingHash(base)).toBe(true);
});

describe("near", () => {
  test("the best of a group comes first, with the reason", () => {
    const { groups } = nearGroups([
      fingerprint({ contentHash: "a", perceptualHash: base, width: 400 }),
      fingerprint({ contentHash: "b", perceptualHash: withFlips(base, [3, 90]), width: 4000, height: 3000 }),
      fingerprint({ contentHash: "c", perceptualHash: withFlips(base, bitsUpTo(40)) }),
    ]);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.photos.map(({ contentHash }) => contentHash)).toEqual(["b", "a"]);
    expect(groups[0]).toMatchObject({ distance: 2, reason: "the most pixels (4000x3000)" });
  });

  test.each([
    [{ favourite: true, width: 10 }, "a favourite"],
    [{ rating: 5, width: 10 }, "the highest rating (5)"],
    [{ fileBytes: 2000 }, "the largest file of equal size in pixels"],
    [{}, "no difference, any will do"],
  ])("%j decides: %s", (better, reason) => {
    const { groups } = nearGroups([
      fingerprint({ contentHash: "b", perceptualHash: base }),
      fingerprint({ contentHash: "a", perceptualHash: base, ...better }),
    ]);
    expect(groups[0]?.photos[0]?.contentHash).toBe("a");
    expect(groups[0]?.reason).toBe(reason);
  });

  test("a chain of small steps does not join photos that are far apart", () => {
    const chain = bitsUpTo(8).map((step) =>
      fingerprint({ contentHash: `${step}`, perceptualHash: withFlips(base, bitsUpTo(step * 8)) }),
    );
    const { groups } = nearGroups(chain);
    const together = groups.find(({ photos }) => photos.some(({ contentHash }) => contentHash === "0"));
    expect(together?.photos.map(({ contentHash }) => contentHash)).toEqual(["0", "1"]);
    expect(groups.every(({ distance }) => (distance ?? 99) <= 10)).toBe(true);
  });

  test("thousands of equal pictures are one group, found without comparing all pairs", () => {
    const equal = bitsUpTo(20_000).map((name) => fingerprint({ contentHash: hashOf(`${name}`), perceptualHash: base }));
    const started = performance.now();
    const { groups } = nearGroups(equal);
    expect(groups.map(({ photos }) => photos.length)).toEqual([20_000]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("flat pictures are counted, not grouped", () => {
    const flat = bitsUpTo(50).map((name) =>
      fingerprint({ contentHash: `${name}`, perceptualHash: new Uint8Array(BYTES) }),
    );
    expect(nearGroups(flat)).toEqual({ groups: [], flat: 50 });
  });

  test("shots of one burst are no near duplicates, copies of one instant are", () => {
    const shot = { camera: "Nikon Z6", perceptualHash: base };
    const first = fingerprint({ ...shot, contentHash: "a", capturedKey: 0 });
    const second = fingerprint({ ...shot, contentHash: "b", capturedKey: 1_000 });
    const copy = fingerprint({ ...shot, contentHash: "c", capturedKey: 0, width: 200, height: 150 });
    expect(nearGroups([first, second]).groups).toEqual([]);
    expect(nearGroups([first, copy]).groups).toHaveLength(1);
  });

  test("the answer does not depend on the order of photos", () => {
    const photos = bitsUpTo(30).map((step) =>
      fingerprint({ contentHash: hashOf(`${step}`), perceptualHash: withFlips(base, bitsUpTo(step % 9, step)) }),
    );
    expect(nearGroups(photos.toReversed())).toEqual(nearGroups(photos));
  });
});

describe("burst", () => {
  const shot = (contentHash: string, capturedKey: number, more: object = {}): ReturnType<typeof fingerprint> =>
    fingerprint({ contentHash, capturedKey, camera: "Nikon Z6", perceptualHash: base, ...more });
  const membersOf = async (photos: readonly ReturnType<typeof fingerprint>[]): Promise<readonly string[]> =>
    (await burstGroups(photos, none)).map((group) =>
      group.photos
        .map(({ contentHash }) => contentHash)
        .toSorted()
        .join(""),
    );

  test("shots of one camera a few seconds apart are one burst, longer than any single gap", async () => {
    const photos = [shot("d", 9_000), shot("a", 0), shot("c", 6_000), shot("b", 3_000), shot("e", 13_000)];
    expect(await membersOf(photos)).toEqual(["abcd"]);
  });

  test("other cameras, other scenes and photos without time are no burst", async () => {
    expect(await membersOf([shot("a", 0), shot("b", 1_000, { camera: "Canon R5" })])).toEqual([]);
    expect(await membersOf([shot("a", 0), shot("b", 1_000, { camera: undefined })])).toEqual([]);
    expect(await membersOf([shot("a", 0), shot("b", 1_000, { capturedKey: undefined })])).toEqual([]);
    expect(
      await membersOf([shot("a", 0), shot("b", 1_000, { perceptualHash: withFlips(base, bitsUpTo(60)) })]),
    ).toEqual([]);
  });

  test("two cameras interleaved are two bursts", async () => {
    const other = { camera: "Canon R5" };
    const photos = [shot("a", 0), shot("x", 500, other), shot("b", 1_000), shot("y", 1_500, other)];
    expect((await membersOf(photos)).toSorted()).toEqual(["ab", "xy"]);
  });

  test("alike vectors join what perceptual hashes leave open", async () => {
    const photos = [shot("a", 0), shot("b", 1_000, { perceptualHash: undefined })];
    const groups = await burstGroups(photos, async (pairs) => pairs.map(([left, right]) => `${left}${right}` === "ab"));
    expect(groups).toHaveLength(1);
  });

  test("a smaller copy of one instant does not cut a burst", async () => {
    expect(await membersOf([shot("a", 0), shot("c", 0, { width: 10 }), shot("b", 2_000)])).toEqual(["ab"]);
  });
});

test("exact groups are photos in several files", () => {
  const groups = exactGroups([fingerprint({ contentHash: "b", files: 3 }), fingerprint({ contentHash: "a" })]);
  expect(groups.map(({ photos }) => photos.map(({ contentHash }) => contentHash))).toEqual([["b"]]);
});

import { expect, test } from "vitest";
import { createSearch } from "../../../src/search/search.ts";
import type { PhotoLookUp } from "../../../src/search/types.ts";
import { createMemoryLibrary, fingerprint } from "../../support/memory-library.ts";

const hash = (start: string): string => start.padEnd(64, "0");
const ONE = hash("1234567890ab1");
const TWIN = hash("1234567890ab2");
const OTHER = hash("feedc0ffee12");

const lookUp = (...ids: readonly string[]): Promise<readonly PhotoLookUp[]> =>
  createSearch(createMemoryLibrary([ONE, TWIN, OTHER].map((contentHash) => ({ contentHash })))).lookUp(ids);

test("photos are found by short and long ids and by their addresses, in the order asked", async () => {
  const found = await lookUp("feedc0ffee12", ONE, "photo://FEEDC0FFEE12", "1234567890ab2");
  expect(found.map((one) => ("photo" in one ? one.photo.contentHash : one.problem))).toEqual([OTHER, ONE, OTHER, TWIN]);
  expect(found[0]).toMatchObject({ id: "feedc0ffee12" });
});

test("ids that share their first digits are shown longer", async () => {
  const [one, twin] = await lookUp(ONE, TWIN);
  expect([one, twin]).toMatchObject([{ id: "1234567890ab1" }, { id: "1234567890ab2" }]);
});

test.each([
  ["fits several photos", "1234567890ab", "ambiguous", ["1234567890ab1", "1234567890ab2"]],
  ["has a wrong digit", "feedc0ffee13", "unknown", ["feedc0ffee12"]],
  ["has a wrong digit early on", "feedcaffee12", "unknown", ["feedc0ffee12"]],
  ["is cut short", "feedc0ffee", "malformed", ["feedc0ffee12"]],
  ["has a letter that is no digit", "feedc0ffeeo2", "malformed", ["feedc0ffee12"]],
  ["is nobody's", "000000000000", "unknown", []],
  ["is a word", "the beach photo", "malformed", []],
  ["is empty", "", "malformed", []],
  ["goes on for ever", "f".repeat(10_000), "malformed", []],
])("an id that %s is refused by itself, with what may be meant", async (_how, id, problem, near) => {
  const [refused, found] = await lookUp(id, OTHER);
  expect(refused).toEqual({ asked: id, problem, near });
  expect(found).toMatchObject({ id: "feedc0ffee12" });
});

const bits = (...changed: readonly number[]): Uint8Array => {
  const bytes = Uint8Array.from({ length: 18 }, (_, at) => (at * 73 + 41) % 256);
  for (const bit of changed) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes;
};

test("others that look nearly the same are counted; flat pictures are not", async () => {
  const prints = [
    fingerprint({ contentHash: "a", perceptualHash: bits() }),
    fingerprint({ contentHash: "b", perceptualHash: bits(3, 50, 100) }),
    fingerprint({ contentHash: "c", perceptualHash: bits(...Array.from({ length: 60 }, (_, at) => at * 2)) }),
    fingerprint({ contentHash: "flat", perceptualHash: new Uint8Array(18) }),
    fingerprint({ contentHash: "as flat", perceptualHash: new Uint8Array(18) }),
    fingerprint({ contentHash: "none" }),
  ];
  const search = createSearch(createMemoryLibrary([], { fingerprints: prints }));
  const counts = await search.similarCounts(["a", "c", "flat", "none"]);
  expect(counts).toEqual(
    new Map([
      ["a", 1],
      ["c", 0],
    ]),
  );
});

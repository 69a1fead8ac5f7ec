import { expect, test } from "vitest";
import { createSearch } from "../../../src/search/search.ts";
import type { DuplicatesReply, DuplicatesRequest } from "../../../src/search/types.ts";
import { createMemoryLibrary, createMemoryModel, fingerprint, hashOf } from "../../support/memory-library.ts";

const { signal } = new AbortController();
const names = ["a", "b", "c", "d", "e"];
const photos = names.map((name) => ({ contentHash: hashOf(name) }));
const copies = photos.map(({ contentHash }) => fingerprint({ contentHash, files: 2 }));
const ask = (request: DuplicatesRequest, libraryId = "library-1"): Promise<DuplicatesReply> =>
  createSearch(createMemoryLibrary(photos, { libraryId, fingerprints: copies })).duplicates(request, signal);

test("pages of groups join without gaps", async () => {
  const whole = await ask({ kind: "exact" });
  const pages = [await ask({ kind: "exact", limit: 2 })];
  for (let cursor = pages[0]?.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor) {
    pages.push(await ask({ kind: "exact", limit: 2, cursor }));
  }
  expect(pages.map(({ groups }) => groups.length)).toEqual([2, 2, 1]);
  expect(pages.flatMap(({ groups }) => groups)).toEqual(whole.groups);
  expect(whole).toMatchObject({ total: 5, kind: "exact" });
});

test("a cursor of another class or library is refused", async () => {
  const { nextCursor: cursor } = await ask({ kind: "exact", limit: 2 });
  await expect(ask({ kind: "near", cursor })).rejects.toThrow(/another search/);
  await expect(ask({ kind: "exact", cursor }, "library-2")).rejects.toThrow(/another library/);
});

test.each<[DuplicatesRequest, RegExp]>([
  [{ kind: "near", distance: 17 }, /whole number from 0 to 16 for distance, received 17/],
  [{ kind: "near", distance: 1.5 }, /for distance/],
  [{ kind: "exact", limit: 0 }, /for limit/],
  [{ kind: "exact", folders: ["nowhere"] }, /No folder of this library/],
])("%j is refused", async (request, message) => {
  await expect(ask(request)).rejects.toThrow(message);
});

test("flat pictures are named in a note", async () => {
  const blank = photos.map(({ contentHash }) => fingerprint({ contentHash, perceptualHash: new Uint8Array(18) }));
  const reply = await createSearch(createMemoryLibrary(photos, { fingerprints: blank })).duplicates(
    { kind: "near" },
    signal,
  );
  expect(reply).toMatchObject({ total: 0, notes: [expect.stringMatching(/^5 flat or blank pictures/)] });
});

test("shots without perceptual hash are a burst when their vectors stand out from the library", async () => {
  const model = createMemoryModel({ dimension: 3, words: {} });
  const others = Array.from({ length: 30 }, (_, position) => ({
    contentHash: hashOf(`other ${position}`),
    vector: [Math.cos(position), Math.sin(position), (position % 5) - 2],
  }));
  const vectors = [
    [1, 0, 0.1],
    [1, 0, 0.1],
    [0, 1, -3],
  ];
  const shots = vectors.map((vector, position) => ({ contentHash: hashOf(`shot ${position}`), vector }));
  const fingerprints = shots.map(({ contentHash }, position) =>
    fingerprint({ contentHash, camera: "Nikon Z6", capturedKey: position * 1_000 }),
  );
  const library = createMemoryLibrary([...others, ...shots], { model, fingerprints });
  const { groups } = await createSearch(library).duplicates({ kind: "burst" }, signal);
  expect(groups.map((group) => group.photos.map(({ contentHash }) => contentHash).toSorted())).toEqual([
    [hashOf("shot 0"), hashOf("shot 1")].toSorted(),
  ]);
});

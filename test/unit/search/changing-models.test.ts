import { expect, test } from "vitest";
import { createSearch } from "../../../src/search/search.ts";
import type { SearchDeps, SearchTerm } from "../../../src/search/types.ts";
import { createMemoryLibrary, createMemoryModel, hashOf } from "../../support/memory-library.ts";

const never = new AbortController().signal;
const photos = [
  { contentHash: hashOf("boat"), vector: [1, 0], text: "boat" },
  { contentHash: hashOf("tree"), vector: [0, 1], text: "tree" },
];
const model = createMemoryModel({ words: { boat: [1, 0] }, dimension: 2 });
const words = (text: string): SearchTerm => ({ source: { kind: "text", text }, weight: 1 });

const withoutFiles = (): SearchDeps => ({
  ...createMemoryLibrary(photos),
  absentModel: async () => "siglip2-base-patch16-224",
});

test("a search whose model's files are gone finds words and says why it finds no pictures", async () => {
  const reply = await createSearch(withoutFiles()).search({ terms: [words("boat")] }, never);
  expect(reply.hits.map(({ photo }) => photo.contentHash)).toEqual([hashOf("boat")]);
  expect(reply.notes.join(" ")).toMatch(/files of this library's model siglip2-base-patch16-224 are not installed/);
  expect(reply.notes.join(" ")).toContain("photon models download siglip2-base-patch16-224");
});

test.each([
  { terms: [words("boat")], mode: "vector" },
  { terms: [{ source: { kind: "photo", id: hashOf("boat").slice(0, 12) }, weight: 1 }] },
] as const)("a search that needs the missing model is refused with the way out", async (request) => {
  await expect(createSearch(withoutFiles()).search(request, never)).rejects.toMatchObject({
    message: expect.stringContaining("are not installed") as string,
    hint: expect.stringContaining("photon models download siglip2-base-patch16-224") as string,
  });
});

test("a search in words alone needs no model and says nothing of it", async () => {
  const reply = await createSearch(withoutFiles()).search({ terms: [words("boat")], mode: "text" }, never);
  expect(reply.notes).toEqual([]);
});

test("index and model of one search belong together, also when the library turns to another model in between", async () => {
  const next = { ...model, vectorKey: "next@00000000/fp32/p1" };
  const [before, after] = [createMemoryLibrary(photos, { model }), createMemoryLibrary(photos, { model: next })];
  let asked = 0;
  const switching: SearchDeps = {
    ...after,
    index: () => ((asked += 1) === 1 ? before.index() : after.index()),
  };
  const reply = await createSearch(switching).search({ terms: [words("boat")] }, never);
  expect(reply.model?.vectorKey).toBe(next.vectorKey);
  expect(asked).toBe(2);
});

test("an index that never fits the model is a bug and no wrong answer", async () => {
  const deps: SearchDeps = {
    ...createMemoryLibrary(photos, { model }),
    model: async () => ({ ...model, vectorKey: "other@00000000/fp32/p1" }),
  };
  await expect(createSearch(deps).search({ terms: [words("boat")] }, never)).rejects.toMatchObject({
    code: "internal",
  });
});

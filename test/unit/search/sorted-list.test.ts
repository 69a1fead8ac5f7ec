import { expect, test } from "vitest";
import { createSearch } from "../../../src/search/search.ts";
import { listSorted } from "../../../src/search/sorted-list.ts";
import type { SearchReply, SearchRequest } from "../../../src/search/types.ts";
import type { MemoryPhoto } from "../../support/memory-library.ts";
import { createMemoryLibrary, createMemoryModel, hashOf } from "../../support/memory-library.ts";

const { signal } = new AbortController();
const NAMES = ["spring", "summer", "autumn", "undated"] as const;
type Name = (typeof NAMES)[number];

const photo = (name: Name, given: Partial<MemoryPhoto>): MemoryPhoto => ({
  contentHash: hashOf(name),
  text: "a lake",
  vector: [1, 0],
  tags: name === "autumn" ? [] : ["lake"],
  ...given,
});

const PHOTOS = [
  photo("spring", { capturedKey: Date.UTC(2024, 3, 1), addedAt: 20 }),
  photo("summer", { capturedKey: Date.UTC(2024, 6, 1), addedAt: 40 }),
  photo("autumn", { capturedKey: Date.UTC(2024, 9, 1), addedAt: 10 }),
  photo("undated", { addedAt: 30 }),
];
const model = createMemoryModel({ dimension: 2, words: { lake: [1, 0.1], nothing: [-1, 0] } });

const namesOf = ({ hits }: SearchReply): readonly (Name | undefined)[] =>
  hits.map(({ photo: { contentHash } }) => NAMES.find((name) => hashOf(name) === contentHash));
const search = (request: SearchRequest): Promise<SearchReply> =>
  createSearch(createMemoryLibrary(PHOTOS, { model })).search(request, signal);
const lake = { terms: [{ source: { kind: "text", text: "lake" }, weight: 1 }] } as const;

test.each([
  [undefined, ["autumn", "summer", "spring", "undated"]],
  ["relevance", ["autumn", "summer", "spring", "undated"]],
  ["newest", ["autumn", "summer", "spring", "undated"]],
  ["oldest", ["spring", "summer", "autumn", "undated"]],
  ["added", ["summer", "undated", "spring", "autumn"]],
] as const)("everything, sorted by %s", async (sort, expected) => {
  expect(namesOf(await search({ sort }))).toEqual(expected);
});

test("a filter leaves the order as it is", async () => {
  expect(namesOf(await search({ sort: "added", filters: { tags: ["lake"] } }))).toEqual([
    "summer",
    "undated",
    "spring",
  ]);
  expect(namesOf(await search({ sort: "oldest", filters: { from: "2024" } }))).toEqual(["spring", "summer", "autumn"]);
});

test("matches are sorted, and keep their scores", async () => {
  const reply = await search({ ...lake, sort: "oldest" });
  expect(namesOf(reply)).toEqual(["spring", "summer", "autumn", "undated"]);
  expect(reply.hits.every(({ score }) => score !== undefined && score > 0.5)).toBe(true);
  expect(namesOf(await search({ ...lake, sort: "added" }))).toEqual(["summer", "undated", "spring", "autumn"]);
});

test.each(["newest", "oldest", "added"] as const)("pages by %s follow each other", async (sort) => {
  const whole = namesOf(await search({ ...lake, sort }));
  const first = await search({ ...lake, sort, limit: 3 });
  const second = await search({ ...lake, sort, limit: 3, cursor: first.nextCursor });
  expect([...namesOf(first), ...namesOf(second)]).toEqual(whole);
});

test("a cursor of one order is refused in another", async () => {
  const { nextCursor } = await search({ sort: "oldest", limit: 2 });
  await expect(search({ sort: "added", limit: 2, cursor: nextCursor })).rejects.toThrow(/another search/);
});

const MANY = 6_000;

test("in a large library the last added that pass are met one lot after another", async () => {
  const photos = Array.from({ length: MANY }, (_, number) => ({
    contentHash: hashOf(String(number)),
    addedAt: number,
    tags: number % 10 === 0 ? [] : ["kept"],
  }));
  const { catalogue, index } = createMemoryLibrary(photos, { model });
  const filter = { tags: [["kept"]] };
  const query = { filter, passing: (MANY * 9) / 10, needed: 700, signal };
  const listed = await listSorted({ catalogue, index: await index() }, "added", query);
  const expected = photos
    .filter(({ tags }) => tags.length > 0)
    .toReversed()
    .map(({ contentHash }) => contentHash);
  expect(listed.length).toBeGreaterThanOrEqual(700);
  expect(listed).toEqual(expected.slice(0, listed.length));
});

test.each([
  ["no-photos", [], {}],
  ["filters", PHOTOS, { filters: { tags: ["mountain"] } }],
  ["no-match", PHOTOS, { terms: [{ source: { kind: "text", text: "nothing" }, weight: 1 }] }],
  ["min-score", PHOTOS, { terms: [{ source: { kind: "vector", vector: [1, 1] }, weight: 1 }], minScore: 1 }],
  ["page", PHOTOS, { page: 9 }],
] as const)("an empty reply says why: %s", async (reason, photos, request) => {
  const reply = await createSearch(createMemoryLibrary(photos, { model })).search(request, signal);
  expect(reply.hits).toEqual([]);
  expect(reply.emptyBecause).toBe(reason);
});

test("a reply with hits has no reason to be empty", async () => {
  expect(await search(lake)).not.toHaveProperty("emptyBecause");
});

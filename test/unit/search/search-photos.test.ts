import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError, NotFoundError } from "../../../src/errors.ts";
import { FUSION_K } from "../../../src/search/rank-fusion.ts";
import { createSearch } from "../../../src/search/search.ts";
import type { SearchDeps, SearchReply, SearchRequest, SearchTerm } from "../../../src/search/types.ts";
import type { MemoryPhoto } from "../../support/memory-library.ts";
import { createMemoryLibrary, createMemoryModel, hashOf } from "../../support/memory-library.ts";

const { signal } = new AbortController();
const text = (words: string, weight = 1): SearchTerm => ({ source: { kind: "text", text: words }, weight });
const id = (name: string): string => hashOf(name).slice(0, 12);

const model = createMemoryModel({
  dimension: 3,
  words: { dog: [1, 0, 0], beach: [0, 1, 0], fruit: [0, 0, 1], nothing: [-1, -1, -1], "dog beach": [1, 1, 0] },
});

const PHOTOS: readonly MemoryPhoto[] = [
  { contentHash: hashOf("dog"), vector: [1, 0.1, 0], text: "a brown dog", tags: ["dog"], path: "/photos/pets/1.jpg" },
  { contentHash: hashOf("dog-fruit"), vector: [1, 0, 0.9], text: "fruit bowl", tags: ["fruit"] },
  { contentHash: hashOf("beach"), vector: [0, 1, 0], text: "sea and sand", capturedKey: Date.UTC(2024, 5, 1) },
  { contentHash: hashOf("words-only"), text: "dog tag", capturedKey: Date.UTC(2024, 8, 30, 23, 59, 59) },
  { contentHash: hashOf("vienna"), vector: [0.2, 0.9, 0.1], latitude: 48.2, longitude: 16.37 },
];

const ask = (request: SearchRequest, deps: SearchDeps = createMemoryLibrary(PHOTOS, { model })): Promise<SearchReply> =>
  createSearch(deps).search(request, signal);
const names = (reply: SearchReply): readonly string[] =>
  reply.hits.map(
    ({ photo }) =>
      ["dog", "dog-fruit", "beach", "words-only", "vienna"].find((name) => hashOf(name) === photo.contentHash) ?? "?",
  );

describe("ranking", () => {
  test("fused shares are 1 / (k + rank) of each signal", async () => {
    const reply = await ask({ terms: [text("dog")], explain: true });
    const [first] = reply.hits;
    expect(names(reply)[0]).toBe("dog");
    expect(first?.signals?.vector).toMatchObject({ rank: 1, share: 1 / (FUSION_K + 1) });
    expect(first?.signals?.text).toMatchObject({ coverage: 1 });
    const textRank = first?.signals?.text?.rank ?? 0;
    expect(first?.signals?.fused).toBeCloseTo(1 / 61 + 1 / (60 + textRank), 12);
  });

  test("a photo without vector is found by its words, before weak vectors", async () => {
    const reply = await ask({ terms: [text("dog")] });
    expect(names(reply).slice(0, 3).toSorted()).toEqual(["dog", "dog-fruit", "words-only"]);
    expect(reply).toMatchObject({ match: "good", mode: "hybrid", calibrationId: "memory-prior" });
  });

  test("negative terms push down what they mean", async () => {
    const plain = await ask({ terms: [text("dog")], mode: "vector" });
    const without = await ask({
      terms: [text("dog"), text("fruit", -1)],
      mode: "vector",
      explain: true,
      includeWeak: true,
    });
    expect(names(plain).indexOf("dog-fruit")).toBe(1);
    expect(names(without)[0]).toBe("dog");
    expect(without.hits.find(({ id: shown }) => shown === id("dog-fruit"))?.signals?.penalty).toBeGreaterThan(0.5);
    const scoreIn = (reply: SearchReply): number =>
      reply.hits.find(({ id: shown }) => shown === id("dog-fruit"))?.score ?? 0;
    expect(scoreIn(without)).toBeLessThan(scoreIn(plain) / 2);
    expect(names(await ask({ terms: [text("dog"), text("fruit", -1)], mode: "vector" }))).toEqual(["dog"]);
  });

  test("negative words push down photos without vector too", async () => {
    const reply = await ask({ terms: [text("dog"), text("tag", -1)], mode: "text", explain: true, includeWeak: true });
    expect(names(reply)).toEqual(["dog", "words-only"]);
    expect(reply.hits[1]).toMatchObject({ score: 0, match: "weak", signals: { penalty: 0.9 } });
  });

  test("weights shift a mixed query", async () => {
    const towards = async (dog: number, beach: number): Promise<string | undefined> =>
      names(await ask({ terms: [text("dog", dog), text("beach", beach)], mode: "vector", includeWeak: true }))[0];
    expect(await towards(5, 1)).toBe("dog");
    expect(await towards(1, 5)).toBe("vienna");
  });

  test("a photo finds its like, and leaves itself out when asked", async () => {
    const term: SearchTerm = { source: { kind: "photo", id: id("beach") }, weight: 1 };
    expect(names(await ask({ terms: [term] }))[0]).toBe("beach");
    const similar = await ask({ terms: [term], excludeTermPhotos: true });
    expect(names(similar)).not.toContain("beach");
    expect(names(similar)[0]).toBe("vienna");
    expect(similar.mode).toBe("vector");
  });
});

describe("match", () => {
  test("none lists no photos and says so", async () => {
    const reply = await ask({ terms: [text("nothing")], mode: "vector" });
    expect(reply).toMatchObject({ match: "none", hits: [], total: 5 });
    expect(reply.notes.join()).toMatch(/Nothing in this library matches \(5 photos searched\)/);
  });

  test("what is no better than chance is listed only when asked for", async () => {
    expect(names(await ask({ terms: [text("beach")], mode: "vector" })).toSorted()).toEqual(["beach", "vienna"]);
    const all = await ask({ terms: [text("beach")], mode: "vector", includeWeak: true });
    expect(all.match).toBe("good");
    expect(all.hits.map(({ match }) => match)).toEqual(["good", "good", "weak", "weak"]);
  });

  test("none with weak ones asked for lists them as weak", async () => {
    const reply = await ask({ terms: [text("nothing")], mode: "vector", includeWeak: true });
    expect(reply.match).toBe("none");
    expect(reply.hits.map(({ match }) => match)).toEqual(["weak", "weak", "weak", "weak"]);
  });

  test("an exact text hit is good even when vectors see nothing", async () => {
    const reply = await ask({ terms: [text("brown dogs")] });
    expect(names(reply)[0]).toBe("dog");
    expect(reply.match).toBe("good");
  });

  test("half of the words is weak, fewer is none", async () => {
    const library = createMemoryLibrary(PHOTOS);
    expect((await ask({ terms: [text("brown bear")] }, library)).match).toBe("weak");
    expect((await ask({ terms: [text("brown bear in woods")] }, library)).match).toBe("none");
  });

  test("a minimum score cuts the list", async () => {
    const reply = await ask({ terms: [text("dog")], minScore: 0.8 });
    expect(reply.hits.length).toBeGreaterThan(0);
    expect(reply.hits.every(({ score }) => (score ?? 0) >= 0.8)).toBe(true);
    const none = await ask({ terms: [text("beach")], mode: "vector", minScore: 1 });
    expect(none.hits).toEqual([]);
    expect(none.notes.join()).toMatch(/minimum score of 1/);
  });
});

describe("filters", () => {
  test("dates scope the search and count undated photos", async () => {
    const reply = await ask({ filters: { from: "2024-06", to: "2024-09" } });
    expect(names(reply)).toEqual(["words-only", "beach"]);
    expect(reply).toMatchObject({ mode: "browse", total: 2, undatedExcluded: 3 });
    expect(reply.notes.join()).toMatch(/3 photos without a capture time are left out by the dates/);
  });

  test("near keeps what lies within the distance", async () => {
    const near = { latitude: 48.3, longitude: 16.37, kilometres: 12 };
    expect(names(await ask({ filters: { near } }))).toEqual(["vienna"]);
    expect(names(await ask({ filters: { near: { ...near, kilometres: 5 } } }))).toEqual([]);
  });

  test("folders are named by their last part", async () => {
    expect(names(await ask({ filters: { folders: ["Pets"] } }))).toEqual(["dog"]);
    await expect(ask({ filters: { folders: ["pest"] } })).rejects.toThrow(NotFoundError);
    await expect(ask({ filters: { folders: ["pest"] } })).rejects.toMatchObject({
      hint: expect.stringContaining('"pets"') as string,
    });
  });

  test("filters scope a ranked search and its total", async () => {
    const reply = await ask({ terms: [text("dog")], filters: { tags: ["Fruit"] } });
    expect(names(reply)).toEqual(["dog-fruit"]);
    expect(reply.total).toBe(1);
    expect(names(await ask({ terms: [text("dog")], filters: { withoutTags: ["fruit"] } }))).not.toContain("dog-fruit");
  });

  test("browsing lists newest first, undated last", async () => {
    const reply = await ask({});
    expect(names(reply).slice(0, 2)).toEqual(["words-only", "beach"]);
    expect(reply.hits).toHaveLength(5);
    expect(reply.hits[0]?.score).toBeUndefined();
  });

  test("no photo passes: the filters are named, or the index that is not there", async () => {
    const reply = await ask({ terms: [text("dog")], filters: { tags: ["zebra"] } });
    expect(reply.notes).toEqual(["No photo passes the filters; leave one out or widen it."]);
    const { index } = createMemoryLibrary([], { model });
    const lost = { ...createMemoryLibrary(PHOTOS, { model }), index };
    for (const filters of [{}, { tags: ["dog"] }]) {
      expect((await ask({ terms: [text("dog")], filters }, lost)).notes.join()).toMatch(/photon index rebuild/);
      expect((await ask({ filters }, lost)).notes.join()).toMatch(/photon index rebuild/);
    }
  });

  test("a page behind the last one says where the list ends", async () => {
    expect((await ask({ terms: [text("beach")], mode: "vector", page: 9 })).notes).toEqual([
      "There is no such page: the list ends after 2 photos.",
    ]);
    expect((await ask({ page: 9 })).notes).toEqual(["There is no such page: the list ends after 5 photos."]);
  });

  test("an empty library says how to fill it", async () => {
    const reply = await ask({ terms: [text("dog")] }, createMemoryLibrary([], { model }));
    expect(reply).toMatchObject({ match: "none", hits: [], total: 0 });
    expect(reply.notes.join()).toMatch(/photon process/);
  });
});

describe("without a model", () => {
  const library = createMemoryLibrary(PHOTOS);

  test("words and filters work and the reply says what is missing", async () => {
    const reply = await ask({ terms: [text("dog")] }, library);
    expect(names(reply).toSorted()).toEqual(["dog", "words-only"]);
    expect(reply).toMatchObject({ match: "good", mode: "text" });
    expect(reply.notes.join()).toMatch(/no embedding model/);
  });

  test("pictures and the mode vector are refused", async () => {
    await expect(ask({ terms: [{ source: { kind: "file", path: "x.jpg" }, weight: 1 }] }, library)).rejects.toThrow(
      /with an embedding model for a picture term/,
    );
    await expect(ask({ terms: [text("dog")], mode: "vector" }, library)).rejects.toThrow(/for the mode vector/);
  });
});

describe("wrong requests", () => {
  test.each<[SearchRequest, RegExp]>([
    [{ terms: [text("dog", -1)] }, /at least one term to search for/],
    [{ terms: [text("dog", 0)] }, /weight above or below 0/],
    [{ limit: 0 }, /whole number from 1 to 1000 for limit/],
    [{ minScore: 2 }, /number from 0 to 1 for min score/],
    [{ page: 0 }, /whole number from 1 for page/],
    [{ filters: { minRating: 6 } }, /rating from 0 to 5/],
    [{ filters: { near: { latitude: 91, longitude: 0, kilometres: 1 } } }, /latitude/],
    [{ terms: [{ source: { kind: "vector", vector: [1, 2] }, weight: 1 }] }, /vector of 3 numbers for model memory/],
    [{ terms: [{ source: { kind: "vector", vector: [0, 0, 0] }, weight: 1 }] }, /zero or not finite/],
    [{ terms: [{ source: { kind: "photo", id: "abc" }, weight: 1 }] }, /photo id of 12 to 64/],
    [{ terms: [{ source: { kind: "photo", id: id("words-only") }, weight: 1 }] }, /with a vector of model memory/],
    [{ terms: [text("dog"), { source: { kind: "vector", vector: [-1, 0, 0] }, weight: 1 }] }, /cancel each other/],
    [{ terms: [{ source: { kind: "photo", id: id("beach") }, weight: 1 }], mode: "text" }, /words only in text mode/],
  ])("%j", async (request, message) => {
    await expect(ask(request)).rejects.toThrow(InvalidInputError);
    await expect(ask(request)).rejects.toThrow(message);
  });

  test("an unknown id is not found", async () => {
    const term: SearchTerm = { source: { kind: "photo", id: "000000000000" }, weight: 1 };
    await expect(ask({ terms: [term] })).rejects.toThrow(NotFoundError);
  });

  test("an ambiguous id lists longer ones", async () => {
    const hashes = ["a".repeat(12) + "1".repeat(52), "a".repeat(12) + "2".repeat(52)];
    const library = createMemoryLibrary(
      hashes.map((contentHash) => ({ contentHash, vector: [1, 0, 0] })),
      { model },
    );
    const term: SearchTerm = { source: { kind: "photo", id: "a".repeat(12) }, weight: 1 };
    await expect(ask({ terms: [term] }, library)).rejects.toMatchObject({
      hint: "Use a longer one: aaaaaaaaaaaa1, aaaaaaaaaaaa2.",
    });
    expect((await ask({}, library)).hits.map((hit) => hit.id)).toEqual(["aaaaaaaaaaaa1", "aaaaaaaaaaaa2"]);
  });

  test("an aborted search rejects with the reason", async () => {
    await expect(
      createSearch(createMemoryLibrary(PHOTOS, { model })).search({ terms: [text("dog")] }, AbortSignal.abort()),
    ).rejects.toMatchObject({ name: "AbortError" });
  });
});

const randomLibrary = fc
  .array(
    fc.record({
      vector: fc.option(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), fc.constant(1))),
      text: fc.constantFrom("", "dog", "dog beach", "beach", "red dog on the beach", "fruit"),
      capturedKey: fc.option(fc.integer({ min: 0, max: 3 })),
    }),
    { maxLength: 60 },
  )
  .map((rows) =>
    createMemoryLibrary(
      rows.map(({ vector, text: words, capturedKey }, position) => ({
        contentHash: hashOf(`photo ${position}`),
        text: words,
        ...(vector === null ? {} : { vector }),
        ...(capturedKey === null ? {} : { capturedKey }),
      })),
      { model },
    ),
  );
const randomRequest = fc.record({
  terms: fc.constantFrom<readonly SearchTerm[]>(
    [],
    [text("dog")],
    [text("dog beach")],
    [text("dog"), text("beach", -1)],
    [text("beach", 2), text("dog"), text("fruit", -0.5)],
  ),
  mode: fc.constantFrom("hybrid", "vector", "text"),
  includeWeak: fc.boolean(),
});

const allPages = async (deps: SearchDeps, request: SearchRequest): Promise<readonly SearchReply[]> => {
  const replies = [await ask(request, deps)];
  for (let cursor = replies[0]?.nextCursor; cursor !== undefined; cursor = replies.at(-1)?.nextCursor) {
    replies.push(await ask({ ...request, cursor }, deps));
  }
  return replies;
};

describe("for any library and request", () => {
  test("pages together are the whole list: no gaps, no duplicates, the same again", async () => {
    await fc.assert(
      fc.asyncProperty(randomLibrary, randomRequest, fc.integer({ min: 1, max: 7 }), async (deps, request, limit) => {
        const whole = await ask({ ...request, limit: 1_000 }, deps);
        const pages = await allPages(deps, { ...request, limit });
        const hits = pages.flatMap((page) => page.hits);
        expect(hits).toEqual(whole.hits);
        expect(new Set(hits.map((hit) => hit.id)).size).toBe(hits.length);
        expect(hits.map(({ rank }) => rank)).toEqual(hits.map((_, position) => position + 1));
        const third = await ask({ ...request, limit, page: 3 }, deps);
        expect(third.hits).toEqual(whole.hits.slice(2 * limit, 3 * limit));
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  test("scores never rise down the list and lie in 0..1", async () => {
    await fc.assert(
      fc.asyncProperty(randomLibrary, randomRequest, async (deps, request) => {
        fc.pre(request.terms.length > 0);
        const { hits } = await ask({ ...request, limit: 1_000 }, deps);
        const scores = hits.map(({ score }) => score ?? Number.NaN);
        expect(scores).toEqual(scores.toSorted((left, right) => right - left));
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
        const classes = hits.map(({ match }) => (match === "good" ? 0 : 1));
        expect(classes).toEqual(classes.toSorted((left, right) => left - right));
      }),
      { numRuns: 150, seed: 8 },
    );
  });
});

test("photos beyond the first window are ranked like the ones in it", async () => {
  const photos = Array.from({ length: 450 }, (_, position) => ({
    contentHash: hashOf(`many ${position}`),
    vector: [1, position / 450, 0],
    text: position % 3 === 0 ? "dog" : "cat",
  }));
  const library = createMemoryLibrary(photos, { model });
  const whole = await ask({ terms: [text("dog")], limit: 1_000 }, library);
  expect(whole.hits).toHaveLength(450);
  const pages = await allPages(library, { terms: [text("dog")], limit: 37 });
  expect(pages.flatMap((page) => page.hits)).toEqual(whole.hits);
});

test("weak photos wait until no good one can follow from a larger window", async () => {
  const good = Array.from({ length: 300 }, (_, position) => ({
    contentHash: hashOf(`good ${position}`),
    vector: [1, position / 1_000, 0],
  }));
  const weak = Array.from({ length: 50 }, (_, position) => ({ contentHash: hashOf(`weak ${position}`), text: "dog" }));
  const library = createMemoryLibrary([...weak, ...good], { model });
  const { hits } = await ask({ terms: [text("dog beach")], limit: 1_000 }, library);
  expect(hits.map(({ match }) => match)).toEqual([...good.map(() => "good"), ...weak.map(() => "weak")]);
});

test("paging goes on after the last photo shown when new photos came in between", async () => {
  const photo = (name: string, capturedKey: number): MemoryPhoto => ({ contentHash: hashOf(name), capturedKey });
  const before = [photo("a", 40), photo("b", 30), photo("c", 20), photo("d", 10)];
  const first = await ask({ limit: 2 }, createMemoryLibrary(before));
  const grown = createMemoryLibrary([photo("new", 50), ...before]);
  const second = await ask({ limit: 2, cursor: first.nextCursor }, grown);
  expect(second.hits.map((hit) => hit.photo.contentHash)).toEqual([hashOf("c"), hashOf("d")]);
});

describe("cursors", () => {
  const library = createMemoryLibrary(PHOTOS, { model });
  const request: SearchRequest = { terms: [text("dog")], limit: 1, includeWeak: true };
  const cursorOf = async (): Promise<string> => (await ask(request, library)).nextCursor ?? "";

  test("every changed character is noticed", async () => {
    const cursor = await cursorOf();
    for (let position = 0; position < cursor.length; position += 1) {
      const changed = `${cursor.slice(0, position)}${cursor[position] === "A" ? "B" : "A"}${cursor.slice(position + 1)}`;
      await expect(ask({ ...request, cursor: changed }, library)).rejects.toThrow(/Expected a cursor of this search/);
    }
  });

  test("another spelling of the same bytes is noticed", async () => {
    const cursor = await cursorOf();
    const padded = cursor.length % 4 === 0 ? `${cursor}=` : cursor.padEnd(Math.ceil(cursor.length / 4) * 4, "=");
    await expect(ask({ ...request, cursor: padded }, library)).rejects.toThrow(/photon did not make/);
  });

  test.each(["", "x", "null", "bm90IGpzb24", Buffer.from("[1,2]").toString("base64url")])(
    "%j is refused",
    async (cursor) => {
      await expect(ask({ ...request, cursor }, library)).rejects.toThrow(InvalidInputError);
    },
  );

  test("it belongs to its request and its library, not to a page size", async () => {
    const cursor = await cursorOf();
    await expect(ask({ ...request, terms: [text("beach")], cursor }, library)).rejects.toThrow(/another search/);
    const other = createMemoryLibrary(PHOTOS, { model, libraryId: "library-2" });
    await expect(ask({ ...request, cursor }, other)).rejects.toThrow(/another library/);
    expect((await ask({ ...request, limit: 3, explain: true, cursor }, library)).hits[0]?.rank).toBe(2);
  });
});

/** Standing watches: what is offered for a photo, what a match does, and how it goes without a language model. */
import { expect, test } from "vitest";
import type { WatchApi } from "../../../src/app/enrichment/watches.ts";
import { createWatchApi } from "../../../src/app/enrichment/watches.ts";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { loadConfig } from "../../../src/config.ts";
import type { SearchModel } from "../../../src/search/types.ts";
import { photoBytes } from "../../support/photos.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";

const NEVER = new AbortController().signal;
const KEY = "test@00000000/fp32/p1";
const NEW = { threshold: 0.7, autoAdd: false } as const;

/** A model of two dimensions: cats lie along the first, everything else along the second. */
const model = (calls: string[] = []): SearchModel => ({
  modelId: "test",
  vectorKey: KEY,
  dimension: 2,
  calibration: { id: "test", scale: 10, bias: -5, noMatchBelow: 0.3, goodFrom: 0.6 },
  basic: false,
  embedTexts: (texts) => {
    calls.push(...texts);
    return Promise.resolve(texts.map((text) => Float32Array.from(text.includes("cat") ? [1, 0] : [0, 1])));
  },
  embedFile: () => Promise.reject(new Error("not asked for")),
});

const watchesOf = async (library: EnrichmentLibrary, calls?: string[]): Promise<WatchApi> => {
  const { config } = loadConfig({ environment: library.environment, workingDirectory: library.folder });
  const kinds = await loadEnrichmentKinds({ config });
  return createWatchApi({
    catalogue: () => Promise.resolve(library.catalogue),
    kinds: () => Promise.resolve(kinds),
    model: () => Promise.resolve(model(calls)),
    nullSet: () => Promise.resolve(undefined),
  });
};

/** @param likeness cosine with a cat */
const addPhoto = async (library: EnrichmentLibrary, seed: number, likeness: number): Promise<string> => {
  const hash = await library.addPhoto(`${seed}.jpg`, await photoBytes(seed));
  await library.catalogue.vectorKeys.keepBeside({ vectorKey: KEY, modelId: "test", dimension: 2 });
  const bytes = Buffer.from(Float32Array.from([likeness, Math.sqrt(1 - likeness ** 2)]).buffer).toString("hex");
  await library.sql(`insert into embeddings (content_hash, vector_key, vector) values (?, ?, x'${bytes}')`, hash, KEY);
  return hash;
};

test("a watch is added with an album of its own, listed with its matches, and removed by name", async () => {
  await using library = await createEnrichmentLibrary();
  const watches = await watchesOf(library);
  const added = await watches.add({ ...NEW, name: "Our cat", query: "grey cat", album: "Cats", autoAdd: true });
  expect(added).toMatchObject({ name: "Our cat", query: "grey cat", album: "Cats", autoAdd: true, matches: 0 });
  await expect(watches.add({ ...NEW, name: "our CAT" })).rejects.toMatchObject({ code: "invalid-input" });
  await library.catalogue.albums.add(added.ownAlbumId, [await addPhoto(library, 1, 1)]);
  expect(await watches.list()).toMatchObject([{ name: "Our cat", matches: 1 }]);
  await watches.remove("our cat");
  expect(await watches.list()).toEqual([]);
  expect(await library.catalogue.albums.find("Our cat")).toMatchObject({ kind: "manual", photos: 1 });
  await expect(watches.remove("our cat")).rejects.toMatchObject({ code: "not-found" });
  const again = await watches.add({ ...NEW, name: "Our dog" });
  expect(again.id).toBeGreaterThan(added.id); // documents name watches by number
});

test("the watches that fit best are offered, five at most, each query embedded once", async () => {
  await using library = await createEnrichmentLibrary();
  const calls: string[] = [];
  const watches = await watchesOf(library, calls);
  const names = ["grey cat", "black cat", "red cat", "wild cat", "old cat", "young cat"];
  for (const name of names) await watches.add({ ...NEW, name });
  await watches.add({ ...NEW, name: "sunset" });
  const cat = await addPhoto(library, 1, 0.95);
  const other = await addPhoto(library, 2, 0);
  expect((await watches.offer(cat, NEVER)).map(({ name }) => name)).toEqual(names.slice(0, 5));
  expect((await watches.offer(other, NEVER)).map(({ name }) => name)).toEqual(["sunset"]);
  expect(calls.toSorted()).toEqual([...names, "sunset"].toSorted());
});

test("words of a photo count where its picture says nothing", async () => {
  await using library = await createEnrichmentLibrary();
  const watches = await watchesOf(library);
  await watches.add({ ...NEW, name: "harbour boats" });
  await watches.add({ ...NEW, name: "cats" });
  const hash = await library.addPhoto("boats.jpg", await photoBytes(1));
  await library.catalogue.tags.decide({ contentHashes: [hash], name: "boat", action: "add" });
  await library.catalogue.tags.decide({ contentHashes: [hash], name: "harbour", action: "add" });
  expect((await watches.offer(hash, NEVER)).map(({ name }) => name)).toEqual(["harbour boats"]);
});

test("no watch, no offer, and no model is asked", async () => {
  await using library = await createEnrichmentLibrary();
  const calls: string[] = [];
  const watches = await watchesOf(library, calls);
  expect(await watches.offer(await addPhoto(library, 1, 1), NEVER)).toEqual([]);
  expect(await watches.matchAlone(NEVER)).toEqual({ compared: 0, matched: 0 });
  expect(calls).toEqual([]);
});

test("without a language model the comparison decides: above the threshold, not at it", async () => {
  await using library = await createEnrichmentLibrary();
  const watches = await watchesOf(library);
  const { ownAlbumId } = await watches.add({ ...NEW, name: "our cat" });
  const likenessAt = (score: number): number => (Math.log(score / (1 - score)) + 5) / 10;
  const clear = await addPhoto(library, 1, 0.95);
  await addPhoto(library, 2, likenessAt(0.69));
  await addPhoto(library, 3, 0.1);
  expect(await watches.matchAlone(NEVER)).toEqual({ compared: 3, matched: 1 });
  expect(await library.catalogue.albums.photos(ownAlbumId)).toEqual([clear]);
  expect(await library.stateOf(clear, "watch_match")).toBe("CONFIRMED");
  expect(await library.sql("select message_type, content from events where message_type like 'llm_%'")).toMatchObject([
    { message_type: "llm_task_match_result" },
  ]);
  expect(await watches.matchAlone(NEVER)).toEqual({ compared: 0, matched: 0 }); // each photo once
  expect(await library.sql("select * from llm_call_logs")).toEqual([]);
});

test("asking often costs nothing: photos are compared once, by whoever comes first, and looked for when vectors came", async () => {
  await using library = await createEnrichmentLibrary();
  const calls: string[] = [];
  const [one, other] = [await watchesOf(library, calls), await watchesOf(library)];
  await one.add({ ...NEW, name: "our cat" });
  await addPhoto(library, 1, 0.95);
  await addPhoto(library, 2, 0);
  const both = await Promise.all([one.matchAlone(NEVER), other.matchAlone(NEVER)]);
  expect(both.reduce((sum, { matched }) => sum + matched, 0)).toBe(1);
  const documents = () => library.sql("select count(*) as documents, max(version) as version from documents");
  expect(await documents()).toEqual([{ documents: 2, version: 1 }]);
  const matches = "select count(*) as events from events where message_type = 'llm_task_match_result'";
  expect(await library.sql(matches)).toEqual([{ events: 1 }]);

  await library.sql("delete from enrichments where state = 'CONFIRMED' returning scope_id"); // would be found by a look
  expect(await one.matchAlone(NEVER)).toEqual({ compared: 0, matched: 0 });
  const third = await addPhoto(library, 3, 0.95);
  expect((await one.matchAlone(NEVER)).compared).toBeGreaterThanOrEqual(1);
  expect(await library.stateOf(third, "watch_match")).toBe("CONFIRMED");
  expect(calls).toEqual(["our cat"]);
});

test("a match joins the watch's own album at once, the other album with the yes, and leaves both when discarded", async () => {
  await using library = await createEnrichmentLibrary();
  const watches = await watchesOf(library);
  const { ownAlbumId } = await watches.add({ ...NEW, name: "our cat", album: "Cats" });
  const hash = await addPhoto(library, 1, 0.95);
  await watches.matchAlone(NEVER);
  const { albums, documents } = library.catalogue;
  const cats = (await albums.find("Cats"))?.albumId ?? "";
  const key = { scopeId: hash, documentType: "watch_match" };
  expect(await library.stateOf(hash, "watch_match")).toBe("READY_TO_CONFIRM");
  expect([await albums.photos(ownAlbumId), await albums.photos(cats)]).toEqual([[hash], []]);
  const { documentId } = (await documents.enrichment(key)) ?? {};
  await documents.confirm(key, documentId ?? "", [{ change: "join-album", albumId: cats }]);
  expect(await albums.photos(cats)).toEqual([hash]);
  await albums.add(cats, [await addPhoto(library, 2, 0)]); // put in by a person
  await documents.discard(key);
  expect([await albums.photos(ownAlbumId), (await albums.photos(cats)).length]).toEqual([[], 1]);
});

test("an album that adds by itself takes a match without a question", async () => {
  await using library = await createEnrichmentLibrary();
  const watches = await watchesOf(library);
  await watches.add({ ...NEW, name: "our cat", album: "Cats", autoAdd: true });
  const hash = await addPhoto(library, 1, 0.95);
  await watches.matchAlone(NEVER);
  const cats = (await library.catalogue.albums.find("Cats"))?.albumId ?? "";
  expect(await library.catalogue.albums.photos(cats)).toEqual([hash]);
});

test("photos from before the first watch are not compared", async () => {
  await using library = await createEnrichmentLibrary();
  const watches = await watchesOf(library);
  await addPhoto(library, 1, 0.95);
  await library.sql("update photos set created_at = 1 returning content_hash");
  await watches.add({ ...NEW, name: "our cat" });
  expect(await watches.matchAlone(NEVER)).toEqual({ compared: 0, matched: 0 });
});

test("an album carries the story of its own, and takes everything along when it goes", async () => {
  await using library = await createEnrichmentLibrary();
  const { albums, documents } = library.catalogue;
  const albumId = await albums.create("Summer");
  const scopeId = `album:${albumId}`;
  const write = {
    content: '{"status":"ok"}',
    createdByStep: "edit" as const,
    executionId: library.executionId,
    promptVersion: 1,
    promptHash: "",
    model: "user",
    autoConfirm: true,
    ready: [{ change: "set-profile" as const, profile: { tagline: "At the sea" } }],
    confirmed: [],
  };
  const key = { scopeId, documentType: "photo_story", kind: "photo_story" };
  await documents.writeVersion(key, write);
  expect(await albums.find("summer")).toMatchObject({ profile: { tagline: "At the sea" } });
  await documents.discard(key);
  expect((await albums.find("Summer"))?.profile).toBeUndefined();
  expect(await albums.remove(albumId)).toBe(true);
  expect(await library.sql("select * from enrichments")).toEqual([]);
  expect(await library.sql("select * from documents")).toEqual([]);
});

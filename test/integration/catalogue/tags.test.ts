/** Decisions of people, provenance, undoing, and tags of stored vectors anew. */
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { migrate } from "../../../src/catalogue/migrations.ts";
import { NodeSqliteDialect } from "../../../src/catalogue/node-sqlite-dialect.ts";
import { systemClock } from "../../../src/clock.ts";
import { createTagDecisions } from "../../../src/library/tag-decisions.ts";
import type { TagDecisions } from "../../../src/library/tag-decisions.ts";
import type { ScoredTag } from "../../../src/photo/types.ts";
import type { RetagDeps, RetagReport } from "../../../src/pipeline/retag.ts";
import { retag } from "../../../src/pipeline/retag.ts";
import { shownIds } from "../../../src/search/photo-ids.ts";
import { resolvePhoto } from "../../../src/search/show-photo.ts";
import { createTestCatalogue, storePhoto, TAG_RUN, visitRoot } from "../../support/catalogues.ts";
import { hashOf, unit } from "../../support/memory-library.ts";

const { vectorKey } = TAG_RUN;
const tag = (name: string, confidence = 0.9): ScoredTag => ({ name, confidence });

const decisionsOf = ({ tags, search }: Catalogue): TagDecisions =>
  createTagDecisions({ tags, resolve: (photo) => resolvePhoto(search, photo), shownIds });

/** A photo with a vector and tags of a model. */
const store = async (catalogue: Catalogue, content: string, tags: readonly ScoredTag[] = []): Promise<string> => {
  const rootId = await visitRoot(catalogue);
  return storePhoto(
    catalogue,
    { rootId, name: `${content}.jpg`, content },
    { embedding: { vectorKey, vector: unit([1, content.length]) }, tags: { run: TAG_RUN, tags } },
  );
};

const namesOf = async ({ tags }: Catalogue, hash: string): Promise<readonly string[]> =>
  ((await tags.shown([hash])).get(hash) ?? []).map(({ name }) => name);

const indexedText = async ({ index }: Catalogue, hash: string): Promise<string> =>
  (await index.rowsFor([hash], vectorKey))[0]?.text ?? "";

const marked = async ({ index }: Catalogue): Promise<readonly string[]> =>
  (await index.takeMarks(100)).map(({ contentHash }) => contentHash).toSorted();

const clearMarks = async ({ index }: Catalogue): Promise<void> => {
  await index.clearMarks(await index.takeMarks(1000), undefined);
};

const ALWAYS = new AbortController().signal;

const retagWith = (
  { tags }: Catalogue,
  names: (photo: Float32Array) => readonly ScoredTag[],
  {
    key = "1/new",
    token = "second",
    ...options
  }: { key?: string; token?: string; dryRun?: boolean; signal?: AbortSignal; onProgress?: () => void } = {},
): Promise<RetagReport> => {
  const deps: RetagDeps = {
    tags,
    tagger: {
      tagAll: async (vectors) =>
        Array.from({ length: vectors.length / 2 }, (_, photo) => names(vectors.subarray(2 * photo, 2 * photo + 2))),
    },
    run: { ...TAG_RUN, token },
    stale: { vectorKey, stageKey: key, untaggedOnly: false },
  };
  return retag(deps, { dryRun: false, signal: ALWAYS, ...options });
};
test("photos are filtered by what their tags are kinds of, too", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "boxer", [{ name: "Boxer", confidence: 0.9, ancestors: ["dog", "animal"] }]);
  const [row] = await catalogue.index.rowsFor([hash], vectorKey);
  expect(row?.tags).toEqual(["boxer", "dog", "animal"]);
  expect(row?.text).not.toContain("animal");
});

test("people's tags stand before a model's, are indexed, and outlast every run", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "a", [tag("Dog"), tag("grass")]);
  const { addTag, tagsOf } = decisionsOf(catalogue);
  await addTag(["/photos/a.jpg"], "  Our   garden ");
  await addTag([hash.slice(0, 12)], "DOG");
  expect(await namesOf(catalogue, hash)).toEqual(["Our garden", "DOG", "grass"]);
  expect(await indexedText(catalogue, hash)).toContain("our garden, dog, grass");
  await store(catalogue, "a", [tag("dog"), tag("lawn")]);
  await retagWith(catalogue, () => [tag("dog"), tag("meadow")]);
  expect((await tagsOf(hash)).tags).toMatchObject([
    { name: "Our garden", confidence: 1, provenance: { source: "user", runId: 2 } },
    { name: "DOG", confidence: 1, provenance: { source: "user", runId: 3 } },
    { name: "meadow", provenance: { source: "zero-shot", bankKey: "bank", calibrationId: "none", vectorKey } },
  ]);
});

test("a removed tag stays away, whatever is found later, until the removal is undone", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "a", [tag("Dog"), tag("grass")]);
  const { removeTag, undoTagRun } = decisionsOf(catalogue);
  const { run } = await removeTag(["/photos/a.jpg"], "dog");
  expect(await namesOf(catalogue, hash)).toEqual(["grass"]);
  expect(await indexedText(catalogue, hash)).not.toContain("dog");
  await store(catalogue, "a", [tag("dog")]);
  await retagWith(catalogue, () => [tag("Dog"), tag("cat")]);
  expect(await namesOf(catalogue, hash)).toEqual(["cat"]);
  expect(await undoTagRun(run)).toEqual({ run, source: "user", photos: 1 });
  expect(await namesOf(catalogue, hash)).toEqual(["Dog", "cat"]);
  await expect(undoTagRun(run)).rejects.toMatchObject({ code: "not-found" });
});

test("the newest decision counts, and undoing one leaves the others", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "a");
  const { addTag, removeTag, undoTagRun } = decisionsOf(catalogue);
  const first = await addTag([hash], "Lisbon");
  const removed = await removeTag([hash], "lisbon");
  expect(await namesOf(catalogue, hash)).toEqual([]);
  await addTag([hash], "lisbon");
  expect(await namesOf(catalogue, hash)).toEqual(["lisbon"]);
  await undoTagRun(removed.run);
  await undoTagRun(first.run);
  expect(await namesOf(catalogue, hash)).toEqual(["lisbon"]);
});

test("each decision marks its photos for the index and no others", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const [first, second] = [await store(catalogue, "a"), await store(catalogue, "b")];
  const { addTag, removeTag, undoTagRun } = decisionsOf(catalogue);
  await clearMarks(catalogue);
  const { run } = await addTag([first], "sea");
  expect(await marked(catalogue)).toEqual([first]);
  await clearMarks(catalogue);
  await undoTagRun(run);
  expect(await marked(catalogue)).toEqual([first]);
  await clearMarks(catalogue);
  await addTag([first, second], "sea");
  await clearMarks(catalogue);
  await removeTag([second], "sea");
  expect(await marked(catalogue)).toEqual([second]);
});

test("unknown photos, tags nobody has and names that are no names are refused", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "a", [tag("dog")]);
  const { addTag, removeTag } = decisionsOf(catalogue);
  await expect(addTag(["/photos/b.jpg"], "x")).rejects.toMatchObject({ code: "not-found" });
  await expect(removeTag([hash], "cat")).rejects.toMatchObject({ code: "not-found" });
  for (const name of ["", "   ", "a\u0007b", "x".repeat(101)]) {
    await expect(addTag([hash], name)).rejects.toMatchObject({ code: "invalid-input" });
  }
});

test("undoing a model's run takes its tags away and has the photos tagged again", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "a", [tag("dog")]);
  await retagWith(catalogue, () => [tag("cat")]);
  const runId = (await decisionsOf(catalogue).tagsOf(hash)).tags[0]?.provenance.runId ?? 0;
  expect(await decisionsOf(catalogue).undoTagRun(runId)).toMatchObject({ source: "zero-shot", photos: 1 });
  expect(await namesOf(catalogue, hash)).toEqual([]);
  expect(await retagWith(catalogue, () => [tag("cat")], { token: "third" })).toMatchObject({ photos: 1, changed: 1 });
  expect(await namesOf(catalogue, hash)).toEqual(["cat"]);
});

test("re-tagging stores what changed, marks that for the index, and does nothing the second time", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const [short, long] = [await store(catalogue, "a", [tag("dog")]), await store(catalogue, "bb", [tag("dog")])];
  await clearMarks(catalogue);
  const found = (photo: Float32Array): readonly ScoredTag[] =>
    (photo[1] ?? 0) > 0.8 ? [tag("cat"), tag("dog", 0.7)] : [tag("dog", 0.90001)];
  const report = { photos: 2, changed: 1, gained: [{ name: "cat", photos: 1 }], lost: [] };
  expect(await retagWith(catalogue, found, { dryRun: true })).toEqual(report);
  expect(await namesOf(catalogue, long)).toEqual(["dog"]);
  expect(await marked(catalogue)).toEqual([]);
  expect(await retagWith(catalogue, found)).toEqual(report);
  expect(await namesOf(catalogue, long)).toEqual(["cat", "dog"]);
  expect(await namesOf(catalogue, short)).toEqual(["dog"]);
  expect(await marked(catalogue)).toEqual([long]);
  expect(await retagWith(catalogue, found)).toMatchObject({ photos: 0, changed: 0 });
});

test("a run that is stopped goes on where it ended", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  for (let photo = 0; photo < 300; photo += 1) await store(catalogue, `photo ${photo}`);
  const stop = new AbortController();
  const onProgress = (): void => stop.abort();
  await expect(retagWith(catalogue, () => [tag("sea")], { signal: stop.signal, onProgress })).rejects.toThrow();
  const rest = await retagWith(catalogue, () => [tag("sea")]);
  expect(rest.photos).toBeGreaterThan(0);
  expect(rest.photos).toBeLessThan(300);
  const tagged = await setup.sql("select count(*) as photos from tags where name = 'sea'");
  expect(tagged).toMatchObject([{ photos: 300 }]);
});

test("a photo that is forgotten while it is tagged stays forgotten", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const hash = await store(catalogue, "a");
  await catalogue.tags.storeRetagged(
    TAG_RUN,
    [
      { contentHash: hash, tags: [tag("sea")] },
      { contentHash: hashOf("gone"), tags: [tag("sea")] },
    ],
    "1/x",
  );
  expect(await setup.sql("select content_hash as hash from tags")).toMatchObject([{ hash }]);
});

test("tags of an older library keep the bank they were taken from, as a run", async () => {
  const { DatabaseSync: Database } = await import("node:sqlite");
  const { Kysely } = await import("kysely");
  using database = new Database(":memory:");
  const kysely = new Kysely<unknown>({ dialect: new NodeSqliteDialect({ database, clock: systemClock }) });
  const { up: initial } = await import("../../../src/catalogue/migrations/0001-initial.ts");
  const { up: tagRuns } = await import("../../../src/catalogue/migrations/0003-tag-runs.ts");
  await migrate(database, kysely, () => "unused", [{ version: 1, name: "initial", up: initial }]);
  database.exec(`
    insert into photos (content_hash, rev, format, file_size, width, height, orientation, keywords, exif, created_at, updated_at)
      values ('p', 1, 'jpeg', 1, 1, 1, 1, '[]', '{}', 1, 1);
    insert into tags values ('p', 'dog', 'zero-shot', null, '[]', 0.9, 0, 'bank one', 7),
      ('p', 'own', 'sidecar', null, '[]', 1, 0, null, 8);`);
  await kysely.transaction().execute((transaction) => tagRuns(transaction as typeof kysely));
  const rows = database
    .prepare("select name, bank_key, at from tags left join tag_runs on tag_runs.id = tags.run_id order by name")
    .all();
  expect(rows).toMatchObject([
    { name: "dog", bank_key: "bank one", at: 7 },
    { name: "own", bank_key: null, at: null },
  ]);
});

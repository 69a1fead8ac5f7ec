import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { createTestCatalogue, finishedFile, placeOf, TAG_RUN, updateOf, visitRoot } from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";

/** Statements that `work` makes. */
const statementsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
  using prepared = vi.spyOn(DatabaseSync.prototype, "prepare");
  await work();
  const texts = prepared.mock.calls.map(([text]) => text);
  return [...new Set(texts)].filter((text) => !text.startsWith("pragma"));
};

const planOf = (database: DatabaseSync, text: string): readonly string[] => {
  const parameters = Array.from({ length: text.split("?").length - 1 }, () => null);
  return database
    .prepare(`explain query plan ${text}`)
    .all(...parameters)
    .map((row) => String(row["detail"]));
};

const walksThroughTable = (step: string): boolean =>
  /^SCAN (?!json_each)|\(state=/.test(step) && !/ (vector_keys|roots)\b/.test(step); // have a handful of rows

/** Everything a run of the pipeline and the committer ask for each batch. */
const runBatch = async (catalogue: Catalogue, rootId: number): Promise<void> => {
  const contents = ["a", "b", "c"];
  const hashes = contents.map(hashOf);
  const places = contents.map((name) => placeOf(rootId, `${name}.jpg`));
  const { files, index, photos } = catalogue;
  await files.find(
    rootId,
    places.map(({ path }) => path),
  );
  const claims = await files.claim(places);
  await files.heartbeat();
  await photos.commit({
    updates: contents.map((content) =>
      updateOf(content, { tags: { run: TAG_RUN, tags: [{ name: "boat", confidence: 0.9 }] } }),
    ),
    files: contents.flatMap((content, at) => (claims[at] === undefined ? [] : [finishedFile(claims[at], content)])),
  });
  await photos.load(hashes);
  await photos.stageKeys(hashes);
  await photos.vectors(hashes, "key");
  await photos.tags(hashes);
  await photos.forgottenAmong(hashes);
  await index.clearMarks(await index.rowsFor(hashes, "key"));
  await catalogue.search.summaries(hashes);
};

test("no statement of a batch walks through a whole table, or through all files of a state", async () => {
  await using library = await createTestCatalogue();
  const rootId = await visitRoot(library.catalogue);
  const statements = await statementsOf(() => runBatch(library.catalogue, rootId));
  expect(statements.length).toBeGreaterThan(15);
  using database = new DatabaseSync(library.path);
  const walks = statements.filter((text) => planOf(database, text).some(walksThroughTable));
  expect(walks).toEqual([]);
});

/** What has become of photos since somebody last asked. */
import { expect, test } from "vitest";
import type { ChangesApi, ChangesRequest } from "../../../src/app/changes.ts";
import { createChangesApi } from "../../../src/app/changes.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { hashOf } from "../../support/memory-library.ts";
import { DAY } from "../../../src/clock.ts";

const ALL = { kinds: [], limit: 100 } as const;

const open = ({ catalogue }: EnrichmentLibrary): ChangesApi["changes"] =>
  createChangesApi(() => Promise.resolve(catalogue)).changes;

const tell = ({ sql }: EnrichmentLibrary, type: string, content: object, at = 5): Promise<unknown> =>
  sql(
    "insert into events (user_id, message_type, content, created_at) values (1, ?, ?, ?)",
    type,
    JSON.stringify(content),
    at,
  );

const photo = (name: string): { readonly scope_id: string } => ({ scope_id: hashOf(name) });

test.each([
  ["photo_added", "added"],
  ["photo_moved", "moved"],
  ["photo_edited", "edited"],
  ["photo_missing", "missing"],
  ["photo_restored", "restored"],
  ["llm_image_tag_result", "enriched"],
  ["llm_caption_clean_result", "enriched"],
  ["llm_photo_story_result", "enriched"],
  ["llm_translate_result", "enriched"],
  ["llm_custom_result", "enriched"],
  ["llm_task_match_result", "matched"],
])("%s is told as %s", async (type, kind) => {
  await using library = await createEnrichmentLibrary();
  await tell(library, type, photo("a"), 1234);
  const { changes } = await open(library)(ALL);
  expect(changes).toMatchObject([{ contentHash: hashOf("a"), kind, at: 1234 }]);
});

test("what is not about a photo, or is no change of one, is left out", async () => {
  await using library = await createEnrichmentLibrary();
  await tell(library, "llm_photo_story_result", { scope_id: "album:01ARZ3NDEKTSV4RRFFQ69G5FAV" });
  await tell(library, "provider_unavailable", { provider: "stub" });
  await tell(library, "llm_failure", photo("a"));
  await tell(library, "photo_added", photo("b"));
  const { changes } = await open(library)(ALL);
  expect(changes.map(({ contentHash }) => contentHash)).toEqual([hashOf("b")]);
});

test("a match names its watch, an enrichment its document", async () => {
  await using library = await createEnrichmentLibrary();
  await tell(library, "llm_task_match_result", { ...photo("a"), watch_id: 1, watch: "Rex", confidence: 0.9 });
  await tell(library, "llm_translate_result", { ...photo("a"), document_type: "translate:es" });
  const { changes } = await open(library)(ALL);
  expect(changes[0]?.match).toEqual({ watch: "Rex", confidence: 0.9 });
  expect(changes[1]?.documentType).toBe("translate:es");
});

test("without a cursor the newest come, with it what came since, each once", async () => {
  await using library = await createEnrichmentLibrary();
  const changes = open(library);
  for (let number = 1; number <= 5; number += 1) await tell(library, "photo_added", photo(`old ${number}`));
  const first = await changes({ kinds: [], limit: 2 });
  expect(first.changes.map(({ contentHash }) => contentHash)).toEqual([hashOf("old 4"), hashOf("old 5")]);
  expect(first).toMatchObject({ more: false, reset: false });
  expect(await changes({ ...ALL, cursor: first.cursor })).toMatchObject({ changes: [], more: false });

  for (let number = 1; number <= 5; number += 1) await tell(library, "photo_moved", photo(`new ${number}`));
  const seen: string[] = [];
  let { cursor } = first;
  for (let more = true; more;) {
    const page = await changes({ kinds: [], limit: 2, cursor });
    seen.push(...page.changes.map(({ contentHash }) => contentHash));
    ({ cursor, more } = page);
  }
  expect(seen).toEqual([1, 2, 3, 4, 5].map((number) => hashOf(`new ${number}`)));
});

test("kinds are chosen, and the cursor does not stand still because of the others", async () => {
  await using library = await createEnrichmentLibrary();
  const changes = open(library);
  await tell(library, "photo_added", photo("a"));
  const { cursor } = await changes({ kinds: ["enriched"], limit: 10 });
  await tell(library, "photo_moved", photo("a"));
  await tell(library, "llm_image_tag_result", photo("b"));
  await tell(library, "photo_missing", photo("a"));
  const enriched = await changes({ kinds: ["enriched"], limit: 10, cursor });
  expect(enriched.changes.map(({ kind }) => kind)).toEqual(["enriched"]);
  expect((await changes({ ...ALL, cursor: enriched.cursor })).changes).toEqual([]);
  expect((await changes({ ...ALL, cursor })).changes.map(({ kind }) => kind)).toEqual(["moved", "enriched", "missing"]);
});

test("albums between photos do not end a page early", async () => {
  await using library = await createEnrichmentLibrary();
  const changes = open(library);
  const { cursor } = await changes(ALL);
  for (let number = 1; number <= 4; number += 1) {
    await tell(library, "llm_photo_story_result", { scope_id: `album:${number}` });
    await tell(library, "llm_photo_story_result", photo(String(number)));
  }
  const page = await changes({ kinds: [], limit: 3, cursor });
  expect(page.changes).toHaveLength(3);
  expect(page.more).toBe(true);
});

test("a cursor that is older than what is kept begins anew, and says so", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  const changes = open(library);
  const empty = await changes(ALL);
  expect(empty).toMatchObject({ changes: [], more: false, reset: false });
  await tell(library, "photo_added", photo("old"), clock.now());
  clock.advance(31 * DAY);
  await library.catalogue.jobs.removeOld();
  const reset = await changes({ ...ALL, cursor: empty.cursor });
  expect(reset).toMatchObject({ changes: [], reset: true });

  await tell(library, "photo_added", photo("new"), clock.now());
  expect(await changes({ ...ALL, cursor: empty.cursor })).toMatchObject({
    changes: [{ contentHash: hashOf("new") }],
    reset: true,
  });
  const after = await changes({ ...ALL, cursor: reset.cursor });
  expect(after).toMatchObject({ changes: [{ contentHash: hashOf("new") }], reset: false });
});

const cursorElsewhere = async (): Promise<string> => {
  await using other = await createEnrichmentLibrary();
  return (await open(other)(ALL)).cursor;
};

test.each([
  ["of another library", cursorElsewhere],
  ["that was changed", async () => "eyJhIjoxfQ"],
  ["that is no cursor", async () => "tomorrow"],
])("a cursor %s is refused", async (_what, cursorOf) => {
  await using library = await createEnrichmentLibrary();
  const request: ChangesRequest = { ...ALL, cursor: await cursorOf() };
  await expect(open(library)(request)).rejects.toThrow(InvalidInputError);
});

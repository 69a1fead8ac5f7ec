/** People decide about results: on a real catalogue, with results as the worker writes them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documentWrite } from "../../../src/app/enrichment/user-version.ts";
import type { Photon } from "../../../src/app.ts";
import type { DocumentBody } from "../../../src/enrichment/enrichment-kind.ts";
import { applyDocument } from "../../../src/enrichment/apply-document.ts";
import { bodyOf, judged, kindOf } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { openPhoton } from "../../support/open-photon.ts";
import { photoBytes } from "../../support/photos.ts";

const NEVER = new AbortController().signal;
const good = (kind: string): DocumentBody => bodyOf(judged(kind));
const changed = (kind: string, changes: object): DocumentBody => ({ ...good(kind), ...changes });

/** A result that waits, as if a worker had written it; returns its id. */
const waiting = async (
  { catalogue, executionId }: EnrichmentLibrary,
  { scopeId, kind: name, body }: { readonly scopeId: string; readonly kind: string; readonly body: DocumentBody },
): Promise<string> => {
  const kind = kindOf(name);
  const write = documentWrite(kind, body, { scopeId, step: "annotate", executionId, model: "m-1" });
  return catalogue.documents.writeVersion({ scopeId, documentType: name, kind: name }, write);
};

const withPhoto = async (): Promise<{ library: EnrichmentLibrary; hash: string; photon: Photon } & AsyncDisposable> => {
  const library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("beach.jpg", await photoBytes(1));
  const photon = openPhoton(library);
  return {
    library,
    hash,
    photon,
    [Symbol.asyncDispose]: async () => {
      await photon[Symbol.asyncDispose]();
      await library[Symbol.asyncDispose]();
    },
  };
};

const eventBody = (...titles: readonly string[]): DocumentBody => {
  const [event] = good("event_extract")["events"] as readonly object[];
  return changed("event_extract", { events: titles.map((title) => ({ ...event, title })) });
};

const LIST = { kinds: [], states: ["READY_TO_CONFIRM"], limit: 10 } as const;

test("what waits is listed with its fields, confirmed by the id that was shown, and gone from the list", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const id = await waiting(library, { scopeId: hash, kind: "caption_clean", body: good("caption_clean") });
  const { results, next } = await photon.review.list(LIST);
  expect(results).toMatchObject([
    { id, kind: "caption_clean", state: "READY_TO_CONFIRM", version: 1, model: "m-1", path: "beach.jpg" },
  ]);
  expect(results[0]?.content).toMatchObject({ text: "The dog on the beach." });
  expect(next).toBeUndefined();
  expect(await photon.review.decide([{ id }], "confirm", NEVER)).toEqual([{ id, about: "result" }]);
  expect((await photon.review.list(LIST)).results).toEqual([]);
  expect(await library.stateOf(hash, "caption_clean")).toBe("CONFIRMED");
  expect(await library.sql("select enriched_description from photos")).toEqual([
    { enriched_description: "The dog on the beach." },
  ]);
});

test("a version that a newer one has replaced is neither confirmed nor discarded", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const old = await waiting(library, { scopeId: hash, kind: "image_tag", body: good("image_tag") });
  await waiting(library, { scopeId: hash, kind: "image_tag", body: changed("image_tag", { title: "Newer" }) });
  for (const decision of ["confirm", "discard"] as const) {
    const [decided] = await photon.review.decide([{ id: old }], decision, NEVER);
    expect(decided?.error?.code).toBe("invalid-input");
  }
  expect(await library.stateOf(hash)).toBe("READY_TO_CONFIRM");
});

test("one decision that cannot be carried out does not stop the others", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const asked = { status: "needs_clarification", question: "Who?", questions: ["Who?"] } as const;
  const question = await waiting(library, { scopeId: hash, kind: "photo_story", body: asked });
  const id = await waiting(library, { scopeId: hash, kind: "image_tag", body: good("image_tag") });
  const unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const decided = await photon.review.decide([{ id: unknown }, { id: question }, { id }], "confirm", NEVER);
  expect(decided.map(({ error }) => error?.code)).toEqual(["not-found", "invalid-input", undefined]);
  expect(await library.stateOf(hash)).toBe("CONFIRMED");
});

test("an edit is the user's own version: it counts, readers see it, and history and difference tell", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  await waiting(library, { scopeId: hash, kind: "image_tag", body: good("image_tag") });
  const edited = await photon.review.edit({ id: hash.slice(0, 12) }, { set: [{ path: "title", text: "Rex" }] });
  expect(edited).toMatchObject({ state: "CONFIRMED", version: 2, model: "user" });
  expect(await library.sql("select llm_title from photos")).toEqual([{ llm_title: "Rex" }]);
  const versions = await photon.review.history({ id: hash });
  expect(versions.map(({ version, createdByStep }) => [version, createdByStep])).toEqual([
    [2, "edit"],
    [1, "annotate"],
  ]);
  const { fields } = await photon.review.diff({ id: hash }, {});
  expect(fields).toEqual([{ field: "title", change: "changed", before: "Dog on a beach", after: "Rex" }]);
  await expect(photon.review.edit({ id: hash }, { set: [{ path: "tags", text: "dog" }] })).rejects.toMatchObject({
    code: "invalid-input",
  });
  expect(await photon.review.history({ id: hash })).toHaveLength(2);
});

test("an older version comes back as a new one, with the model that wrote it", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  await waiting(library, { scopeId: hash, kind: "image_tag", body: good("image_tag") });
  await photon.review.edit({ id: hash }, { set: [{ path: "title", text: "Rex" }] });
  const restored = await photon.review.restore({ id: hash }, 1);
  expect(restored).toMatchObject({ state: "CONFIRMED", version: 3, model: "m-1" });
  expect(await library.sql("select llm_title from photos")).toEqual([{ llm_title: "Dog on a beach" }]);
  await expect(photon.review.restore({ id: hash }, 9)).rejects.toMatchObject({ code: "not-found" });
});

test("a photo without any result can be described by its owner", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  await photon.review.edit({ id: hash }, { fields: { title: "Rex", tags: ["rex", "dog", "sea"] } });
  expect(await library.stateOf(hash)).toBe("CONFIRMED");
  expect(await library.sql("select name from tags order by rank")).toEqual([
    { name: "rex" },
    { name: "dog" },
    { name: "sea" },
  ]);
});

test("discarded and failed results are asked for again, others are not", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const id = await waiting(library, { scopeId: hash, kind: "image_tag", body: good("image_tag") });
  expect(await photon.review.retry([{ id }])).toEqual({ executionId: undefined, queued: 0 });
  await photon.review.decide([{ id }], "discard", NEVER);
  expect(await library.stateOf(hash)).toBe("DISCARDED");
  expect(await photon.review.retry([{ id: hash }])).toMatchObject({ queued: 1 });
  await library.work();
  expect(await library.stateOf(hash)).toBe("CONFIRMED");
  expect((await library.documentOf(hash))?.["title"]).toContain("Stub");
});

test("a whole run is taken back: the versions before it count again", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  await photon.review.edit({ id: hash }, { fields: { title: "Mine" } });
  await library.enqueue({ kind: "image_tag", scopeId: hash, redo: true });
  await library.work();
  expect((await library.sql("select llm_title from photos"))[0]?.["llm_title"]).toContain("Stub");
  expect(await photon.review.discardExecution(library.executionId)).toEqual({ restored: 1, discarded: 0 });
  expect(await library.sql("select llm_title from photos")).toEqual([{ llm_title: "Mine" }]);
  await expect(photon.review.discardExecution("none")).rejects.toMatchObject({ code: "not-found" });
});

test("of several appointments the chosen ones are confirmed and written as files, once each", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  await waiting(library, { scopeId: hash, kind: "event_extract", body: eventBody("Concert", "Party") });
  const [result] = (await photon.review.list(LIST)).results;
  expect(result?.events.map(({ title, state }) => [title, state])).toEqual([
    ["Concert", "PENDING"],
    ["Party", "PENDING"],
  ]);
  const [concert, party] = result?.events ?? [];
  await photon.review.decide([{ id: party?.id ?? "" }], "confirm", NEVER);
  expect(await library.stateOf(hash, "event_extract")).toBe("CONFIRMED");
  const { written } = await photon.review.exportEvents();
  expect(written).toEqual([join(library.folder, "home", "events", `${party?.id}.ics`)]);
  const file = await readFile(written[0] ?? "", "utf8");
  expect(file).toContain(`UID:${party?.id}@photon\r\n`);
  expect(file).toContain("SUMMARY:Party\r\n");
  expect(file).not.toContain("VALARM");
  expect((await photon.review.exportEvents()).written).toEqual([]);
  // The other one still waits, by itself.
  expect((await photon.review.list(LIST)).events.map(({ id }) => id)).toEqual([concert?.id]);
  expect(await photon.review.decide([{ id: concert?.id ?? "" }], "discard", NEVER)).toMatchObject([{ about: "event" }]);
  expect((await photon.review.list(LIST)).events).toEqual([]);
});

test("a corrected event keeps its id, so that calendars change their entry", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const id = await waiting(library, { scopeId: hash, kind: "event_extract", body: eventBody("Concert") });
  await photon.review.decide([{ id }], "confirm", NEVER);
  const [first] = (await photon.review.exportEvents()).written;
  const reference = { id: hash, documentType: "event_extract" };
  await photon.review.edit(reference, { set: [{ path: "events.0.starts_at", text: "2026-03-05T20:00" }] });
  const [second] = (await photon.review.exportEvents()).written;
  expect(second).toBe(first);
  expect(await readFile(second ?? "", "utf8")).toContain("DTSTART:20260305T200000\r\n");
  expect(await library.sql("select title, state from calendar_events")).toEqual([
    { title: "Concert", state: "CONFIRMED" },
  ]);
});

test("a new reading of a picture replaces the proposals nobody has decided about", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  await waiting(library, { scopeId: hash, kind: "event_extract", body: eventBody("Concert") });
  await waiting(library, { scopeId: hash, kind: "event_extract", body: eventBody("Concert of March") });
  const [result, ...others] = (await photon.review.list(LIST)).results;
  expect(result?.events.map(({ title }) => title)).toEqual(["Concert of March"]);
  expect(others).toEqual([]);
  expect((await photon.review.list(LIST)).events).toEqual([]);
});

test("a folder that cannot be written costs no event: it is written the next time", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const id = await waiting(library, { scopeId: hash, kind: "event_extract", body: eventBody("Concert") });
  await photon.review.decide([{ id }], "confirm", NEVER);
  const blocked = join(library.folder, "file");
  await writeFile(blocked, "");
  await expect(photon.review.exportEvents(blocked)).rejects.toMatchObject({ code: "storage" });
  const folder = join(library.folder, "calendar");
  expect((await photon.review.exportEvents(folder)).written).toHaveLength(1);
  expect(await readdir(folder)).toHaveLength(1); // no half file beside it
});

test("confirming writes no second event of the result", async () => {
  await using opened = await withPhoto();
  const { library, hash, photon } = opened;
  const body = good("image_tag");
  const events = applyDocument(kindOf("image_tag"), body, { scopeId: hash, confirmed: false });
  expect(events.some(({ change }) => change === "send-event")).toBe(true);
  const id = await waiting(library, { scopeId: hash, kind: "image_tag", body });
  await photon.review.decide([{ id }], "confirm", NEVER);
  expect(await library.sql("select message_type from events where message_type like 'llm_%'")).toEqual([
    { message_type: "llm_image_tag_result" },
  ]);
});

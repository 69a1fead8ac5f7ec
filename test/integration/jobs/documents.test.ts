/** Documents and what readers see of them. */
import { expect, test } from "vitest";
import type { DocumentWrite } from "../../../src/catalogue/document-repository.ts";
import type { Change } from "../../../src/enrichment/changes.ts";
import type { Tx } from "../../../src/catalogue/transaction.ts";
import { storePhoto, updateOf, visitRoot } from "../../support/catalogues.ts";
import type { JobLibrary } from "../../support/job-library.ts";
import { createJobLibrary, documentOf, KIND, newJob, target } from "../../support/job-library.ts";

const reading = (title: string, description: string): Change => ({
  change: "set-photo-reading",
  reading: { title, description, sourceType: "PHOTO" },
});

const addPhoto = async (library: JobLibrary): Promise<string> =>
  storePhoto(library.catalogue, { rootId: await visitRoot(library.catalogue), name: "a.jpg", content: "a" });

/** One document through the queue; asks again when there is one. */
const write = async (
  { catalogue, enqueue }: JobLibrary,
  scopeId: string,
  given: Partial<DocumentWrite> & { readonly documentType?: string } = {},
): Promise<string> => {
  const { documentType = KIND, ...document } = given;
  const [kind = KIND] = documentType.split(":");
  await enqueue({ scopeId, kind, documentType, redo: true });
  const { jobs, documents, owner } = catalogue;
  const [job] = await jobs.claim({ owner, serve: [target({ kind })], limit: 1, leaseMs: 1000, isIdle: true });
  if (job === undefined) throw new Error("there was nothing to claim");
  const [result] = await jobs.complete([
    { ref: job.ref, write: (tx) => documents.complete(tx, job.ref, documentOf(job, document)) },
  ]);
  if (result?.outcome !== "done") throw new Error(`the result was not written: ${JSON.stringify(result)}`);
  return (await documents.history({ scopeId, documentType }))[0]?.documentId ?? "";
};

const shown = async ({ sql }: JobLibrary) =>
  (
    await sql(
      "select llm_title, llm_summary, enriched_description, photo_profile, translations, source_type from photos",
    )
  )[0];

const tagsOf = async ({ sql }: JobLibrary) =>
  (await sql("select name, source from tags order by rank")).map(
    ({ name, source }) => `${String(source)}:${String(name)}`,
  );

test("a completion writes document, state, reading, tags, event and index mark at once", async () => {
  await using library = await createJobLibrary();
  const hash = await addPhoto(library);
  const revision = async () => (await library.sql("select rev from to_index"))[0]?.["rev"];
  const before = Number(await revision());
  const ready: readonly Change[] = [
    reading("Boats", "Two boats at a pier."),
    { change: "replace-llm-tags", tags: ["boat", "pier"] },
    { change: "send-event", messageType: "llm_image_tag_result", content: { title: "Boats" } },
  ];
  const documentId = await write(library, hash, { ready, confirmed: ready.slice(0, 2), model: "m-1" });
  expect(await library.catalogue.documents.enrichment({ scopeId: hash, documentType: KIND })).toMatchObject({
    state: "CONFIRMED",
    documentId,
    confirmedDocumentId: documentId,
    model: "m-1",
    code: undefined,
  });
  expect(await shown(library)).toMatchObject({
    llm_title: "Boats",
    llm_summary: "Two boats at a pier.",
    enriched_description: "Two boats at a pier.",
    source_type: "PHOTO",
  });
  expect(await tagsOf(library)).toEqual(["llm:boat", "llm:pier"]);
  expect(await library.events()).toEqual([
    {
      type: "llm_image_tag_result",
      content: {
        scope_id: hash,
        document_type: KIND,
        document_id: documentId,
        state: "CONFIRMED",
        title: "Boats",
      },
    },
  ]);
  expect(Number(await revision())).toBe(before + 1);
  const [row] = await library.catalogue.index.rowsFor([hash], "key");
  expect(row).toMatchObject({ enriched: true, tags: ["boat", "pier"] });
  expect(row?.text).toContain("Two boats at a pier.");
});

test("a new version replaces the tags and the reading of the former one; tags of people stay", async () => {
  await using library = await createJobLibrary();
  const hash = await addPhoto(library);
  await write(library, hash, { ready: [reading("A", "a"), { change: "replace-llm-tags", tags: ["one", "two"] }] });
  await library.catalogue.tags.decide({ contentHashes: [hash], name: "mine", action: "add" });
  await write(library, hash, { ready: [reading("B", "b"), { change: "replace-llm-tags", tags: ["three"] }] });
  expect(await tagsOf(library)).toEqual(["llm:three"]);
  const names = (await library.catalogue.tags.shown([hash])).get(hash)?.map(({ name }) => name);
  expect(names).toEqual(["mine", "three"]);
  expect(await shown(library)).toMatchObject({ llm_title: "B", enriched_description: "b" });
});

test("the user's cleaned text stands before what a model sees, in whatever order they come", async () => {
  await using library = await createJobLibrary();
  const hash = await addPhoto(library);
  const clean: Change = { change: "set-photo-reading", reading: { enrichedDescription: "My boat." } };
  await write(library, hash, { ready: [reading("A", "A boat.")] });
  await write(library, hash, { documentType: "caption_clean", ready: [clean] });
  expect(await shown(library)).toMatchObject({ llm_summary: "A boat.", enriched_description: "My boat." });
  await write(library, hash, { ready: [reading("A", "A red boat.")] });
  expect(await shown(library)).toMatchObject({ llm_summary: "A red boat.", enriched_description: "My boat." });
  await library.catalogue.documents.discard({ scopeId: hash, documentType: "caption_clean" });
  expect(await shown(library)).toMatchObject({ enriched_description: "A red boat." });
});

test("readers keep the confirmed version until the new one is confirmed", async () => {
  await using library = await createJobLibrary();
  const { documents } = library.catalogue;
  const hash = await addPhoto(library);
  const key = { scopeId: hash, documentType: KIND };
  const first = await write(library, hash, { autoConfirm: false, ready: [reading("A", "a")] });
  expect(await shown(library)).toMatchObject({ llm_title: "A" }); // unconfirmed, and better than nothing
  await documents.confirm(key, first, [reading("A", "a")]);
  const second = await write(library, hash, { autoConfirm: false, ready: [reading("B", "b")] });
  expect(await shown(library)).toMatchObject({ llm_title: "A" });
  expect(await documents.enrichment(key)).toMatchObject({ documentId: second, confirmedDocumentId: first });
  await expect(documents.confirm(key, first, [])).rejects.toMatchObject({ code: "invalid-input" });
  await documents.confirm(key, second, [reading("B", "b")]);
  expect(await shown(library)).toMatchObject({ llm_title: "B" });
  await expect(documents.confirm(key, second, [])).rejects.toMatchObject({ code: "invalid-input" });
});

test("a failed redo leaves the former document current", async () => {
  await using library = await createJobLibrary();
  const hash = await addPhoto(library);
  const first = await write(library, hash, { ready: [reading("A", "a")] });
  await library.enqueue({ scopeId: hash, redo: true });
  const { jobs, documents, owner } = library.catalogue;
  const [job] = await jobs.claim({ owner, serve: [target()], limit: 1, leaseMs: 1000, isIdle: true });
  await jobs.fail(job?.ref ?? "0:0", { code: "LLM_REFUSED", event: "llm_failure" });
  expect(await documents.enrichment({ scopeId: hash, documentType: KIND })).toMatchObject({
    state: "FAILED",
    documentId: first,
    code: "LLM_REFUSED",
    message: "Invalid request format (LLM_REFUSED).",
  });
  expect(await shown(library)).toMatchObject({ llm_title: "A" });
});

test("versions without a call: an edit counts, a note waits, and both end what is under way", async () => {
  await using library = await createJobLibrary();
  const { documents } = library.catalogue;
  const hash = await addPhoto(library);
  const key = { scopeId: hash, documentType: KIND, kind: KIND };
  const base = { ...documentOf({ scopeId: hash, kind: KIND, executionId: library.executionId, model: "user" }) };
  await library.enqueue({ scopeId: hash });
  const note = { ...base, createdByStep: "annotate" as const, autoConfirm: false, ready: [reading("Note", "n")] };
  await documents.writeVersion(key, note);
  expect(await documents.enrichment(key)).toMatchObject({ state: "READY_TO_CONFIRM" });
  expect(await library.jobs()).toMatchObject([{ state: "cancelled" }]);
  await documents.writeVersion(key, { ...base, createdByStep: "edit", ready: [reading("Mine", "m")] });
  expect(await documents.enrichment(key)).toMatchObject({ state: "CONFIRMED", model: "user" });
  expect((await documents.history(key)).map(({ version, createdByStep }) => [version, createdByStep])).toEqual([
    [2, "edit"],
    [1, "annotate"],
  ]);
  expect(await shown(library)).toMatchObject({ llm_title: "Mine" });
});

test("translations live side by side, and a new version of one leaves no field of the old", async () => {
  await using library = await createJobLibrary();
  const hash = await addPhoto(library);
  const to = (language: string, fields: Readonly<Record<string, string>>) => ({
    documentType: `translate:${language}`,
    ready: [{ change: "set-translation", language, fields }] as const,
  });
  await write(library, hash, to("es", { title: "Barcos", caption: "Dos" }));
  await write(library, hash, to("pt-BR", { title: "Barcos" }));
  await write(library, hash, to("es", { title: "Botes" }));
  const translations = async () => JSON.parse(String((await shown(library))?.["translations"])) as unknown;
  expect(await translations()).toEqual({ es: { title: "Botes" }, "pt-BR": { title: "Barcos" } });
  await library.catalogue.documents.discard({ scopeId: hash, documentType: "translate:es" });
  expect(await translations()).toEqual({ "pt-BR": { title: "Barcos" } });
});

test("calendar entries wait for the user's choice; discarding the document discards those that wait", async () => {
  await using library = await createJobLibrary();
  const { documents } = library.catalogue;
  const entry = (ordinal: number) => ({
    ordinal,
    title: `Concert ${ordinal}`,
    startsAt: "2026-03-04T20:00",
    endsAt: null,
    timezone: null,
    allDay: false,
    location: null,
    sourceQuote: "4 March, 8 pm",
    confidence: 0.9,
  });
  const propose: Change = { change: "propose-calendar-entries", entries: [entry(0), entry(1)] };
  const hash = await addPhoto(library);
  const key = { scopeId: hash, documentType: "event_extract" };
  const id = await write(library, hash, { documentType: "event_extract", autoConfirm: false, ready: [propose] });
  const states = async () =>
    (await library.sql("select state from calendar_events order by ordinal")).map(({ state }) => state);
  expect(await states()).toEqual(["PENDING", "PENDING"]);
  await documents.confirm(key, id, [propose, { change: "confirm-calendar-entries", ordinals: [1] }]);
  expect(await states()).toEqual(["PENDING", "CONFIRMED"]);
  await documents.discard(key);
  expect(await states()).toEqual(["DISCARDED", "CONFIRMED"]);
});

test("jobs are added in the photo's own transaction: both are there, or neither", async () => {
  await using library = await createJobLibrary();
  const { photos, jobs } = library.catalogue;
  const [first, second] = [updateOf("a"), updateOf("b")];
  const enqueue = async (tx: Tx, stored: readonly string[]): Promise<void> => {
    const { executionId } = library;
    await jobs.enqueue(
      tx,
      stored.map((scopeId) => newJob({ scopeId, executionId })),
    );
  };
  await photos.commit({ updates: [first], files: [], alongside: enqueue });
  const broken = async (tx: Tx, stored: readonly string[]): Promise<void> => {
    await enqueue(tx, stored);
    throw new Error("no room");
  };
  await expect(photos.commit({ updates: [second], files: [], alongside: broken })).rejects.toThrow("no room");
  expect((await library.jobs()).map(({ scopeId }) => scopeId)).toEqual([first.contentHash]);
  expect(await library.sql("select content_hash from photos")).toEqual([{ content_hash: first.contentHash }]);
});

test("documents cannot be changed, and a photo that is removed takes its own along", async () => {
  await using library = await createJobLibrary();
  const hash = await addPhoto(library);
  await write(library, hash, { ready: [reading("A", "a")] });
  await library.enqueue({ scopeId: hash, documentType: "translate:es" });
  await expect(library.sql("update documents set content = '{}' returning seq")).rejects.toThrow("append-only");
  await library.catalogue.administration.forget([hash]);
  for (const table of ["documents", "enrichments", "jobs"]) {
    expect(await library.sql(`select * from ${table}`)).toEqual([]);
  }
});

import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { photoBytes } from "../../support/photos.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { pictureOf, startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { passTime } from "../../support/job-library.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };
const REQUEST = "req:01ARZ3NDEKTSV4RRFFQ69G5FAV";

test("a queued photo becomes a confirmed document that readers see, booked once", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work();

  expect(await library.stateOf(hash)).toBe("CONFIRMED");
  const { title, tags, ...rest } = (await library.documentOf(hash)) ?? {};
  expect(rest).toMatchObject({ status: "ok", source_type: "PHOTO" });
  expect(title).toContain("Stub");
  expect(await library.sql("select llm_title, source_type, llm_model_used from photos")).toEqual([
    { llm_title: title, source_type: "PHOTO", llm_model_used: "stub/ok" },
  ]);
  expect(await library.sql("select name from tags where source = 'llm' order by rank")).toEqual(
    (tags as readonly string[]).map((name) => ({ name })),
  );
  expect(await library.sql("select step_id, scope_id, attempt, error_type from llm_call_logs")).toEqual([
    { step_id: "image_tag", scope_id: hash, attempt: 1, error_type: null },
  ]);
  expect(await library.sql("select * from privacy_ledger")).toEqual([]); // the stub sends nothing
  expect(await library.sql("select message_type from events where message_type like 'llm_%'")).toEqual([
    { message_type: "llm_image_tag_result" },
  ]);
  expect(await library.catalogue.presence.list()).toEqual([]); // it has left
});

test("three files of one content are one call", async () => {
  await using library = await createEnrichmentLibrary();
  const bytes = await photoBytes(1);
  for (const name of ["a.jpg", "b.jpg", "c.jpg"]) {
    await library.enqueue({ kind: "image_tag", scopeId: await library.addPhoto(name, bytes) });
  }

  await library.work();

  expect(await library.sql("select count(*) as calls from llm_call_logs")).toEqual([{ calls: 1 }]);
});

test("a provider receives the picture of a photo, and a ledger row tells what it received", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const hash = await library.addPhoto("wide.jpg", await photoBytes(1, 1800));
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work();

  const [call] = provider.calls();
  const picture = call === undefined ? undefined : pictureOf(call);
  const { width, height } = await (await loadSharp())(picture).metadata();
  expect([width, height]).toEqual([1024, 683]);
  expect(await library.documentOf(hash)).toMatchObject({ title: "Dog on a beach" });
  expect(await library.sql("select purpose, photo, byte_size, width, height, outcome from privacy_ledger")).toEqual([
    { purpose: "enrich", photo: hash, byte_size: picture?.length, width, height, outcome: "ok" },
  ]);
});

test("a damaged photo fails without a call", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const whole = await photoBytes(1);
  const hash = await library.addPhoto("cut.jpg", whole.subarray(0, whole.length / 2));
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work();

  expect(provider.requests).toEqual([]);
  expect(await library.catalogue.documents.enrichment({ scopeId: hash, documentType: "image_tag" })).toMatchObject({
    state: "FAILED",
    code: "IMAGE_UNREADABLE",
  });
  expect(await library.sql("select message_type from events where message_type like 'llm_%'")).toEqual([
    { message_type: "llm_failure" },
  ]);
});

test("a photo whose file is away waits for it; one whose content changed is not sent in its place", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  const away = await library.addPhoto("away.jpg", await photoBytes(1));
  const changed = await library.addPhoto("changed.jpg", await photoBytes(2));
  const place = join(library.photos, "away.jpg");
  await rename(place, `${place}.elsewhere`);
  await writeFile(join(library.photos, "changed.jpg"), await photoBytes(3));
  await library.enqueue({ kind: "image_tag", scopeId: away }, { kind: "image_tag", scopeId: changed });

  const stop = new AbortController();
  const working = (await library.workers()).work({
    signal: stop.signal,
    finish: new AbortController().signal,
    role: "test",
  });
  const waits = async (): Promise<boolean> =>
    (await library.sql("select id from jobs where state = 'available' and snoozes >= 2")).length === 2;
  await passTime(clock, { until: waits, mostMs: 120_000 });
  expect(await library.sql("select distinct error_code, sub_code from jobs")).toEqual([
    { error_code: "MISSING_INPUT", sub_code: "PHOTO_UNREACHABLE" },
  ]);
  await rename(`${place}.elsewhere`, place);
  await passTime(clock, { until: async () => (await library.stateOf(away)) === "CONFIRMED", mostMs: 3_600_000 });
  stop.abort();
  await working;

  expect(await library.stateOf(changed)).toBe("PENDING");
  expect(await library.sql("select scope_id from llm_call_logs")).toEqual([{ scope_id: away }]);
});

test("a photo that was removed meanwhile takes its job along", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  await library.sql("insert into forgotten (content_hash, at) values (?, 1)", hash);

  await library.work();

  expect(await library.stateOf(hash)).toBeUndefined();
  expect(await library.sql("select state, error_code from jobs")).toEqual([
    { state: "cancelled", error_code: "CANCELLED" },
  ]);
});

test("a kind that builds on another one asks for it and waits for its result", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "photo_story", scopeId: hash, priority: 20 });

  await library.work();

  expect(await library.stateOf(hash, "image_tag")).toBe("CONFIRMED");
  expect(await library.stateOf(hash, "photo_story")).toBe("CONFIRMED");
  expect(await library.sql("select kind, priority, state from jobs order by id")).toEqual([
    { kind: "photo_story", priority: 20, state: "completed" },
    { kind: "image_tag", priority: 20, state: "completed" },
  ]);
  expect(clock.now()).toBe(createManualClock().now()); // woken by the result, not by time
});

test("what builds on a failed result fails", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("cut.jpg", (await photoBytes(1)).subarray(0, 900));
  await library.enqueue({ kind: "image_tag", scopeId: hash }, { kind: "photo_story", scopeId: hash });

  await library.work();

  expect(await library.stateOf(hash, "image_tag")).toBe("FAILED");
  const story = await library.catalogue.documents.enrichment({ scopeId: hash, documentType: "photo_story" });
  expect(story).toMatchObject({ state: "FAILED", code: "MISSING_INPUT" });
});

test("where there is nothing to ask about, nobody is asked, and it is not asked again", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "caption_clean", scopeId: hash, route: "text" });

  await library.work();
  await library.enqueue({ kind: "caption_clean", scopeId: hash, route: "text" });

  expect(await library.documentOf(hash, "caption_clean")).toEqual({ status: "none" });
  expect(await library.stateOf(hash, "caption_clean")).toBe("CONFIRMED");
  expect(await library.sql("select * from llm_call_logs")).toEqual([]);
  expect(await library.sql("select state from jobs")).toEqual([{ state: "completed" }]);
  expect(await library.sql("select * from events where message_type like 'llm_%'")).toEqual([]);
});

test("a text longer than one request is translated in parts and put together again", async () => {
  await using library = await createEnrichmentLibrary();
  const paragraph = (number: number): string => `Paragraph ${number}. ${"The sea was calm. ".repeat(60).trim()}`;
  const text = [1, 2, 3, 4, 5, 6, 7].map(paragraph).join("\n\n");
  const { catalogue } = library;
  await catalogue.jobs.transaction((tx) =>
    catalogue.subjects.keepText(tx, REQUEST, { type: "text", text, sourceLanguage: "en" }),
  );
  await library.enqueue({ kind: "translate", scopeId: REQUEST, documentType: "translate:en-GB", route: "text" });

  await library.work();

  const { fields } = (await library.documentOf(REQUEST, "translate:en-GB")) ?? {};
  const { text: translated } = fields as { readonly text: string };
  for (const number of [1, 2, 3, 4, 5, 6, 7]) expect(translated).toContain(paragraph(number));
  expect(await library.sql("select count(*) as calls from llm_call_logs")).toEqual([{ calls: 3 }]);
});

test("a rejected picture is sent once more, smaller", async () => {
  await using provider = await startAnsweringProvider((_call, number) => (number === 1 ? { status: 413 } : GOOD));
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const hash = await library.addPhoto("wide.jpg", await photoBytes(1, 1200));
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work();

  const sharp = await loadSharp();
  const sizes = await Promise.all(
    provider.calls().map(async (call) => (await sharp(pictureOf(call)).metadata()).width),
  );
  expect(sizes).toEqual([1024, 768]);
  expect(await library.stateOf(hash)).toBe("CONFIRMED");
  expect(await library.sql("select width from privacy_ledger order by id")).toEqual([{ width: 1024 }, { width: 768 }]);
});

test("a refusal goes to the next model of the chain", async () => {
  await using provider = await startAnsweringProvider((call) =>
    call.json()["model"] === "gpt-4o-mini" ? { text: "", refusal: "no" } : GOOD,
  );
  const fallback = provider.config.replace("[llm]\n", '[llm]\nfallback_models = ["openai/gpt-4o"]\n');
  await using library = await createEnrichmentLibrary({ config: fallback });
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work();

  expect(provider.calls().map((call) => call.json()["model"])).toEqual(["gpt-4o-mini", "gpt-4o"]);
  expect(await library.stateOf(hash)).toBe("CONFIRMED");
});

test("the same question is not paid twice, unless somebody forces it", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  const job = { kind: "image_tag", scopeId: hash };

  await library.enqueue(job);
  await library.work();
  await library.enqueue({ ...job, redo: true });
  await library.work();
  expect(provider.calls()).toHaveLength(1);
  await library.enqueue({ ...job, redo: true, payload: { force: true } });
  await library.work();

  expect(provider.calls()).toHaveLength(2);
  expect(await library.sql("select cached from llm_call_logs order by started_at, call_id")).toEqual([
    { cached: 0 },
    { cached: 1 },
    { cached: 0 },
  ]);
  expect(await library.sql("select count(*) as sent from privacy_ledger")).toEqual([{ sent: 2 }]);
  expect(await library.sql("select version from documents order by version")).toHaveLength(3);
});

test("a worker that is told to stop gives its jobs back unchanged", async () => {
  await using library = await createEnrichmentLibrary({ config: '[llm]\nprovider = "stub"\nmodel = "hang"\n' });
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  const stop = new AbortController();

  const working = (await library.workers()).work({
    signal: stop.signal,
    finish: new AbortController().signal,
    role: "test",
  });
  await expect.poll(() => library.sql("select call_id from llm_call_logs"), { timeout: 60_000 }).toHaveLength(1);
  stop.abort();
  await working;

  expect(await library.stateOf(hash)).toBe("PENDING");
  expect(await library.sql("select state, attempts_invalid, snoozes, crashes from jobs")).toEqual([
    { state: "available", attempts_invalid: 0, snoozes: 0, crashes: 0 },
  ]);
});

test("an album is told by the documents of its photos", async () => {
  await using library = await createEnrichmentLibrary();
  const hashes = [
    await library.addPhoto("a.jpg", await photoBytes(1)),
    await library.addPhoto("b.jpg", await photoBytes(2)),
  ];
  await library.sql("insert into albums (album_id, name, kind, created_at) values ('trip', 'Trip', 'manual', 1)");
  for (const hash of hashes) {
    await library.sql("insert into album_photos (album_id, content_hash, added_at) values ('trip', ?, 1)", hash);
  }
  await library.enqueue(...hashes.map((scopeId) => ({ kind: "image_tag", scopeId })));
  await library.work();
  await library.enqueue({ kind: "photo_story", scopeId: "album:trip" });

  await library.work();

  expect(await library.stateOf("album:trip", "photo_story")).toBe("CONFIRMED");
  const [album] = await library.sql("select photo_profile from albums");
  expect(JSON.parse(String(album?.["photo_profile"]))).toHaveProperty("tagline");
});

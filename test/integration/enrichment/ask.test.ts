/** Requests in a person's own words, read by a provider of the test's own. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { localTime, searchRequestOf } from "../../../src/app/enrichment/ask.ts";
import type { AskRequest } from "../../../src/app/enrichment/ask.ts";
import type { Photon } from "../../../src/app.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import type { AnsweringProvider } from "../../support/fake-providers/answering.ts";
import { startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { openPhoton } from "../../support/open-photon.ts";
import { photoBytes } from "../../support/photos.ts";

const NEVER = new AbortController().signal;
const NO_FILTERS = { taken_from: null, taken_to: null, tags: null, folder: null, source_type: null };
const LIST = { kinds: [], states: ["READY_TO_CONFIRM"], limit: 10 } as const;

const intent = (fields: object) => ({
  text: JSON.stringify({ ...goodAnswers["intent"], query: null, filters: NO_FILTERS, ...fields }),
});
const followup = { text: JSON.stringify(goodAnswers["followup"]) };

interface Opened extends AsyncDisposable {
  readonly library: EnrichmentLibrary;
  readonly provider: AnsweringProvider;
  readonly photon: Photon;
  readonly hash: string;
  readonly ask: (text: string, given?: Partial<AskRequest>) => ReturnType<Photon["ask"]>;
}

/** One photo in the library; the provider's answers come in order. */
const opened = async (answers: readonly { readonly text: string }[], config = ""): Promise<Opened> => {
  const stack = new AsyncDisposableStack();
  const provider = stack.use(await startAnsweringProvider((_call, number) => answers[number - 1] ?? { status: 500 }));
  const library = stack.use(await createEnrichmentLibrary({ config: provider.config + config }));
  const metadata = { merged: { title: "Marker title" }, exif: {} };
  const hash = await library.addPhoto("beach.jpg", await photoBytes(1), { metadata });
  const photon = stack.use(openPhoton(library));
  return {
    library,
    provider,
    photon,
    hash,
    ask: (text, given = {}) => photon.ask({ text, photos: [], ...given }, NEVER),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

test("a search runs at once and leaves nothing to decide", async () => {
  await using library = await opened([intent({ intent: "search", query: "dogs" })]);
  const answer = await library.ask("show me dogs");
  expect(answer).toMatchObject({ answer: "search", action: { query: "dogs" }, reply: { hits: [] } });
  expect(await library.photon.review.list(LIST)).toMatchObject({ results: [], events: [], proposals: [] });
});

test("what a request means can be asked for alone: nothing is searched, nothing waits", async () => {
  await using library = await opened([
    intent({ intent: "search", query: "dogs" }),
    intent({ intent: "task", title: "Rex", query: "grey cat" }),
    intent({ intent: "ambiguous" }),
    followup,
  ]);
  const meaning = (text: string) => library.photon.interpret({ text, photos: [] }, NEVER);
  expect(await meaning("show me dogs")).toMatchObject({
    answer: "action",
    action: { action: "search", query: "dogs" },
  });
  expect(await meaning("album of Rex")).toMatchObject({ answer: "action", action: { action: "propose-album" } });
  expect(await meaning("Rex")).toMatchObject({ answer: "question", question: expect.any(String) as string });
  expect(await library.photon.review.list(LIST)).toMatchObject({ results: [], events: [], proposals: [] });
});

test("a reminder waits with its photos, and a yes makes it a calendar file with an alarm", async () => {
  const said = { intent: "reminder", when: "2026-03-05T09:00", title: "Print this", note: "In colour" };
  await using library = await opened([intent(said)]);
  const { photon, hash, ask } = library;
  const answer = await ask("remind me tomorrow at nine to print this", { photos: [hash.slice(0, 12)] });
  if (answer.answer !== "proposal") throw new Error(`Expected a proposal, received ${answer.answer}.`);
  const { events } = await photon.review.list(LIST);
  expect(events).toMatchObject([{ id: answer.id, title: "Print this", photos: [hash], state: "PENDING" }]);
  expect((await photon.review.exportEvents()).written).toEqual([]); // not before the yes
  await photon.review.decide([{ id: answer.id }], "confirm", NEVER);
  const [path] = (await photon.review.exportEvents()).written;
  const file = await readFile(path ?? "", "utf8");
  expect(file).toContain("BEGIN:VALARM");
  expect(file).toContain("DESCRIPTION:In colour");
  expect((await photon.review.decide([{ id: answer.id }], "confirm", NEVER))[0]?.error?.code).toBe("invalid-input");
});

test("albums, tags, watches and descriptions come with a yes, and not before", async () => {
  await using library = await opened([
    intent({ intent: "task", title: "Rex" }),
    intent({ intent: "task", filters: { ...NO_FILTERS, tags: ["rex"] } }),
    intent({ intent: "task", query: "grey cat" }),
    intent({ intent: "general_note", note: "Rex at the sea." }),
  ]);
  const { photon, hash, ask } = library;
  const photos = [hash];
  const requests: readonly (readonly [string, Partial<AskRequest>])[] = [
    ["an album Rex of this", { photos }],
    ["tag this rex", { photos }],
    ["tell me of our grey cat", {}],
    ["note: Rex at the sea", { photos }],
  ];
  for (const [text, given] of requests) expect(await ask(text, given)).toMatchObject({ answer: "proposal" });
  const { proposals } = await photon.review.list(LIST);
  expect(proposals.map(({ action }) => action.action)).toEqual([
    "propose-album",
    "propose-tags",
    "propose-watch",
    "propose-caption",
  ]);
  const { sql } = library.library;
  for (const table of ["albums", "watches", "tags", "documents where document_type = 'caption_clean'"]) {
    expect(await sql(`select * from ${table}`)).toEqual([]);
  }
  const decided = await photon.review.decide(
    proposals.map(({ id }) => ({ id })),
    "confirm",
    NEVER,
  );
  expect(decided.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
  expect(await sql("select name, kind from albums order by name")).toEqual([
    { name: "grey cat", kind: "watch" },
    { name: "Rex", kind: "manual" },
  ]);
  expect(await sql("select content_hash from album_photos")).toEqual([{ content_hash: hash }]);
  expect(await sql("select query from watches")).toEqual([{ query: "grey cat" }]);
  const tags = (await library.library.catalogue.tags.shown([hash])).get(hash) ?? [];
  expect(tags.map(({ name, provenance }) => [name, provenance.source])).toEqual([["rex", "user"]]);
  expect(await sql("select enriched_description from photos")).toEqual([{ enriched_description: "Rex at the sea." }]);
  expect((await photon.review.list(LIST)).proposals).toEqual([]);
});

test("a no leaves nothing behind", async () => {
  await using library = await opened([intent({ intent: "task", query: "grey cat" })]);
  const answer = await library.ask("tell me of our grey cat");
  const id = answer.answer === "proposal" ? answer.id : "";
  await library.photon.review.decide([{ id }], "discard", NEVER);
  expect(await library.library.sql("select * from watches")).toEqual([]);
  expect((await library.photon.review.list(LIST)).proposals).toEqual([]);
});

test("what is left open is asked back; the answer goes along with the next request", async () => {
  await using library = await opened([
    intent({ intent: "reminder", title: "Print" }),
    followup,
    intent({ intent: "reminder", title: "Print", when: "2026-03-05" }),
  ]);
  const { ask, provider } = library;
  const asked = await ask("remind me to print");
  expect(asked).toMatchObject({ answer: "question", missing: ["when"], options: ["Tomorrow", "Next week"] });
  const answered = [{ question: "When shall I remind you?", answer: "Tomorrow" }];
  expect(await ask("remind me to print", { answered })).toMatchObject({ answer: "proposal" });
  expect(JSON.stringify(provider.calls()[2]?.json())).toContain("When shall I remind you? Tomorrow");
});

test("nothing is told of a photo that stays on this machine", async () => {
  const search = intent({ intent: "search", query: "dogs" });
  await using open = await opened([search]);
  await open.ask("more like this", { photos: [open.hash] });
  expect(JSON.stringify(open.provider.calls()[0]?.json())).toContain("Marker title");
  await using hidden = await opened([search]);
  await hidden.library.configure(
    `${hidden.provider.config}[[roots]]\npath = ${JSON.stringify(hidden.library.photos)}\nlocal_only = true\n`,
  );
  await using photon = openPhoton(hidden.library);
  await expect(photon.ask({ text: "more like this", photos: [hidden.hash] }, NEVER)).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringContaining("must stay here") as unknown,
  });
  expect(hidden.provider.requests).toEqual([]);
});

test("without a provider it is said what to do; a model that fails is told of by its code", async () => {
  await using library = await createEnrichmentLibrary({ config: "" });
  await using photon = openPhoton(library);
  await expect(photon.ask({ text: "dogs", photos: [] }, NEVER)).rejects.toMatchObject({ code: "config" });
  await using failing = await opened([], "[llm.retry]\nmax_attempts = 1\n");
  await expect(failing.ask("dogs")).rejects.toMatchObject({ details: { code: "LLM_API_ERROR" } });
});

test("the asker's clock is a local time, and filters of a request are those of search", () => {
  expect(localTime(Date.UTC(2026, 2, 4, 8, 30), "Europe/Berlin")).toBe("2026-03-04T09:30");
  expect(
    searchRequestOf({
      action: "search",
      query: "tickets",
      filters: { takenFrom: "2025-06-01", folder: "Holidays", sourceType: "SCREENSHOT" },
    }),
  ).toMatchObject({
    terms: [{ source: { kind: "text", text: "tickets screenshot" }, weight: 1 }],
    filters: { from: "2025-06-01", folders: ["Holidays"] },
  });
});

/** `search_by_embedding` through real clients: words and filters on a library without a model, examples on one with one. */
import { copyFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateSampleLibrary } from "../../../src/sample-library/generate.ts";
import type { SearchData } from "../../../tools/search/search-data.ts";
import { searchResultSchema } from "../../../tools/search/search-data.ts";
import { searchByEmbedding } from "../../../tools/search-by-embedding.ts";
import { processWords, runPhotonIn } from "../../support/cli.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import { startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import type { TestLibrary } from "../../support/library.ts";
import { createTestLibrary } from "../../support/library.ts";
import type { InProcessClient } from "../../support/mcp.ts";
import { connectInProcess, ERAS, openEdge } from "../../support/mcp.ts";
import { generatedSample } from "../../support/sample-encoder/manifest.ts";
import type { ToolLibrary } from "../../support/tool-calls.ts";
import { callData, callError, createToolLibrary } from "../../support/tool-calls.ts";

const NAME = "search_by_embedding";
const ask = ({ served }: Pick<ToolLibrary, "served">, given: Readonly<Record<string, unknown>> = {}) =>
  callData(served, NAME, { given, schema: searchResultSchema });
const refused = ({ served }: Pick<ToolLibrary, "served">, given: Readonly<Record<string, unknown>>) =>
  callError(served, NAME, given);
const namesOf = ({ hits }: SearchData): readonly string[] => hits.map(({ name }) => name);

describe("words and filters", () => {
  let tools: ToolLibrary;
  beforeAll(async () => {
    tools = await createToolLibrary();
  });
  afterAll(() => tools[Symbol.asyncDispose]());

  test.each(ERAS)("a client of era %s finds photos by words", async (era) => {
    await using served = await connectInProcess(tools.library, { era });
    const found = await ask({ served }, { text: "sea" });
    expect(found).toMatchObject({ total: 4, returned: 1, pending: 0 });
    expect(found.hits[0]).toEqual({
      id: tools.id("sea.jpg"),
      uri: `photo://${tools.id("sea.jpg")}`,
      name: "sea.jpg",
      folder: "Pictures/2024/Beach trip",
      taken_at: "2024-07-01T10:00:00+02:00",
      caption: "The sea in the morning",
      caption_source: "exif",
      tags: ["beach", "sea"],
      score: expect.any(Number),
      match: "good",
    });
  });

  test("without a query it lists, newest first, and says that there is no model where that matters", async () => {
    const listed = await ask(tools);
    expect(namesOf(listed)).toEqual(["sand.jpg", "sea.jpg", "rose.jpg", "undated.jpg"]);
    expect(listed.hits.every(({ score }) => score === undefined)).toBe(true);
    expect(listed.note).toBeUndefined();
    expect((await ask(tools, { text: "sea" })).note).toContain("no embedding model");
  });

  test.each([
    [{ sort: "oldest" }, ["rose.jpg", "sea.jpg", "sand.jpg", "undated.jpg"]],
    [{ filters: { taken_from: "2024" } }, ["sand.jpg", "sea.jpg"]],
    [{ filters: { taken_to: "2024-07-01" } }, ["sea.jpg", "rose.jpg"]],
    [{ filters: { folder: "Beach trip" } }, ["sand.jpg", "sea.jpg"]],
    [{ filters: { folder: "Pictures/2023" } }, ["rose.jpg"]],
    [{ filters: { tags: ["rose", "beach"] } }, ["undated.jpg"]],
    [{ filters: { camera: "nikon" } }, ["sand.jpg", "sea.jpg"]],
    [{ filters: { has_gps: true } }, ["sea.jpg"]],
    [{ filters: { has_gps: false, taken_from: "2024" } }, ["sand.jpg"]],
    [{ filters: { near: { lat: 43.7, lon: 7.2, km: 10 } } }, ["sea.jpg"]],
    [{ filters: { near: { lat: 48, lon: 11, km: 10 } } }, []],
    [{ filters: { enriched: true } }, []],
    [{ text: "beach", filters: { taken_from: "2024" }, sort: "newest" }, ["sand.jpg", "sea.jpg"]],
  ])("%j", async (given, expected) => {
    expect(namesOf(await ask(tools, given))).toEqual(expected);
  });

  test("the last added come first when asked for", async () => {
    await tools.library.sql(
      "update photos set created_at = 9999999999999 where content_hash = ?",
      tools.hash("rose.jpg"),
    );
    expect(namesOf(await ask(tools, { sort: "added" }))[0]).toBe("rose.jpg");
  });

  test("pages follow each other, and a cursor fits its own search alone", async () => {
    const first = await ask(tools, { limit: 3 });
    const second = await ask(tools, { limit: 3, cursor: first.next_cursor });
    expect([...namesOf(first), ...namesOf(second)]).toEqual(namesOf(await ask(tools)));
    expect(second.next_cursor).toBeUndefined();
    expect(await refused(tools, { text: "sea", cursor: first.next_cursor })).toContain("belongs to another search");
    expect(await refused(tools, { cursor: "abc" })).toContain("photon did not make");
  });

  test("full detail tells more, and the exact place", async () => {
    const [concise] = (await ask(tools, { text: "sea" })).hits;
    const [full] = (await ask(tools, { text: "sea", detail: "full" })).hits;
    expect(concise).not.toHaveProperty("gps");
    expect(full).toMatchObject({
      size: "160x107",
      format: "jpeg",
      camera: "NIKON D750",
      gps: { latitude: 43.712345, longitude: 7.261234, altitude: 3 },
      why: "words 100 %",
    });
  });

  test.each([
    [
      "the filters",
      { filters: { taken_from: "1999", taken_to: "2000" } },
      /leave out all 4 photos.*1 photo without a capture time/,
    ],
    ["no match", { text: "aeroplane" }, /none of the 4 photos/],
    ["the score", { text: "morning beach", min_score: 1 }, /min_score/],
  ])("an empty answer says why: %s", async (_what, given, note) => {
    const empty = await ask(tools, given);
    expect(empty.hits).toEqual([]);
    expect(empty.note).toMatch(note);
  });

  test("an empty library says so, and how many are on their way", async () => {
    await using empty = await createTestLibrary();
    await using served = await connectInProcess(empty);
    expect((await ask({ served })).note).toContain("holds no photos yet");
    await using catalogue = await empty.catalogue();
    const root = await catalogue.roots.visit(Buffer.from(empty.photos));
    const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
    await catalogue.files.claim([{ rootId: root.id, path: Buffer.from("a.jpg"), stat }]);
    expect(await ask({ served })).toMatchObject({
      pending: 1,
      note: expect.stringContaining("1 are still being indexed"),
    });
  });

  test.each([
    [{ text: "a", like_id: "b" }, /one of text, like_id.*received text and like_id.*mix/],
    [{ mix: [{ text: "a", like_id: "b" }] }, /each entry of mix/],
    [{ mix: [{}] }, /each entry of mix/],
    [{ mix: [{ text: "a", weight: 0 }] }, /weight/],
    [{ mix: [{ text: "a", weight: 9 }] }, /weight/],
    [{ limit: 51 }, /limit/],
    [{ filters: { taken_from: "summer" } }, /date for from/],
    [{ filters: { folder: "Beech trip" } }, /nearest name is "Beach trip"/],
    [{ filters: { near: { lat: 91, lon: 0, km: 1 } } }, /latitude/],
    [{ filters: { colour: "red" } }, /colour/],
    [{ words: "sea" }, /words/],
    [{ like_path: "/etc/passwd" }, /No such file/],
    [{ embedding: [1, 2, 3] }, /model/],
  ])("%j is refused with what would be right", async (given, message) => {
    expect(await refused(tools, given)).toMatch(message);
  });

  test("an id that is nearly right is named", async () => {
    const id = tools.id("sea.jpg");
    const wrong = `${id.slice(0, 11)}${id.endsWith("0") ? "1" : "0"}`;
    expect(await refused(tools, { like_id: wrong })).toBe(
      `No photo ${wrong}. Ids come from search_by_embedding. Did you mean ${id}?`,
    );
  });

  test("a caller that is gone gets nothing", async () => {
    await using served = openEdge(tools.library);
    const context = { ...served.edge.context, client: "x", reply: () => undefined, progress: async () => undefined };
    const input = searchByEmbedding.input.parse({ text: "sea" });
    await expect(searchByEmbedding.handle(input, context, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

const NO_FILTERS = { taken_from: null, taken_to: null, tags: null, folder: null, source_type: null };
const intent = (fields: object) => ({
  text: JSON.stringify({ ...goodAnswers["intent"], query: null, filters: NO_FILTERS, ...fields }),
});
const followup = { text: JSON.stringify(goodAnswers["followup"]) };

describe("interpret", () => {
  const withAnswers = async (answers: readonly { readonly text: string }[]) => {
    const stack = new AsyncDisposableStack();
    const provider = stack.use(await startAnsweringProvider((_call, number) => answers[number - 1] ?? { status: 500 }));
    const tools = stack.use(await createToolLibrary({ config: provider.config }));
    return { ...tools, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  };

  test("words become a query and filters, which the next page takes", async () => {
    const said = intent({ intent: "search", query: "beach", filters: { ...NO_FILTERS, taken_from: "2024-07-01" } });
    await using tools = await withAnswers([said]);
    const found = await ask(tools, { text: "beach photos since July 2024", interpret: true, limit: 1 });
    expect(found.interpreted).toEqual({ text: "beach", filters: { taken_from: "2024-07-01" } });
    expect(found.total).toBe(2);
    const next = await ask(tools, { ...found.interpreted, limit: 1, cursor: found.next_cursor });
    expect([...namesOf(found), ...namesOf(next)].toSorted()).toEqual(["sand.jpg", "sea.jpg"]);
  });

  test("what is open is asked back, and nothing is searched", async () => {
    await using tools = await withAnswers([intent({ intent: "ambiguous" }), followup]);
    const asked = await ask(tools, { text: "Rex", interpret: true });
    expect(asked.question).toMatchObject({ text: goodAnswers["followup"]?.["question"], source: "llm" });
    expect(asked).toMatchObject({ hits: [], returned: 0, note: expect.stringContaining("Ask the user") });
  });

  test("a client that shows dialogs asks the user, and goes on with the answer", async () => {
    const provided = [intent({ intent: "ambiguous" }), followup, intent({ intent: "search", query: "rose" })];
    await using tools = await withAnswers(provided);
    await using served = await connectInProcess(tools.library, {
      client: { capabilities: { elicitation: { form: {} } } },
    });
    served.client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { words: "my rose" } }));
    const found = await ask({ served }, { text: "Rex", interpret: true });
    expect(found.interpreted?.text).toBe("rose");
    expect(namesOf(found).toSorted()).toEqual(["rose.jpg", "undated.jpg"]);
  });

  test.each([
    ["an album", { intent: "task", title: "Rex", query: "rose" }, /photon ask/],
    ["a standing watch", { intent: "task", query: "rose" }, /watch_folder/],
  ])("words that ask for %s are searched as they are, with the right way named", async (_what, said, note) => {
    await using tools = await withAnswers([intent(said)]);
    const found = await ask(tools, { text: "rose", interpret: true });
    expect(found.note).toMatch(note);
    expect(namesOf(found)).toContain("rose.jpg");
    expect(found.interpreted).toBeUndefined();
    expect(await tools.library.sql("select count(*) as proposals from proposals")).toEqual([{ proposals: 0 }]);
  });

  test("a provider that fails does not keep the words from being searched", async () => {
    await using tools = await withAnswers([]);
    const found = await ask(tools, { text: "rose", interpret: true });
    expect(found.note).toContain("did not say what the words mean");
    expect(namesOf(found)).toContain("rose.jpg");
  });

  test("without a provider the words are searched as they are", async () => {
    await using tools = await createToolLibrary();
    const found = await ask(tools, { text: "rose", interpret: true });
    expect(found.note).toContain("none is configured");
    expect(namesOf(found)).toContain("rose.jpg");
  });
});

describe("examples", () => {
  let library: TestLibrary;
  let served: InProcessClient;
  beforeAll(async () => {
    library = await createTestLibrary();
    await library.configure(
      `[embedding]\nmodel = "${generatedSample.id}"\n[tagging]\nenabled = false\n[[roots]]\npath = ${JSON.stringify(library.photos)}\n`,
    );
    await generateSampleLibrary(library.photos, { count: 24, size: 300 });
    expect(await runPhotonIn(library, processWords(library))).toMatchObject({ code: 0 });
    served = await connectInProcess(library);
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
    await library[Symbol.asyncDispose]();
  });

  const firstOf = async (): Promise<SearchData["hits"][number]> => {
    const [first] = (await ask({ served }, { limit: 1 })).hits;
    if (first === undefined) throw new Error("The sample library is empty.");
    return first;
  };

  test("photos like one are found without the one itself", async () => {
    const { id } = await firstOf();
    const found = await ask({ served }, { like_id: id, limit: 50 });
    expect(found.total).toBeGreaterThan(15);
    expect(found.hits.map((hit) => hit.id)).not.toContain(id);
    const scores = found.hits.map(({ score }) => score ?? -1);
    expect(scores).toEqual(scores.toSorted((left, right) => right - left));
  });

  test("a file in an added root is an example, absolute or below the root", async () => {
    const { id } = await firstOf();
    await using catalogue = await library.catalogue();
    const [hash = ""] = await catalogue.search.hashesWithPrefix(id, 1);
    const [photo] = await catalogue.search.summaries([hash]);
    const path = photo?.places[0]?.path ?? "";
    const byId = await ask({ served }, { like_id: id });
    for (const like_path of [path, path.slice(library.photos.length + 1)]) {
      expect(namesOf(await ask({ served }, { like_path }))).toEqual(namesOf(byId)); // without itself
    }
  });

  const copyTo = async (path: string): Promise<void> => {
    await using catalogue = await library.catalogue();
    const [hash = ""] = await catalogue.search.hashesWithPrefix((await firstOf()).id, 1);
    const [photo] = await catalogue.search.summaries([hash]);
    await copyFile(photo?.places[0]?.path ?? "", path);
  };

  test("a file that the library does not know is decoded", async () => {
    const { id } = await firstOf();
    await copyTo(join(library.photos, "not indexed.jpg"));
    const found = await ask({ served }, { like_path: "not indexed.jpg" });
    expect(found.hits[0]?.id).toBe(id);
  });

  test("a file outside, or behind a link that leads there, looks like one that is missing", async () => {
    const outside = join(library.folder, "outside.jpg");
    await copyTo(outside);
    await symlink(outside, join(library.photos, "link.jpg"));
    const missing = await refused({ served }, { like_path: join(library.photos, "nowhere.jpg") });
    for (const like_path of [outside, join(library.photos, "link.jpg"), "link.jpg", "../outside.jpg"]) {
      expect(await refused({ served }, { like_path })).toBe(missing);
    }
  });

  test("a file that is no picture is refused", async () => {
    await writeFile(join(library.photos, "notes.jpg"), "no picture");
    expect(await refused({ served }, { like_path: "notes.jpg" })).toContain(
      "received a file that starts like none of them",
    );
  });

  test("a vector of the model is searched, another length is refused with the right one", async () => {
    const { id } = await firstOf();
    await using catalogue = await library.catalogue();
    const [hash = ""] = await catalogue.search.hashesWithPrefix(id, 1);
    const key = (await catalogue.library.activeVectorKey())?.vectorKey ?? "";
    const vector = [...((await catalogue.search.vectors([hash], key)).get(hash) ?? [])];
    const found = await ask({ served }, { embedding: vector });
    expect(found.hits[0]?.id).toBe(id);
    expect(await refused({ served }, { embedding: vector.slice(1) })).toContain(String(vector.length));
    expect(JSON.stringify(found)).not.toContain("vector");
  });

  test("a mix pulls towards one example and away from another", async () => {
    const { id } = await firstOf();
    const alone = await ask({ served }, { mix: [{ like_id: id }] });
    expect(namesOf(alone)).toEqual(namesOf(await ask({ served }, { like_id: id })));
    expect(alone.hits).toHaveLength(12);
    expect(alone.hits.at(-1)?.match).toBe("weak"); // the nearest there are, however far
    const [nearest] = alone.hits;
    const away = await ask({ served }, { mix: [{ like_id: id }, { like_id: nearest?.id, weight: -2 }] });
    expect(away.hits.map((hit) => hit.id)).not.toContain(nearest?.id);
  });
});

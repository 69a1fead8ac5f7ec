/**
 * What a user asks of an assistant, as the assistant does it: "Find the photos of the beach trip, look at them, describe the
 * best three, translate one to Spanish, confirm it." Over the real program and its pipe, on painted photos and with the
 * model that comes with photon: once with a language model of photon's own, once with an assistant that writes itself.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jpegSize } from "../../src/photo/jpeg-size.ts";
import { generateSampleLibrary } from "../../src/sample-library/generate.ts";
import { changesResultSchema } from "../../tools/changes/changes-data.ts";
import { describeResultSchema } from "../../tools/describe/described-data.ts";
import { enrichmentResultSchema } from "../../tools/enrichment/enrichment-data.ts";
import { searchResultSchema } from "../../tools/search/search-data.ts";
import { statusSchema } from "../../tools/status/status-data.ts";
import { until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary, filesBelow } from "../support/library.ts";
import type { StdioClient } from "../support/mcp.ts";
import { connectStdio } from "../support/mcp.ts";
import { callTool, textsOf } from "../support/tool-calls.ts";

const PHOTOS = 40;
const STUB = '[llm]\nprovider = "stub"\n';

interface Assistant {
  readonly library: TestLibrary;
  readonly served: StdioClient;
}

type Given = Readonly<Record<string, unknown>>;
type Result = Awaited<ReturnType<typeof callTool>>;

const call = async ({ served }: Assistant, name: string, given: Given): Promise<Result> => {
  const result = await callTool(served, name, given);
  expect(result.isError, `${name}: ${textsOf(result).join(" ")}`).not.toBe(true);
  return result;
};

const search = async (assistant: Assistant, given: Given) =>
  searchResultSchema.parse((await call(assistant, "search_by_embedding", given)).structuredContent);
const facts = async (assistant: Assistant, given: Given) =>
  describeResultSchema.parse((await call(assistant, "describe", given)).structuredContent);
const enrichment = async (assistant: Assistant, given: Given) =>
  enrichmentResultSchema.parse((await call(assistant, "get_enrichment", given)).structuredContent);
const picturesOf = ({ content }: Result): readonly Buffer[] =>
  content.flatMap((block) => (block.type === "image" ? [Buffer.from(block.data, "base64")] : []));

/** Name and hash of every file of the user. */
const filesOf = async ({ photos }: TestLibrary): Promise<readonly string[]> =>
  Promise.all(
    (await filesBelow(photos)).map(async (name) => {
      const bytes = await readFile(join(photos, name));
      return `${name} ${createHash("sha256").update(bytes).digest("hex")}`;
    }),
  );

const start = async (llm: string): Promise<Assistant & { readonly before: readonly string[] }> => {
  const library = await createTestLibrary();
  await library.configure(`[[roots]]\npath = ${JSON.stringify(library.photos)}\n${llm}`);
  await generateSampleLibrary(library.photos, { count: PHOTOS, size: 500 });
  return { library, before: await filesOf(library), served: await connectStdio(library) };
};

const stop = async ({ served, library }: Assistant): Promise<void> => {
  await served[Symbol.asyncDispose]();
  await library[Symbol.asyncDispose]();
};

/** Everything is in the library, whoever does the work. */
const processAll = async (assistant: Assistant): Promise<void> => {
  await call(assistant, "process", { paths: [assistant.library.photos], enrich: "skip", wait_seconds: 45 });
  await until(
    "all photos to be searchable",
    async () => {
      const { structuredContent } = await call(assistant, "get_status", {});
      const { indexed, pending } = statusSchema.loose().parse(structuredContent);
      return indexed > 0 && pending === 0 ? true : undefined;
    },
    120_000,
  );
};

interface Trip {
  readonly folder: string;
  readonly ids: readonly string[];
}

/** The trip is the folder that the best beach lies in. */
const findTrip = async (assistant: Assistant): Promise<Trip> => {
  const { hits } = await search(assistant, { text: "beach" });
  expect(hits[0]).toMatchObject({ match: "good" });
  const folder = hits[0]?.folder ?? "";
  const trip = await search(assistant, { filters: { folder }, sort: "oldest", limit: 30 });
  expect(trip.hits.length).toBeGreaterThanOrEqual(3);
  expect(new Set(trip.hits.map((hit) => hit.folder))).toEqual(new Set([folder]));
  return { folder, ids: trip.hits.map(({ id }) => id) };
};

const lookAt = async (assistant: Assistant, { ids }: Trip): Promise<void> => {
  const result = await call(assistant, "view_photos", { ids, layout: "sheet" });
  const [sheet] = picturesOf(result);
  expect(jpegSize(sheet ?? Buffer.alloc(0))?.width).toBeGreaterThan(400);
  const lines = textsOf(result).flatMap((text) => text.split("\n"));
  const seen = lines.map((line) => JSON.parse(line) as { readonly number: number; readonly id: string }); // one object a line
  expect(seen.map(({ number, id }) => [number, id])).toEqual(ids.map((id, place) => [place + 1, id]));
};

const bestThree = async (assistant: Assistant, { folder, ids }: Trip): Promise<readonly [string, string, string]> => {
  const { hits } = await search(assistant, { text: "beach", filters: { folder } });
  const [one, two, three] = new Set([...hits.map(({ id }) => id), ...ids]);
  if (one === undefined || two === undefined || three === undefined) throw new Error("The trip has too few photos.");
  return [one, two, three];
};

const confirm = (assistant: Assistant, ids: readonly string[], given: Given = {}) =>
  call(assistant, "review_enrichment", { action: "confirm", ids, ...given });

/** What the user finds in the end: descriptions, a translation, all confirmed, and not a file changed. */
const expectDone = async (
  assistant: Assistant & { readonly before: readonly string[] },
  best: readonly string[],
  source: "llm" | "assistant",
): Promise<void> => {
  const [first = ""] = best;
  const { photos } = await facts(assistant, { ids: best, language: "es" });
  expect(photos.map(({ enrichment: own }) => [own?.source, own?.state])).toEqual(best.map(() => [source, "CONFIRMED"]));
  expect(photos[0]?.enrichment?.translations?.["es"]).toBeDefined();
  const { items } = await enrichment(assistant, { ids: [first], kind: "translate", language: "es" });
  expect(items).toMatchObject([{ kind: "translate:es", state: "CONFIRMED" }]);
  await until("descriptions to be searchable", async () => {
    const described = await search(assistant, { filters: { enriched: true }, limit: 50 });
    const ids = described.hits.map(({ id }) => id).toSorted((left, right) => (left < right ? -1 : 1));
    const wanted = best.toSorted((left, right) => (left < right ? -1 : 1));
    return ids.join() === wanted.join() ? true : undefined;
  });
  expect(await filesOf(assistant.library)).toEqual(assistant.before);
};

describe("with a language model of photon's own", () => {
  let assistant: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    assistant = await start(STUB);
    await processAll(assistant);
  }, 180_000);
  afterAll(() => stop(assistant));

  test("find, look, describe, translate, confirm", async () => {
    const { cursor } = changesResultSchema.parse((await call(assistant, "changes_since", {})).structuredContent);
    const trip = await findTrip(assistant);
    await lookAt(assistant, trip);
    const best = await bestThree(assistant, trip);

    const { photos, errors } = await facts(assistant, { ids: best, generate: true });
    expect(errors).toEqual([]);
    expect(photos.every(({ enrichment: own }) => own?.description !== undefined)).toBe(true);

    const requested = await call(assistant, "request_enrichment", {
      ids: [best[0]],
      kind: "translate",
      language: "es",
    });
    const { job_id: jobId } = requested.structuredContent as { readonly job_id: string }; // promised by the tool
    const translated = await until(
      "the translation",
      async () => {
        const job = await enrichment(assistant, { job_id: jobId });
        return job.progress?.pending === 0 ? job : undefined;
      },
      60_000,
    );
    expect(translated.progress).toMatchObject({ total: 1, processed: 1, failed: 0 });

    const waiting = translated.items.filter(({ state }) => state === "READY_TO_CONFIRM").map(({ id }) => id);
    if (waiting.length > 0) await confirm(assistant, waiting, { kind: "translate", language: "es" });
    await expectDone(assistant, best, "llm");
    const since = changesResultSchema.parse((await call(assistant, "changes_since", { cursor })).structuredContent);
    const enriched = since.events.filter(({ kind }) => kind === "enriched");
    expect(new Set(enriched.map(({ id }) => id))).toEqual(new Set(best));
    expect(enriched.map(({ document }) => document)).toContain("translate:es");
  }, 180_000);
});

describe("with an assistant that writes itself, and no key anywhere", () => {
  let assistant: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    assistant = await start("");
    await processAll(assistant);
  }, 180_000);
  afterAll(() => stop(assistant));

  test("find, look, describe, translate, confirm", async () => {
    const trip = await findTrip(assistant);
    await lookAt(assistant, trip);
    const best = await bestThree(assistant, trip);

    const offered = await facts(assistant, { ids: best, generate: true });
    expect(offered.note).toMatch(/view_photos.*annotate/);
    expect(picturesOf(await call(assistant, "view_photos", { ids: best }))).toHaveLength(3);
    for (const [place, id] of best.entries()) {
      const written = await call(assistant, "annotate", {
        id,
        title: `Beach ${place + 1}`,
        description: `Umbrellas and a sailing boat, picture ${place + 1} of the trip.`,
        tags: ["beach", "parasol"],
      });
      expect(written.structuredContent).toMatchObject({ id, state: "READY_TO_CONFIRM", version: 1 });
    }
    const [first] = best;
    await call(assistant, "annotate", {
      id: first,
      title: "Playa 1",
      description: "Sombrillas y un velero.",
      language: "es",
    });
    await confirm(assistant, best);
    await confirm(assistant, [first], { kind: "translate", language: "es" });

    await expectDone(assistant, best, "assistant");
    const found = await search(assistant, { text: "parasol umbrellas sailing boat" });
    expect(best).toContain(found.hits[0]?.id);
    expect(found.hits[0]).toMatchObject({ caption_source: "assistant" });
    const [item] = (await enrichment(assistant, { ids: [first], history: true })).items;
    expect(item).toMatchObject({ source: "assistant", model: "test-client" });
  }, 120_000);
});

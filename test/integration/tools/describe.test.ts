/** `describe`: known facts, and descriptions made while the caller waits. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeResultSchema } from "../../../tools/describe/described-data.ts";
import { enrichmentResultSchema } from "../../../tools/enrichment/enrichment-data.ts";
import { connectInProcess, ERAS } from "../../support/mcp.ts";
import { until } from "../../support/cli.ts";
import { photoBytes } from "../../support/photos.ts";
import type { ToolLibrary } from "../../support/tool-calls.ts";
import { callData, callError, createToolLibrary } from "../../support/tool-calls.ts";

const NAME = "describe";
const ask = ({ served }: Pick<ToolLibrary, "served">, given: Readonly<Record<string, unknown>>) =>
  callData(served, NAME, { given, schema: describeResultSchema });
const stub = (model: string): string =>
  `[llm]\nprovider = "stub"\nmodel = "${model}"\n[llm.retry]\nmax_attempts = 1\nbase_delay_s = 0\n`;

describe("known facts", () => {
  let tools: ToolLibrary;
  beforeAll(async () => {
    tools = await createToolLibrary();
  });
  afterAll(() => tools[Symbol.asyncDispose]());

  test.each(ERAS)("era %s: time, camera, coarse place, texts of the file", async (era) => {
    await using served = await connectInProcess(tools.library, { era });
    const { photos, errors } = await ask({ served }, { ids: [tools.id("sea.jpg")] });
    expect(errors).toEqual([]);
    expect(photos).toEqual([
      {
        id: tools.id("sea.jpg"),
        uri: `photo://${tools.id("sea.jpg")}`,
        name: "sea.jpg",
        folder: "Pictures/2024/Beach trip",
        taken_at: "2024-07-01T10:00:00+02:00",
        tags: ["beach", "sea"],
        size: "160x107",
        format: "jpeg",
        camera: "NIKON D750",
        gps: { latitude: 43.7, longitude: 7.3 },
        exif_text: { source: "exif", caption: "The sea in the morning" },
      },
    ]);
  });

  test("full detail tells the exact place, settings of the camera and files", async () => {
    const { photos } = await ask(tools, { ids: [tools.id("sea.jpg")], detail: "full" });
    expect(photos[0]).toMatchObject({
      gps: { latitude: 43.712345, longitude: 7.261234, altitude: 3 },
      camera_settings: { lens: "50 mm", iso: 100 },
      files: ["Pictures/2024/Beach trip/sea.jpg"],
      exif_text: { keywords: ["beach", "sea"] },
    });
  });

  test("photos that look alike are counted", async () => {
    await using own = await createToolLibrary();
    const print = Buffer.from("29727b".repeat(6), "hex");
    await own.library.sql("update photos set perceptual_hash = ? where captured_local like '2024%'", print);
    const { photos } = await ask(own, { ids: [own.id("sea.jpg"), own.id("rose.jpg")] });
    expect(photos.map(({ similar_count: count }) => count)).toEqual([1, undefined]);
  });

  test("each unknown id is an error of its own, and only when all are the call fails", async () => {
    const mixed = await ask(tools, { ids: [tools.id("sea.jpg"), "000000000000"] });
    expect(mixed.photos).toHaveLength(1);
    expect(mixed.errors).toMatchObject([{ id: "000000000000", code: "not-found" }]);
    expect(await callError(tools.served, NAME, { ids: ["000000000000", "x"] })).toContain("No photo 000000000000");
  });

  test.each([
    [{ ids: [] }, /ids/],
    [{ ids: Array.from({ length: 21 }, () => "abc") }, /ids/],
    [{ ids: ["a"], wait_seconds: 51 }, /wait_seconds/],
    [{}, /ids/],
  ])("%j is refused", async (given, message) => {
    expect(await callError(tools.served, NAME, given)).toMatch(message);
  });

  test("without a provider generate calls nobody, and names the way that needs none", async () => {
    const { note, job_id: jobId } = await ask(tools, { ids: [tools.id("sea.jpg")], generate: true });
    expect(note).toMatch(/view_photos.*annotate/);
    expect(jobId).toBeUndefined();
    expect(await tools.library.sql("select count(*) as jobs from jobs")).toEqual([{ jobs: 0 }]);
    const { tools: listed } = await tools.served.client.listTools();
    expect(listed.find(({ name }) => name === NAME)?.annotations).toMatchObject({
      readOnlyHint: true,
      openWorldHint: false,
    });
  });
});

describe("descriptions now", () => {
  test("photos that lack one are described with exactly these notes on the way", async () => {
    await using tools = await createToolLibrary({ config: stub("ok") });
    const notes: {
      readonly progress: number;
      readonly total?: number | undefined;
      readonly message?: string | undefined;
    }[] = [];
    const ids = [tools.id("sea.jpg"), tools.id("rose.jpg")];

    const result = await tools.served.client.callTool(
      { name: NAME, arguments: { ids, generate: true } },
      { onprogress: (note) => notes.push(note) },
    );

    const { photos, errors, job_id: jobId } = describeResultSchema.parse(result.structuredContent);
    expect({ errors, jobId }).toEqual({ errors: [], jobId: undefined });
    expect(photos.map(({ enrichment }) => [enrichment?.source, enrichment?.state])).toEqual([
      ["llm", "CONFIRMED"],
      ["llm", "CONFIRMED"],
    ]);
    expect(photos.every(({ enrichment }) => enrichment?.description !== undefined)).toBe(true);
    const steps = ["gathering inputs", "calling LLM", "parsing response"];
    expect(notes.map(({ message = "" }) => message).toSorted()).toEqual([...steps, ...steps].toSorted());
    expect(notes.map(({ progress }) => progress)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(notes.every(({ total }) => total === 6)).toBe(true);
    const { tools: listed } = await tools.served.client.listTools();
    expect(listed.find(({ name }) => name === NAME)?.annotations).toMatchObject({ readOnlyHint: false });
  });

  test("what has a description is not asked about again", async () => {
    await using tools = await createToolLibrary({ config: stub("ok") });
    const given = { ids: [tools.id("sea.jpg")], generate: true };
    const [first, second] = [await ask(tools, given), await ask(tools, given)];
    expect(second).toEqual(first);
    expect(await tools.library.sql("select count(*) as calls from llm_call_logs")).toEqual([{ calls: 1 }]);
  });

  test("four are described by one call, the others are counted", async () => {
    await using tools = await createToolLibrary({ config: stub("ok") });
    const ids: string[] = [];
    for (let seed = 50; seed < 56; seed += 1) {
      ids.push((await tools.library.addPhoto(`${seed}.jpg`, await photoBytes(seed))).slice(0, 12));
    }
    const { photos, note } = await ask(tools, { ids, generate: true });
    expect(photos.filter(({ enrichment }) => enrichment !== undefined)).toHaveLength(4);
    expect(note).toContain("2 more have no description");
  });

  test("failures are told by photo with a public code; the others are done", async () => {
    await using tools = await createToolLibrary({ config: stub("refuse") });
    const { photos, errors } = await ask(tools, { ids: [tools.id("sea.jpg")], generate: true });
    expect(photos).toHaveLength(1);
    expect(errors).toMatchObject([{ id: tools.id("sea.jpg"), code: "LLM_REFUSED" }]);
  });

  test("what is not done when the wait is over is named by its job", async () => {
    await using tools = await createToolLibrary({ config: stub("hang") });
    const {
      job_id: jobId,
      note,
      photos,
    } = await ask(tools, { ids: [tools.id("sea.jpg")], generate: true, wait_seconds: 1 });
    expect(photos[0]).not.toHaveProperty("enrichment");
    expect(note).toContain("not done yet");
    const job = await callData(tools.served, "get_enrichment", {
      given: { job_id: jobId },
      schema: enrichmentResultSchema,
    });
    expect(job).toMatchObject({ queue_depth: 1, progress: { total: 1, pending: 1 } });
  });

  test("a caller that goes away leaves no job behind", async () => {
    await using tools = await createToolLibrary({ config: stub("hang") });
    const caller = new AbortController();
    const call = tools.served.client.callTool(
      { name: NAME, arguments: { ids: [tools.id("sea.jpg")], generate: true } },
      { signal: caller.signal, onprogress: ({ message }) => message === "calling LLM" && caller.abort() },
    );
    await expect(call).rejects.toThrow();
    await until("the job to be cancelled", async () => {
      const [job] = await tools.library.sql("select state from jobs");
      return job?.["state"] === "cancelled" ? job : undefined;
    });
  });

  test("a language picks the translation, or says that there is none", async () => {
    await using tools = await createToolLibrary({ config: stub("ok") });
    const ids = [tools.id("sea.jpg")];
    await ask(tools, { ids, generate: true });
    expect((await ask(tools, { ids, language: "es" })).note).toContain("no translation to es");
    await tools.library.sql(`update photos set translations = '{"es":{"title":"El mar"},"de":{"title":"Das Meer"}}'`);
    const { photos, note } = await ask(tools, { ids, language: "es" });
    expect(photos[0]?.enrichment?.translations).toEqual({ es: { title: "El mar" } });
    expect(note).toBeUndefined();
  });
});

/** `get_enrichment`, `find_duplicates`, `changes_since`, `get_costs` and `get_status` through real clients. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changesResultSchema } from "../../../tools/changes/changes-data.ts";
import { costsResultSchema } from "../../../tools/costs/costs-data.ts";
import { describeResultSchema } from "../../../tools/describe/described-data.ts";
import { duplicatesResultSchema } from "../../../tools/duplicates/duplicates-data.ts";
import { enrichmentResultSchema } from "../../../tools/enrichment/enrichment-data.ts";
import { findDuplicates } from "../../../tools/find-duplicates.ts";
import { jobSchema } from "../../../tools/status/job-status.ts";
import { statusSchema } from "../../../tools/status/status-data.ts";
import { connectInProcess, ERAS, openEdge } from "../../support/mcp.ts";
import { openPhoton } from "../../support/open-photon.ts";
import { photoBytes, writePhotos } from "../../support/photos.ts";
import { PHOTON, runProgram } from "../../support/run-program.ts";
import type { ToolLibrary } from "../../support/tool-calls.ts";
import { callData, callError, createToolLibrary } from "../../support/tool-calls.ts";

const STUB = '[llm]\nprovider = "stub"\n[llm.retry]\nmax_attempts = 1\nbase_delay_s = 0\n';
const NO_JOB = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
type Given = Readonly<Record<string, unknown>>;
type Served = Pick<ToolLibrary, "served">;

/** For calls that are refused: they leave nothing behind. */
let empty: ToolLibrary;
beforeAll(async () => {
  empty = await createToolLibrary();
});
afterAll(() => empty[Symbol.asyncDispose]());

const describeNow = ({ served }: Served, ids: readonly string[]) =>
  callData(served, "describe", { given: { ids, generate: true }, schema: describeResultSchema });
const enrichment = ({ served }: Served, given: Given) =>
  callData(served, "get_enrichment", { given, schema: enrichmentResultSchema });

describe("get_enrichment", () => {
  test.each(ERAS)("era %s: what was never asked for, and what is written", async (era) => {
    await using tools = await createToolLibrary({ config: STUB, era });
    const [sea, rose] = [tools.id("sea.jpg"), tools.id("rose.jpg")];
    await describeNow(tools, [sea]);
    const { items, queue_depth: depth, errors } = await enrichment(tools, { ids: [sea, rose, "abc"] });
    expect(items).toMatchObject([
      { id: sea, kind: "image_tag", state: "CONFIRMED", version: 1, source: "llm" },
      { id: rose, kind: "image_tag", state: "NONE" },
    ]);
    expect(items[0]?.model).toContain("stub");
    expect(items[0]?.tags?.length).toBeGreaterThan(0);
    expect(items[0]).not.toHaveProperty("versions");
    expect(depth).toBe(0);
    expect(errors).toMatchObject([{ id: "abc" }]);
  });

  test("history lists older versions, and which one readers see", async () => {
    await using tools = await createToolLibrary({ config: STUB });
    const id = tools.id("sea.jpg");
    await describeNow(tools, [id]);
    await using photon = openPhoton(tools.library);
    await photon.review.edit({ id }, { set: [{ path: "title", text: "The sea, mine" }] });
    const { items } = await enrichment(tools, { ids: [id], history: true });
    expect(items[0]).toMatchObject({ version: 2, title: "The sea, mine", source: "user", model: "user" });
    expect(items[0]?.versions).toMatchObject([{ version: 1, source: "llm" }]);
  });

  test("translations need a language, and each is a document of its own", async () => {
    await using tools = await createToolLibrary({ config: STUB });
    const given = { ids: [tools.id("sea.jpg")], kind: "translate" };
    expect(await callError(tools.served, "get_enrichment", given)).toContain("language");
    const { items } = await enrichment(tools, { ...given, language: "es" });
    expect(items).toMatchObject([{ kind: "translate:es", state: "NONE" }]);
  });

  test("the items of a job, with how far it is and what failed", async () => {
    await using tools = await createToolLibrary({ config: STUB });
    await using photon = openPhoton(tools.library);
    const { enrichment: api } = photon;
    const ids = [tools.id("sea.jpg"), tools.id("rose.jpg")];
    const plan = await api.plan({ command: "enrich", kind: "image_tag", scopes: { photos: ids }, wanted: "missing" });
    const { executionId } = await api.enqueue(plan, { priority: 20 });
    const job = await enrichment(tools, { job_id: executionId });
    expect(job).toMatchObject({ queue_depth: 2, progress: { total: 2, pending: 2, processed: 0, failed: 0 } });
    expect(job.items.map(({ state }) => state)).toEqual(["PENDING", "PENDING"]);
  });

  test.each([
    [{}, /ids or job_id/],
    [{ ids: ["a"], job_id: NO_JOB }, /ids or job_id/],
    [{ job_id: NO_JOB }, /no run with the id/],
    [{ ids: ["000000000000"] }, /No photo/],
    [{ ids: ["000000000000"], kind: "image-tag" }, /among image_tag/],
    [{ ids: Array.from({ length: 51 }, () => "a") }, /ids/],
  ])("%j is refused", async (given, message) => {
    expect(await callError(empty.served, "get_enrichment", given)).toMatch(message);
  });
});

describe("find_duplicates", () => {
  let tools: ToolLibrary;
  beforeAll(async () => {
    tools = await createToolLibrary();
    await tools.library.addPhoto("Backup/sea (2).jpg", await photoBytes(1));
    await tools.library.sql("update photos set perceptual_hash = ?", Buffer.from("29727b".repeat(6), "hex"));
  });
  afterAll(() => tools[Symbol.asyncDispose]());
  const find = (given: Given) => callData(tools.served, "find_duplicates", { given, schema: duplicatesResultSchema });

  test("exact: one content, its files, the one that is no copy first", async () => {
    const { groups, total } = await find({ mode: "exact" });
    expect(total).toBe(1);
    expect(groups[0]).toMatchObject({
      keep_suggestion: "Pictures/2024/Beach trip/sea.jpg",
      ids: [tools.id("sea.jpg")],
      count: 2,
      files: ["Pictures/2024/Beach trip/sea.jpg", "Pictures/Backup/sea (2).jpg"],
    });
  });

  test("near: a group with the one to keep, and what tells them apart", async () => {
    const { groups, total, returned } = await find({});
    expect({ total, returned }).toEqual({ total: 1, returned: 1 });
    expect(groups[0]).toMatchObject({ keep_suggestion: tools.id("rose.jpg"), count: 4, distance: 0 });
    expect(groups[0]?.reason).toContain("rating");
    expect(groups[0]?.photos?.[0]).toMatchObject({ name: "rose.jpg", folder: "Pictures/2023/Garden" });
  });

  test("a folder narrows, and a mode without groups says so", async () => {
    expect((await find({ folder: "Beach trip" })).groups[0]?.count).toBe(2);
    expect(await find({ mode: "burst" })).toMatchObject({
      groups: [],
      total: 0,
      note: expect.stringContaining("No burst"),
    });
  });

  test.each([
    [{ mode: "equal" }, /mode/],
    [{ threshold: 17 }, /threshold/],
    [{ folder: "Beach trap" }, /Beach trip/],
    [{ cursor: "x" }, /cursor/],
  ])("%j is refused", async (given, message) => {
    expect(await callError(tools.served, "find_duplicates", given)).toMatch(message);
  });

  test("a caller that is gone gets nothing", async () => {
    await using served = openEdge(tools.library);
    const context = { ...served.edge.context, client: "x", reply: () => undefined, progress: async () => undefined };
    const input = findDuplicates.input.parse({});
    await expect(findDuplicates.handle(input, context, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe("changes_since", () => {
  const changes = ({ served }: Served, given: Given = {}) =>
    callData(served, "changes_since", { given, schema: changesResultSchema });

  test("an event each, once, with photo, folder and what came of it", async () => {
    await using tools = await createToolLibrary({ config: STUB });
    const { cursor } = await changes(tools);
    await describeNow(tools, [tools.id("sea.jpg")]);
    const match = { scope_id: tools.hash("rose.jpg"), watch: "Roses", confidence: 0.9 };
    await tools.library.sql(
      "insert into events (user_id, message_type, content, created_at) values (1, 'llm_task_match_result', ?, 0)",
      JSON.stringify(match),
    );
    const { events, ...rest } = await changes(tools, { cursor });
    expect(events).toMatchObject([
      { id: tools.id("sea.jpg"), kind: "enriched", folder: "Pictures/2024/Beach trip", document: "image_tag" },
      { id: tools.id("rose.jpg"), kind: "matched", match: { watch: "Roses", confidence: 0.9 } },
    ]);
    expect(await changes(tools, { cursor: rest.cursor })).toMatchObject({ events: [], more: false });
    expect((await changes(tools, { cursor, kinds: ["matched"] })).events).toHaveLength(1);
    expect(await changes(tools, { cursor, limit: 1 })).toMatchObject({ more: true });
  });

  test("a photo that has left the library is told without a folder", async () => {
    await using tools = await createToolLibrary();
    await tools.library.sql(
      "insert into events (user_id, message_type, content, created_at) values (1, 'photo_missing', ?, 0)",
      JSON.stringify({ scope_id: "ab".repeat(32) }),
    );
    expect((await changes(tools, { kinds: ["missing"] })).events).toEqual([
      { id: "abababababab", kind: "missing", at: "1970-01-01T00:00:00.000Z" },
    ]);
  });

  test.each([
    [{ cursor: "x" }, /list of changes/],
    [{ kinds: ["deleted"] }, /kinds/],
    [{ limit: 0 }, /limit/],
  ])("%j is refused", async (given, message) => {
    expect(await callError(empty.served, "changes_since", given)).toMatch(message);
  });

  test("a cursor of another library is refused", async () => {
    await using one = await createToolLibrary();
    await using other = await createToolLibrary();
    const { cursor } = await changes(one);
    expect(await callError(other.served, "changes_since", { cursor })).toContain("belongs to another library");
  });
});

describe("get_costs", () => {
  const costs = ({ served }: Served, given: Given = {}) =>
    callData(served, "get_costs", { given, schema: costsResultSchema });

  test("calls by model and by day; a price nobody knows is null", async () => {
    await using tools = await createToolLibrary({ config: STUB });
    await describeNow(tools, [tools.id("sea.jpg")]);
    const byModel = await costs(tools, { by: "model" });
    expect(byModel.rows).toMatchObject([{ calls: 1, cost_usd: 0 }]);
    expect(byModel.rows[0]?.key).toContain("stub");
    expect((await costs(tools)).rows).toHaveLength(1); // the one day with a call
    await tools.library.sql("update llm_call_logs set cost_micros = null, price_source = 'unknown'");
    const unpriced = await costs(tools, { by: "kind" });
    expect(unpriced).toMatchObject({ rows: [{ key: "image_tag", cost_usd: null }], unpriced_calls: 1 });
  });

  test("a library without calls costs nothing", async () => {
    await using tools = await createToolLibrary();
    expect(await costs(tools, { from: "2024", to: "2024-02" })).toMatchObject({
      rows: [],
      total_usd: 0,
      unpriced_calls: 0,
    });
  });

  test.each([
    [{ from: "yesterday" }, /date for from/],
    [{ from: "2024-05", to: "2024-04" }, /not before "from"/],
    [{ by: "week" }, /by/],
  ])("%j is refused", async (given, message) => {
    expect(await callError(empty.served, "get_costs", given)).toMatch(message);
  });
});

describe("get_status", () => {
  const status = ({ served }: Served, given: Given = {}) =>
    callData(served, "get_status", { given, schema: statusSchema.extend({ job: jobSchema.optional() }) });

  test("counts, folders, model, workers and enrichment of a library at rest", async () => {
    await using tools = await createToolLibrary({ config: STUB });
    const found = await status(tools);
    expect(found).toMatchObject({
      indexed: 4,
      files: 4,
      pending: 0,
      failed: 0,
      roots: [{ path: tools.library.photos, kind: "visited", files: 4, online: true }],
      model: null,
      workers: [],
      committer: null,
      watched: [],
      agent: { alive: false, paused: false },
      last_errors: [],
    });
    expect(found.enrichment).toMatchObject({
      ready: true,
      problem: null,
      total_photos: 4,
      enriched_descriptions: 0,
      enrichment_coverage: 0,
      queue: { depth: 0 },
      providers: [{ provider: "stub", circuit: "closed", leaves_machine: false }],
    });
  });

  test("how the agent sees each added folder, and that it is paused", async () => {
    await using tools = await createToolLibrary();
    await tools.library.sql("update roots set kind = 'added', watch = 1");
    await tools.library.catalogue.agent.pause({ until: undefined });
    const { watched, agent } = await status(tools);
    expect(watched).toMatchObject([{ path: tools.library.photos, mode: "off", offline: false }]);
    expect(watched[0]?.why).toMatch(/agent does not run/);
    expect(agent).toEqual({ alive: false, paused: true });
  });

  test("what is described, what failed last, and how far a job is", async () => {
    await using tools = await createToolLibrary({ config: `${STUB}model = "ok"\n` });
    await describeNow(tools, [tools.id("sea.jpg")]);
    const [{ execution_id: jobId } = {}] = await tools.library.sql("select execution_id from jobs");
    await tools.library.sql(
      "insert into enrichments (scope_id, document_type, kind, state, error_code, enrichment_error, updated_at) values (?, 'photo_story', 'photo_story', 'FAILED', 'LLM_REFUSED', 'Refused.', 5)",
      tools.hash("rose.jpg"),
    );
    const found = await status(tools, { job_id: jobId });
    expect(found.enrichment).toMatchObject({ enriched_descriptions: 1, enrichment_coverage: 25 });
    expect(found.enrichment.states).toMatchObject({ image_tag: { CONFIRMED: 1 }, photo_story: { FAILED: 1 } });
    expect(found.last_errors).toEqual([
      {
        about: tools.id("rose.jpg"),
        kind: "photo_story",
        code: "LLM_REFUSED",
        message: "Refused.",
        at: "1970-01-01T00:00:00.005Z",
      },
    ]);
    expect(found.job).toMatchObject({
      job_id: jobId,
      command: "describe",
      state: "completed",
      success: true,
      message: "1 of 1 done",
      processed_count: 1,
      failed_count: 0,
    });
  });

  test("a file that cannot be processed is named, without its folder", async () => {
    await using tools = await createToolLibrary();
    await writePhotos(join(tools.library.photos, "new"), { count: 1, seed: 900 });
    const broken = join(tools.library.photos, "new", "broken.jpg");
    await writeFile(broken, "no picture");
    await runProgram(PHOTON, ["process", join(tools.library.photos, "new"), "--quiet"], {
      environment: tools.library.environment,
    });
    const { failed, last_errors: errors, indexed } = await status(tools);
    expect({ failed, indexed }).toEqual({ failed: 1, indexed: 5 });
    expect(errors).toMatchObject([{ about: "broken.jpg", code: "unsupported_format" }]);
  });

  test("settings of a provider that are wrong are part of the answer", async () => {
    await using tools = await createToolLibrary({
      config: '[llm]\nprovider = "openai"\nfallback_models = ["nobody/x"]\n',
    });
    const { enrichment: state, indexed } = await status(tools);
    expect(indexed).toBe(4);
    expect(state.ready).toBe(false);
    expect(state.problem).toMatch(/fallback_models|key/);
  });

  test("a role that somebody holds is told", async () => {
    await using tools = await createToolLibrary();
    const lease = await tools.library.catalogue.leases.take("agent");
    await tools.library.catalogue.leases.take("committer");
    expect(lease).toBeDefined();
    const found = await status(tools);
    expect(found.agent.alive).toBe(true);
    expect(found.committer).toContain(String(process.pid));
  });

  test("a job that there is not is refused", async () => {
    await using tools = await createToolLibrary();
    await using served = await connectInProcess(tools.library);
    expect(await callError(served, "get_status", { job_id: NO_JOB })).toContain(NO_JOB);
  });
});

import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { InvalidInputError, StorageError } from "../../../src/errors.ts";
import type { Edge, Job } from "../../../tools/edge.ts";
import { defineTool } from "../../../tools/tool.ts";
import type { Tool } from "../../../tools/tool.ts";
import { createTestLibrary } from "../../support/library.ts";
import type { TestLibrary } from "../../support/library.ts";
import { connectInProcess, ERAS } from "../../support/mcp.ts";
import { rpc } from "../../support/mcp-http.ts";

let library: TestLibrary;
beforeAll(async () => {
  library = await createTestLibrary();
});
afterAll(() => library[Symbol.asyncDispose]());

const base = { title: "Test", description: "For a test.", input: z.strictObject({}), effect: "read" } as const;
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff);

const count = defineTool({
  ...base,
  name: "count",
  input: z.strictObject({ to: z.int().min(1).max(9) }),
  output: z.looseObject({ counted: z.number() }),
  async handle({ to }, { client, progress }) {
    for (let done = 1; done <= to; done += 1) await progress(done, to, `number ${done}`);
    return { kind: "data", data: { counted: to, client } };
  },
});
const wrongShape = defineTool({
  ...base,
  name: "wrong_shape",
  output: z.looseObject({ counted: z.number() }),
  handle: async () => ({ kind: "data", data: { counted: "three" as unknown as number } }),
});
const look = defineTool({
  ...base,
  name: "look",
  handle: async () => ({
    kind: "pictures",
    pictures: [
      { text: "1. a dog", jpeg: JPEG, link: { uri: "photo://0123456789ab", name: "dog.jpg" } },
      { text: "2. gone" },
    ],
    appData: [{ id: "0123456789ab" }],
  }),
});
const fail = defineTool({
  ...base,
  name: "fail",
  input: z.strictObject({ how: z.enum(["input", "storage", "unknown"]) }),
  async handle({ how }) {
    if (how === "input") throw new InvalidInputError("Expected a dog, received a cat.", { hint: "Try a dog." });
    if (how === "storage") throw new StorageError('The file "/home/someone/secret plans/catalogue.db" is locked.');
    throw new Error("ENOENT: no such file, open '/home/someone/secrets'");
  },
});
const remove = defineTool({
  ...base,
  name: "remove",
  effect: "destroy",
  async handle(_input, { reply }) {
    if (reply("digest-of-this") === true) return { kind: "data", data: { removed: 3 } };
    return {
      kind: "ask",
      digest: "digest-of-this",
      message: "Remove 3 photos?",
      expects: "yes",
      otherwise: { would_remove: 3, confirm_token: "token" },
    };
  },
});
const clarify = defineTool({
  ...base,
  name: "clarify",
  async handle(_input, { reply }) {
    const words = reply("which-trip");
    if (typeof words === "string") return { kind: "data", data: { looking_for: words } };
    return {
      kind: "ask",
      digest: "which-trip",
      message: "Which?",
      expects: "words",
      otherwise: { question: "Which?" },
    };
  },
});
const work = defineTool({
  ...base,
  name: "work",
  effect: "write",
  handle: async () => ({ kind: "job", jobId: "job-1", data: { job_id: "job-1", state: "working" } }),
});
const stayTool: Tool = {
  ...base,
  name: "stay",
  timeLimitMs: () => 50,
  handle: (_input, _context, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    }),
};

const tools: readonly Tool[] = [count, wrongShape, look, fail, remove, clarify, work, stayTool];
const withTools = (edge: Edge): Edge => ({ ...edge, tools });
const connect = (options: Parameters<typeof connectInProcess>[1] = {}) =>
  connectInProcess(library, { change: withTools, ...options });

test.each(ERAS)("era %s: data comes as structure and as text, checked by its own schema", async (era) => {
  await using served = await connect({ era });
  const result = await served.client.callTool({ name: "count", arguments: { to: 2 } });
  expect(result.structuredContent).toMatchObject({ counted: 2 });
  expect(result.content).toEqual([{ type: "text", text: JSON.stringify(result.structuredContent) }]);
  const wrong = await served.client.callTool({ name: "wrong_shape", arguments: {} }).catch((error: Error) => error);
  expect(wrong instanceof Error ? wrong.message : JSON.stringify(wrong)).toMatch(/output|structured|counted/i);
});

test("the client's name reaches tools, cleaned; in the stateless form of 2025 nobody knows it", async () => {
  await using modern = await connect({ era: "pin" });
  await using legacy = await connect({ era: "legacy" });
  const nameIn = async ({ client }: typeof modern) =>
    (await client.callTool({ name: "count", arguments: { to: 1 } })).structuredContent;
  expect(await nameIn(modern)).toMatchObject({ client: "test-client" });
  expect(await nameIn(legacy)).toMatchObject({ client: "unknown-client" });
});

test("notes of progress reach a client that asked for them, in order", async () => {
  await using served = await connect({ era: "pin" });
  const notes: string[] = [];
  await served.client.callTool(
    { name: "count", arguments: { to: 3 } },
    { onprogress: ({ message, progress, total }) => notes.push(`${progress}/${total} ${message}`) },
  );
  expect(notes).toEqual(["1/3 number 1", "2/3 number 2", "3/3 number 3"]);
});

test.each(ERAS)("era %s: pictures come with text and links, without structure", async (era) => {
  await using served = await connect({ era });
  const result = await served.client.callTool({ name: "look", arguments: {} });
  expect(result).not.toHaveProperty("structuredContent");
  expect(result.content).toEqual([
    { type: "text", text: "1. a dog" },
    { type: "image", mimeType: "image/jpeg", data: Buffer.from(JPEG).toString("base64") },
    { type: "resource_link", uri: "photo://0123456789ab", name: "dog.jpg" },
    { type: "text", text: "2. gone" },
  ]);
  expect(result._meta?.["photon/items"]).toEqual([{ id: "0123456789ab" }]);
});

test("pictures are left out for clients that cannot show them; the text remains", async () => {
  await using served = await connectInProcess(library, {
    flags: { images: "omit" },
    change: (edge) => ({ ...withTools(edge), settings: edge.settings }),
  });
  const { content } = await served.client.callTool({ name: "look", arguments: {} });
  expect(content.map(({ type }) => type)).toEqual(["text", "resource_link", "text"]);
});

test.each([
  ["input", "Expected a dog, received a cat. Try a dog."],
  ["storage", "The file (a path outside of the photo folders) is locked."],
  ["unknown", "photon failed in a way it does not know. The log of the server has the details; trying again may help."],
])("an error of sort %s becomes a text that helps and tells no secret", async (how, text) => {
  await using served = await connect();
  expect(await served.client.callTool({ name: "fail", arguments: { how } })).toMatchObject({
    isError: true,
    content: [{ type: "text", text }],
  });
});

test("a call that takes too long is stopped and told so", async () => {
  await using served = await connect();
  const result = await served.client.callTool({ name: "stay", arguments: {} });
  expect(result).toMatchObject({
    isError: true,
    content: [{ text: expect.stringMatching(/longer than 0.05 s/) as string }],
  });
});

const elicits = { client: { capabilities: { elicitation: { form: {} } } } } as const;

test.each([
  ["accepts", { action: "accept" as const, content: { ok: true } }, { removed: 3 }],
  ["says no", { action: "accept" as const, content: { ok: false } }, { would_remove: 3, confirm_token: "token" }],
  ["declines", { action: "decline" as const }, { would_remove: 3, confirm_token: "token" }],
  ["closes the dialog", { action: "cancel" as const }, { would_remove: 3, confirm_token: "token" }],
])("a user who %s in the dialog gets what follows", async (_what, answer, data) => {
  await using served = await connect({ era: "pin", ...elicits });
  const asked: string[] = [];
  served.client.setRequestHandler("elicitation/create", async ({ params }) => {
    asked.push(params.message);
    return answer;
  });
  const result = await served.client.callTool({ name: "remove", arguments: {} });
  expect(asked).toEqual(["Remove 3 photos?"]);
  expect(result.structuredContent).toEqual(data);
});

test("words of the user come back to the tool", async () => {
  await using served = await connect({ era: "pin", ...elicits });
  served.client.setRequestHandler("elicitation/create", async () => ({
    action: "accept",
    content: { words: "Lisbon" },
  }));
  const result = await served.client.callTool({ name: "clarify", arguments: {} });
  expect(result.structuredContent).toEqual({ looking_for: "Lisbon" });
});

test.each(ERAS)("era %s: where no dialog works the result asks", async (era) => {
  await using served = await connect({ era });
  const { structuredContent } = await served.client.callTool({ name: "clarify", arguments: {} });
  expect(structuredContent).toEqual({ question: "Which?" });
});

interface RawResult {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A request of 2026-07-28 with these capabilities, past the client library. */
const raw = async (
  { fetch }: Pick<Awaited<ReturnType<typeof connect>>, "fetch">,
  method: string,
  params: Readonly<Record<string, unknown>>,
  capabilities: object = {},
): Promise<RawResult> => {
  const { headers, body } = rpc(method, params, { capabilities });
  const response = await fetch(new Request("http://127.0.0.1/mcp", { method: "POST", headers, body }));
  return (await response.json()) as RawResult; // what the protocol promises
};

const ELICITATION = { elicitation: { form: {} } };

test("what a client brings back of a question is sealed: changed, moved or invented it counts for nothing", async () => {
  await using served = await connect({ era: "pin" });
  const asked = await raw(served, "tools/call", { name: "remove", arguments: {} }, ELICITATION);
  expect(asked.result).toMatchObject({ resultType: "input_required", requestState: expect.any(String) as string });
  const requestState = String(asked.result?.["requestState"]);
  const yes = { reply: { action: "accept", content: { ok: true } } };
  const again = (state: string, name = "remove") =>
    raw(served, "tools/call", { name, arguments: {}, inputResponses: yes, requestState: state }, ELICITATION);

  expect((await again(requestState)).result?.["structuredContent"]).toEqual({ removed: 3 });
  for (const state of [`${requestState}x`, requestState.slice(0, -2), "", "e30.AAAA", "x".repeat(10_000)]) {
    const answer = await again(state);
    expect(answer.error?.code ?? answer.result?.["structuredContent"]).toEqual(
      state === "" ? expect.anything() : -32602,
    );
    expect(JSON.stringify(answer)).not.toContain('"removed"');
  }
  const moved = await again(requestState, "clarify");
  expect(moved.result?.["structuredContent"]).toEqual({ question: "Which?" });
  const withoutState = await raw(
    served,
    "tools/call",
    { name: "remove", arguments: {}, inputResponses: yes },
    ELICITATION,
  );
  expect(JSON.stringify(withoutState)).not.toContain('"removed"');
});

test("a seal of another library counts for nothing", async () => {
  await using other = await createTestLibrary();
  await using theirs = await connectInProcess(other, { change: withTools });
  await using ours = await connect();
  const asked = await raw(theirs, "tools/call", { name: "remove", arguments: {} }, ELICITATION);
  const params = {
    name: "remove",
    arguments: {},
    inputResponses: { reply: { action: "accept", content: { ok: true } } },
    requestState: String(asked.result?.["requestState"]),
  };
  expect((await raw(ours, "tools/call", params, ELICITATION)).error?.code).toBe(-32602);
  expect((await raw(theirs, "tools/call", params, ELICITATION)).result?.["structuredContent"]).toEqual({ removed: 3 });
});

const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const working: Job = {
  status: "working",
  createdAt: "2026-01-01T00:00:00.000Z",
  lastUpdatedAt: "2026-01-01T00:00:01.000Z",
};

test("long work is a task for a client that speaks of tasks, and data for every other", async () => {
  let job: Job = working;
  const jobs: Edge["jobs"] = {
    find: async (id) => (id === "job-1" ? job : undefined),
    cancel: async () => {
      job = { ...working, status: "cancelled" };
    },
  };
  await using served = await connect({ change: (edge) => ({ ...withTools(edge), jobs }) });
  const start = (capabilities: object) => raw(served, "tools/call", { name: "work", arguments: {} }, capabilities);
  expect((await start({})).result).toMatchObject({ structuredContent: { job_id: "job-1" }, resultType: "complete" });
  expect((await start(TASKS)).result).toMatchObject({
    resultType: "task",
    taskId: "job-1",
    status: "working",
    pollIntervalMs: 1000,
    ttlMs: 86_400_000,
  });
  const get = (taskId: string, capabilities: object = TASKS) => raw(served, "tasks/get", { taskId }, capabilities);
  expect((await get("job-1")).result).toMatchObject({ taskId: "job-1", status: "working" });
  expect((await get("job-2")).error).toMatchObject({ code: -32602 });
  expect((await get("job-1", {})).error).toMatchObject({ code: -32021 });
  expect((await raw(served, "tasks/update", { taskId: "job-1" }, TASKS)).result).toBeDefined();
  expect((await raw(served, "tasks/cancel", { taskId: "job-1" }, TASKS)).result).toBeDefined();
  expect((await get("job-1")).result).toMatchObject({ status: "cancelled" });
  job = { ...working, status: "completed", result: { content: [], isError: false } };
  expect((await get("job-1")).result).toMatchObject({ status: "completed", result: { isError: false } });
  expect((await start(TASKS)).result).toMatchObject({ resultType: "complete", structuredContent: { job_id: "job-1" } });
});

test("a call that the client cancels is aborted", async () => {
  let aborted = false;
  const hang: Tool = {
    ...base,
    name: "hang",
    handle: (_input, _context, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(new DOMException("aborted", "AbortError"));
        });
      }),
  };
  await using served = await connect({ era: "pin", change: (edge) => ({ ...edge, tools: [hang] }) });
  const stop = new AbortController();
  const calling = served.client.callTool({ name: "hang", arguments: {} }, { signal: stop.signal });
  await pause(50); // the request is on its way
  stop.abort();
  await expect(calling).rejects.toThrow();
  await expect.poll(() => aborted).toBe(true);
});

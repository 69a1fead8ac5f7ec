import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { BatchItem, BatchResult, LanguageBatches } from "../../../models/language/language-model.ts";
import { createLanguageModel } from "../../../models/language/providers.ts";
import { CallError } from "../../../src/errors.ts";
import { replyBody } from "../../support/fake-providers/bodies.ts";
import {
  createTestModel,
  neverAborted,
  photoRequest,
  TEST_KEY,
  textRequest,
} from "../../support/fake-providers/requests.ts";
import { GOOD_TEXT, MARKER } from "../../support/fake-providers/scenarios.ts";
import type { FakeProvider } from "../../support/fake-providers/server.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";

const ITEMS: readonly BatchItem[] = [
  { id: "job-1", request: photoRequest() },
  { id: "job-2", request: textRequest() },
];
const sendJson = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const sendLines = (response: ServerResponse, lines: readonly unknown[]): void =>
  void response
    .writeHead(200, { "content-type": "application/x-jsonl" })
    .end(lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));

const batchesOf = (server: FakeProvider, wire: "anthropic" | "openai"): LanguageBatches => {
  const { batches } = createTestModel(wire, server.endpoint(wire, "x"));
  if (batches === undefined) throw new Error(`${wire} has no batches`);
  return batches;
};
const collectAll = async (batches: LanguageBatches, id: string): Promise<readonly BatchResult[]> => {
  const results: BatchResult[] = [];
  for await (const result of batches.collect(id, neverAborted())) results.push(result);
  return results;
};
/** Id and text or code, which is what tells results apart. */
const brief = (result: BatchResult): readonly unknown[] =>
  "reply" in result
    ? [result.id, result.reply.text, result.reply.tokensUsed]
    : [result.id, result.failure.failure, result.failure.publicCode, result.failure.subCode];

test("only anthropic and openai have batches", () => {
  const having = ["anthropic", "openai", "openrouter", "hyperbolic", "openai-compatible", "ollama", "stub"].filter(
    (id) => createLanguageModel(id, {}).batches !== undefined,
  );
  expect(having).toEqual(["anthropic", "openai"]);
});

test("anthropic: an order carries each request under its id", async () => {
  await using server = await startFakeProvider();
  server.route("POST /v1/messages/batches", (_request, response) =>
    sendJson(response, { id: "batch-1", processing_status: "in_progress" }),
  );
  expect(await batchesOf(server, "anthropic").submit(ITEMS, neverAborted())).toBe("batch-1");
  expect(server.requests[0]?.json()).toMatchObject({
    requests: [
      { custom_id: "job-1", params: { model: "claude-sonnet-5", max_tokens: 1024 } },
      { custom_id: "job-2", params: { model: "claude-sonnet-5", max_tokens: 1024 } },
    ],
  });
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TEST_KEY}`);
});

test.each([
  ["in_progress", "working"],
  ["canceling", "working"],
  ["ended", "ended"],
])("anthropic: a batch that is %s is %s", async (processing_status, state) => {
  await using server = await startFakeProvider();
  server.route("GET /v1/messages/batches/b", (_request, response) =>
    sendJson(response, { id: "b", processing_status }),
  );
  expect(await batchesOf(server, "anthropic").poll("b", neverAborted())).toBe(state);
});

test("anthropic: results come in any order, failed and lost items among them", async () => {
  await using server = await startFakeProvider();
  const errored = (type: string, message = MARKER) => ({
    type: "errored",
    error: { type: "error", error: { type, message } },
  });
  server.route("GET /v1/messages/batches/b/results", (_request, response) =>
    sendLines(response, [
      { custom_id: "job-3", result: errored("overloaded_error") },
      { custom_id: "job-1", result: { type: "succeeded", message: replyBody("anthropic", { text: GOOD_TEXT }) } },
      "",
      { custom_id: "job-2", result: { type: "expired" } },
      { custom_id: "job-5", result: errored("invalid_request_error", `could not process image ${MARKER}`) },
      { custom_id: "job-4", result: { type: "succeeded", message: { hello: "world" } } },
      { custom_id: "job-6", result: errored("something_new") },
    ]),
  );
  const results = await collectAll(batchesOf(server, "anthropic"), "b");
  expect(results.map(brief)).toEqual([
    ["job-3", "unavailable", "LLM_API_ERROR", "OVERLOADED"],
    ["job-1", GOOD_TEXT, 4662],
    ["job-2", "unavailable", "LLM_API_ERROR", "BATCH_ITEM_LOST"],
    ["job-5", "bad_image", "IMAGE_REJECTED", null],
    ["job-4", "unavailable", "LLM_API_ERROR", "BAD_ENVELOPE"],
    ["job-6", "unavailable", "LLM_API_ERROR", "SERVER"],
  ]);
  expect(JSON.stringify(results)).not.toContain(MARKER);
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TEST_KEY}`);
});

test("anthropic: a batch is deleted at the provider", async () => {
  await using server = await startFakeProvider();
  server.route("DELETE /v1/messages/batches/b", (_request, response) => sendJson(response, { id: "b" }));
  await batchesOf(server, "anthropic").delete("b", neverAborted());
  expect(server.requests).toHaveLength(1);
});

test("openai: an order is a file with one request per line", async () => {
  await using server = await startFakeProvider();
  server.route("POST /v1/files", (_request, response) => sendJson(response, { id: "file-1" }));
  server.route("POST /v1/batches", (_request, response) => sendJson(response, { id: "b", status: "validating" }));
  expect(await batchesOf(server, "openai").submit(ITEMS, neverAborted())).toBe("b");
  const [upload, order] = server.requests;
  const form = await new Response(new Uint8Array(upload?.body ?? []), {
    headers: { "content-type": upload?.headers["content-type"] ?? "" },
  }).formData();
  const file = form.get("file");
  if (!(file instanceof File)) throw new Error("no file was uploaded");
  const lines = (await file.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(form.get("purpose")).toBe("batch");
  expect(lines).toMatchObject([
    { custom_id: "job-1", method: "POST", url: "/v1/chat/completions", body: { model: "gpt-4o-mini" } },
    { custom_id: "job-2", method: "POST", url: "/v1/chat/completions", body: { model: "gpt-4o-mini" } },
  ]);
  expect(order?.json()).toEqual({
    input_file_id: "file-1",
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
});

test.each([
  ["validating", "working"],
  ["in_progress", "working"],
  ["finalizing", "working"],
  ["cancelling", "working"],
  ["completed", "ended"],
  ["expired", "ended"],
  ["cancelled", "ended"],
  ["failed", "failed"],
])("openai: a batch that is %s is %s", async (status, state) => {
  await using server = await startFakeProvider();
  server.route("GET /v1/batches/b", (_request, response) => sendJson(response, { id: "b", status }));
  expect(await batchesOf(server, "openai").poll("b", neverAborted())).toBe(state);
});

const FINISHED = { id: "b", status: "completed", input_file_id: "in", output_file_id: "out", error_file_id: "err" };

test("openai: results come in any order and from both files", async () => {
  await using server = await startFakeProvider();
  const body = replyBody("openai", { text: GOOD_TEXT });
  server.route("GET /v1/batches/b", (_request, response) => sendJson(response, FINISHED));
  server.route("GET /v1/files/out/content", (_request, response) =>
    sendLines(response, [
      { custom_id: "job-2", response: { status_code: 200, request_id: "r2", body }, error: null },
      { custom_id: "job-1", response: { status_code: 200, request_id: "r1", body: { hello: "world" } }, error: null },
    ]),
  );
  const error = { type: "invalid_request_error", code: null, message: `bad base64 ${MARKER}` };
  server.route("GET /v1/files/err/content", (_request, response) =>
    sendLines(response, [
      { custom_id: "job-3", response: { status_code: 400, request_id: "r3", body: { error } }, error: null },
      { custom_id: "job-4", response: null, error: { code: "batch_expired", message: MARKER } },
    ]),
  );
  const results = await collectAll(batchesOf(server, "openai"), "b");
  expect(results.map(brief)).toEqual([
    ["job-2", GOOD_TEXT, 1590],
    ["job-1", "unavailable", "LLM_API_ERROR", "BAD_ENVELOPE"],
    ["job-3", "bad_image", "IMAGE_REJECTED", null],
    ["job-4", "unavailable", "LLM_API_ERROR", "BATCH_ITEM_LOST"],
  ]);
  expect(JSON.stringify(results)).not.toContain(MARKER);
});

test("openai: all three files are deleted, one that is gone already is no failure", async () => {
  await using server = await startFakeProvider();
  server.route("GET /v1/batches/b", (_request, response) => sendJson(response, FINISHED));
  for (const id of ["in", "err"]) {
    server.route(`DELETE /v1/files/${id}`, (_request, response) => sendJson(response, { id, deleted: true }));
  }
  server.route("DELETE /v1/files/out", (_request, response) => sendJson(response, { error: { message: "gone" } }, 404));
  await batchesOf(server, "openai").delete("b", neverAborted());
  const deleted = server.requests.filter(({ method }) => method === "DELETE").map(({ path }) => path);
  expect(deleted).toEqual(["/v1/files/in", "/v1/files/out", "/v1/files/err"]);
});

test.each(["anthropic", "openai"] as const)("%s: a refused key fails the order as any call", async (wire) => {
  await using server = await startFakeProvider();
  for (const path of ["POST /v1/messages/batches", "POST /v1/files"]) {
    server.route(path, (_request, response) => sendJson(response, { error: { type: "x", message: MARKER } }, 401));
  }
  const order = batchesOf(server, wire).submit(ITEMS, neverAborted());
  await expect(order).rejects.toMatchObject({ failure: "auth", publicCode: "LLM_AUTH" });
  expect(server.requests).toHaveLength(1);
});

test.each([
  ["a line that is no JSON", (response: ServerResponse) => sendLines(response, ["{"]), "BAD_ENVELOPE"],
  [
    "a connection that breaks",
    (response: ServerResponse) =>
      void response.writeHead(200).write("{", () => setImmediate(() => response.socket?.destroy())),
    "CONNECTION",
  ],
  ["a server in trouble", (response: ServerResponse) => sendJson(response, {}, 500), "SERVER"],
  [
    "another place",
    (response: ServerResponse) => void response.writeHead(302, { location: "https://example.org" }).end(),
    "REDIRECT",
  ],
])("results end with a failure at %s", async (_name, answer, subCode) => {
  await using server = await startFakeProvider();
  server.route("GET /v1/messages/batches/b/results", (_request, response) => answer(response));
  const collecting = collectAll(batchesOf(server, "anthropic"), "b");
  await expect(collecting).rejects.toBeInstanceOf(CallError);
  await expect(collecting).rejects.toMatchObject({ subCode });
});

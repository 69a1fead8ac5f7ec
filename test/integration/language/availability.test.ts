import { expect, test } from "vitest";
import { createLanguageModel } from "../../../models/language/providers.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createTestModel, neverAborted, TEST_KEY } from "../../support/fake-providers/requests.ts";
import type { FakeProvider } from "../../support/fake-providers/server.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";

const ROUTES = { anthropic: "GET /v1/models", openai: "GET /v1/models", ollama: "GET /api/tags" } as const;
const WIRES = ["anthropic", "openai", "ollama"] as const;

const answerJson = (server: FakeProvider, route: string, body: unknown, status = 200): void =>
  server.route(
    route,
    (_request, response) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
  );

test.each(["anthropic", "openai"] as const)("%s is available when it lists models", async (wire) => {
  await using server = await startFakeProvider();
  answerJson(server, ROUTES[wire], { data: [{ id: "m" }], has_more: false });
  const model = createTestModel(wire, server.endpoint(wire, "ok"));
  expect(await model.isAvailable(neverAborted())).toEqual({ ok: true, vision: null });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TEST_KEY}`]);
});

test("ollama is available when it has the model, and tells whether that one sees", async () => {
  await using server = await startFakeProvider();
  answerJson(server, "GET /api/tags", { models: [{ name: "llama3.2-vision:latest" }] });
  answerJson(server, "POST /api/show", { capabilities: ["completion", "vision"] });
  const model = createTestModel("ollama", server.endpoint("ollama", "ok"));
  expect(await model.isAvailable(neverAborted())).toEqual({ ok: true, vision: true });
  expect(server.requests.at(-1)?.json()).toEqual({ model: "llama3.2-vision" });
});

test("ollama without the model says how to install it", async () => {
  await using server = await startFakeProvider();
  answerJson(server, "GET /api/tags", { models: [{ name: "mistral:latest" }] });
  const model = createTestModel("ollama", server.endpoint("ollama", "ok"));
  const available = await model.isAvailable(neverAborted());
  expect(available).toMatchObject({ ok: false, failure: { publicCode: "LLM_MODEL_NOT_FOUND", failure: "config" } });
  expect(available).toHaveProperty("hint", expect.stringContaining("ollama pull llama3.2-vision"));
});

test("a model that ollama has elsewhere leaves the machine", async () => {
  await using server = await startFakeProvider();
  answerJson(server, "GET /api/tags", { models: [{ name: "llama3.2-vision:latest" }] });
  answerJson(server, "POST /api/show", { capabilities: ["vision"], remote_host: "https://ollama.com:443" });
  const model = createTestModel("ollama", server.endpoint("ollama", "ok"));
  expect(model.leavesMachine).toBe(false);
  await model.isAvailable(neverAborted());
  expect(model.leavesMachine).toBe(true);
});

test.each(WIRES)("%s: a refused key is a failure with a hint, not an exception", async (wire) => {
  await using server = await startFakeProvider();
  answerJson(server, ROUTES[wire], { error: wire === "ollama" ? "no" : { type: "x", message: "no" } }, 401);
  const available = await createTestModel(wire, server.endpoint(wire, "ok")).isAvailable(neverAborted());
  expect(available).toMatchObject({ ok: false, failure: { publicCode: "LLM_AUTH" } });
  expect(available).toHaveProperty("hint", expect.stringContaining(`llm.${wire}.api_key`));
});

test.each(WIRES)("%s: no server is a failure with a hint", async (wire) => {
  const server = await startFakeProvider();
  const endpoint = server.endpoint(wire, "ok");
  await server[Symbol.asyncDispose]();
  const available = await createTestModel(wire, endpoint).isAvailable(neverAborted());
  expect(available).toMatchObject({ ok: false, failure: { publicCode: "LLM_API_ERROR", subCode: "UNREACHABLE" } });
  expect(available).toHaveProperty("hint", expect.stringContaining(`llm.${wire}.endpoint`));
});

test.each(WIRES)("%s: a server that is something else is no provider", async (wire) => {
  await using server = await startFakeProvider();
  server.route(ROUTES[wire], (_request, response) => void response.writeHead(200).end("<html>hello</html>"));
  const available = await createTestModel(wire, server.endpoint(wire, "ok")).isAvailable(neverAborted());
  expect(available).toMatchObject({ ok: false, failure: { subCode: "BAD_ENVELOPE" } });
});

test.each(WIRES)("%s: silence ends after 5 seconds, whatever the time for calls", async (wire) => {
  await using server = await startFakeProvider();
  const asked = Promise.withResolvers<void>();
  server.route(ROUTES[wire], () => asked.resolve());
  const clock = createManualClock();
  const model = createTestModel(wire, server.endpoint(wire, "ok"), { clock, settings: { timeout_ms: 120_000 } });
  const available = model.isAvailable(neverAborted());
  await asked.promise;
  clock.advance(5000);
  expect(await available).toMatchObject({ ok: false, failure: { publicCode: "LLM_TIMEOUT" } });
});

test("the stub is always available", async () => {
  expect(await createLanguageModel("stub", {}).isAvailable(neverAborted())).toEqual({ ok: true, vision: true });
});

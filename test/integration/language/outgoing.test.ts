import { afterEach, expect, test, vi } from "vitest";
import type { WireName } from "../../support/fake-providers/bodies.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";
import {
  createTestModel,
  neverAborted,
  photoRequest,
  SCHEMA,
  TEST_KEY,
  textRequest,
  type TestModelOptions,
} from "../../support/fake-providers/requests.ts";
import type { LanguageRequest } from "../../../models/language/language-model.ts";

const BASE64 = "/9j/2Q==";
const WIRES = ["anthropic", "openai", "ollama"] as const;
/** What the transport adds to any request. */
const TRANSPORT_HEADERS = [
  "accept-encoding",
  "accept-language",
  "connection",
  "content-length",
  "host",
  "sec-fetch-mode",
  "user-agent",
];

const sentBy = async (wire: WireName, request: LanguageRequest, options: TestModelOptions = {}) => {
  await using server = await startFakeProvider();
  const reply = await createTestModel(wire, server.endpoint(wire, "ok"), options).generate(request, neverAborted());
  const [sent] = server.requests;
  if (sent === undefined) throw new Error("nothing was sent");
  return { sent, body: sent.json(), reply };
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test("anthropic: a photo", async () => {
  const { body, sent } = await sentBy("anthropic", photoRequest());
  expect(sent).toMatchObject({ method: "POST", path: "/v1/messages" });
  expect(body).toEqual({
    model: "claude-sonnet-5",
    max_tokens: 1024,
    system: [{ type: "text", text: "You are a careful archivist.", cache_control: { type: "ephemeral" } }],
    thinking: { type: "disabled" },
    output_config: { format: { type: "json_schema", schema: SCHEMA } },
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/jpeg", data: BASE64 } },
          { type: "text", text: photoRequest().user },
        ],
      },
    ],
  });
});

test("anthropic: a model that always thinks gets low effort and room for it, never a temperature", async () => {
  const { body, reply } = await sentBy("anthropic", photoRequest(), { model: "claude-opus-5-5" });
  expect(body).toMatchObject({ max_tokens: 4096, output_config: { effort: "low", format: { schema: SCHEMA } } });
  expect(body).not.toHaveProperty("thinking");
  expect(body).not.toHaveProperty("temperature");
  expect(reply).toMatchObject({ temperatureSent: null, maxTokensSent: 4096 });
});

test("anthropic: free text of an unknown model sends the bare minimum", async () => {
  const { body } = await sentBy("anthropic", textRequest({ jsonSchema: null }), { model: "house-model" });
  expect(Object.keys(body).toSorted()).toEqual(["max_tokens", "messages", "model", "system"]);
});

test("openai: a photo", async () => {
  const { body, sent, reply } = await sentBy("openai", photoRequest());
  expect(sent).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
  expect(body).toEqual({
    model: "gpt-4o-mini",
    temperature: 0.3,
    max_completion_tokens: 1024,
    prompt_cache_key: "prompt-hash",
    response_format: { type: "json_schema", json_schema: { name: "out", strict: true, schema: SCHEMA } },
    messages: [
      { role: "system", content: "You are a careful archivist." },
      {
        role: "user",
        content: [
          { type: "text", text: photoRequest().user },
          { type: "image_url", image_url: { url: `data:image/jpeg;base64,${BASE64}`, detail: "low" } },
        ],
      },
    ],
  });
  expect(reply.temperatureSent).toBe(0.3);
});

test.each([
  ["gpt-5.4-mini", "none", 1024],
  ["gpt-6-sol", "none", 1024],
  ["gpt-5-mini", "low", 4096],
  ["o4-mini", "low", 4096],
])("openai: %s gets effort %s, %i tokens and no temperature", async (model, effort, maxTokens) => {
  const { body, reply } = await sentBy("openai", photoRequest(), { model });
  expect(body).toMatchObject({ reasoning_effort: effort, max_completion_tokens: maxTokens });
  expect(body).not.toHaveProperty("temperature");
  expect(reply.temperatureSent).toBeNull();
});

test("openai: each capability adds or takes away its field alone", async () => {
  const capabilities = {
    temperature: false,
    legacy_max_tokens: true,
    structured: false,
    prompt_cache_key: false,
    effort: "unset",
  };
  const { body } = await sentBy("openai", photoRequest(), { settings: { capabilities } });
  expect(Object.keys(body).toSorted()).toEqual(["max_tokens", "messages", "model"]);
});

test("ollama: a photo", async () => {
  const { body, sent } = await sentBy("ollama", photoRequest());
  expect(sent).toMatchObject({ method: "POST", path: "/api/chat" });
  expect(body).toEqual({
    model: "llama3.2-vision",
    stream: false,
    think: false,
    keep_alive: "5m",
    format: SCHEMA,
    options: { temperature: 0.3, num_predict: 1024, num_ctx: 8192 },
    messages: [
      { role: "system", content: "You are a careful archivist." },
      { role: "user", content: photoRequest().user, images: [BASE64] },
    ],
  });
});

test("ollama: without structured answers the format is only called JSON, free text has none", async () => {
  const settings = { capabilities: { structured: false } };
  expect((await sentBy("ollama", photoRequest(), { settings })).body["format"]).toBe("json");
  expect((await sentBy("ollama", photoRequest({ jsonSchema: null }))).body).not.toHaveProperty("format");
});

test.each(WIRES)("%s: a re-ask carries the conversation", async (wire) => {
  const turns = [
    { role: "assistant", text: "{}" },
    { role: "user", text: "title: is missing" },
  ] as const;
  const messages = (await sentBy(wire, textRequest({ turns }))).body["messages"] as readonly unknown[];
  expect(messages.slice(-2)).toEqual([
    { role: "assistant", content: "{}" },
    { role: "user", content: "title: is missing" },
  ]);
});

test.each(WIRES)("%s: no request asks for more than 16000 tokens", async (wire) => {
  const { body, reply } = await sentBy(wire, textRequest({ maxTokens: 50_000 }));
  expect(JSON.stringify(body)).toContain("16000");
  expect(reply.maxTokensSent).toBe(16_000);
});

test.each([
  ["anthropic", { authorization: `Bearer ${TEST_KEY}`, "anthropic-version": "2026-10-21" }],
  ["openai", { authorization: `Bearer ${TEST_KEY}` }],
  ["ollama", {}],
] as const)("%s: sends these headers and no others", async (wire, headers) => {
  const { sent } = await sentBy(wire, photoRequest());
  expect(sent.headers).toMatchObject({ accept: "application/json", "content-type": "application/json", ...headers });
  const others = sent.headerNames.filter((name) => !TRANSPORT_HEADERS.includes(name));
  expect(others.toSorted()).toEqual(["accept", "content-type", ...Object.keys(headers)].toSorted());
  expect(sent.headers["user-agent"]).toBe("node");
});

test("anthropic: the wire of 2023 sends the key in its own header", async () => {
  const { sent } = await sentBy("anthropic", photoRequest(), { settings: { wire: "2023-06-01" } });
  expect(sent.headers).toMatchObject({ "x-api-key": TEST_KEY, "anthropic-version": "2023-06-01" });
  expect(sent.headerNames).not.toContain("authorization");
});

test.each(WIRES)("%s: environment variables of the SDKs change nothing", async (wire) => {
  const expected = await sentBy(wire, photoRequest());
  for (const [name, value] of Object.entries({
    ANTHROPIC_API_KEY: "sk-foreign",
    ANTHROPIC_AUTH_TOKEN: "foreign",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
    ANTHROPIC_CUSTOM_HEADERS: "x-foreign: 1\nanthropic-version: 1999-01-01",
    ANTHROPIC_LOG: "debug",
    OPENAI_API_KEY: "sk-foreign",
    OPENAI_ADMIN_KEY: "sk-foreign",
    OPENAI_BASE_URL: "http://127.0.0.1:9",
    OPENAI_CUSTOM_HEADERS: "x-foreign: 1",
    OPENAI_LOG: "debug",
    OPENAI_ORG_ID: "org-foreign",
    OPENAI_PROJECT_ID: "proj-foreign",
    OLLAMA_API_KEY: "foreign",
    OLLAMA_HOST: "http://127.0.0.1:9",
  })) {
    vi.stubEnv(name, value);
  }
  const { sent, body } = await sentBy(wire, photoRequest());
  expect(body).toEqual(expected.body);
  expect({ ...sent.headers, host: "" }).toEqual({ ...expected.sent.headers, host: "" });
});

test.each(["anthropic", "openai"] as const)("%s: without a key none is sent", async (wire) => {
  vi.stubEnv("ANTHROPIC_API_KEY", "sk-foreign");
  vi.stubEnv("OPENAI_API_KEY", "sk-foreign");
  const { sent } = await sentBy(wire, photoRequest(), { settings: { api_key: undefined } });
  expect(sent.headerNames).not.toContain("authorization");
  expect(sent.headerNames).not.toContain("x-api-key");
});

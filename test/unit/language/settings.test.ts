import { expect, test } from "vitest";
import { ConfigError } from "../../../src/errors.ts";
import { createLanguageModel, providers } from "../../../models/language/providers.ts";
import { photoRequest, textRequest } from "../../support/fake-providers/requests.ts";

const model = createLanguageModel;

test.each([
  ["ollama", "http://localhost:11434", "llama3.2-vision"],
  ["anthropic", "https://api.anthropic.com", "claude-sonnet-5"],
  ["openai", "https://api.openai.com", "gpt-4o-mini"],
  ["openrouter", "https://openrouter.ai", "openrouter/auto"],
  ["hyperbolic", "https://api.hyperbolic.xyz", "meta-llama/Llama-3.2-11B-Vision-Instruct"],
  ["openai-compatible", "http://localhost:8080", "llava"],
])("%s without settings goes to %s with %s", (provider, origin, modelId) => {
  expect(model(provider, {})).toMatchObject({ provider, modelId, providerKey: `${provider}@${origin}` });
});

test("every provider works with no settings at all", () => {
  expect(providers.map(({ id }) => model(id, undefined).provider)).toEqual(providers.map(({ id }) => id));
});

test("the override comes before the configured model, and text has its own where one is set", () => {
  expect(model("openai", { model: "gpt-4o" }).modelId).toBe("gpt-4o");
  expect(model("openai", { model: "gpt-4o" }, { model: "gpt-6-sol" }).modelId).toBe("gpt-6-sol");
  expect(model("openai-compatible", {}, { purpose: "text" }).modelId).toBe("mistral");
  expect(model("openai-compatible", {}, { purpose: "photo" }).modelId).toBe("llava");
});

test("an unknown provider is refused with the known ones", () => {
  expect(() => model("gemini", {})).toThrow(ConfigError);
  expect(() => model("gemini", {})).toThrow(expect.objectContaining({ hint: expect.stringContaining("anthropic") }));
});

test.each([
  "https://user:secret-word@api.example.org",
  "http://user:secret-word@localhost:8080",
  "http://api.example.org/v1",
  "http://8.8.8.8/v1",
  "http://[2001:db8::1]/v1",
  "ftp://localhost/secret-word",
  "https://api.example.org/v1?key=secret-word",
  "https://api.example.org/v1#secret-word",
  "nonsense secret-word",
])("the address %s is refused, without being repeated", (endpoint) => {
  const create = (): unknown => model("openai-compatible", { endpoint });
  expect(create).toThrow(ConfigError);
  expect(create).toThrow("llm.openai-compatible.endpoint");
  expect(create).not.toThrow("secret-word");
});

test.each([
  "https://api.example.org/v1",
  "http://localhost:8080/v1",
  "http://127.0.0.1:1234",
  "http://[::1]:1234",
  "http://10.1.2.3/v1",
  "http://172.20.0.5:8000/v1",
  "http://192.168.1.9:8000/v1",
  "http://[fd00::5]/v1",
  "http://nas:8080/v1",
  "http://nas.local/v1",
])("the address %s is accepted", (endpoint) => {
  expect(model("openai-compatible", { endpoint }).providerKey).toBe(`openai-compatible@${new URL(endpoint).origin}`);
});

test("a key never appears in the error about another setting", () => {
  const create = (): unknown => model("openai", { api_key: "sk-secret", timeout_ms: 1, unknown_setting: "sk-secret" });
  expect(create).toThrow("llm.openai.timeout_ms");
  expect(create).not.toThrow("sk-secret");
});

test.each([
  ["stub", {}, "ok", false],
  ["ollama", {}, "llava", false],
  ["ollama", { endpoint: "http://127.0.0.9:11434" }, "llava", false],
  ["ollama", { endpoint: "http://192.168.1.9:11434" }, "llava", true],
  ["ollama", {}, "qwen3-vl:235b-cloud", true],
  ["ollama", {}, "gpt-oss:cloud", true],
  ["ollama", { local: true, endpoint: "http://192.168.1.9:11434" }, "llava", false],
  ["openai-compatible", {}, "llava", true],
  ["openai-compatible", { local: true }, "llava", false],
  ["anthropic", {}, "claude-sonnet-5", true],
] as const)("%s with %o and %s leaves the machine: %s", (provider, settings, modelId, leaves) => {
  expect(model(provider, settings, { model: modelId }).leavesMachine).toBe(leaves);
});

test("a picture has 60 s, text 30 s, ollama 120 s, the settings come first", () => {
  const times = (provider: string, settings: object, overrides = {}): readonly number[] => {
    const created = model(provider, settings, overrides);
    return [created.timeoutMs(photoRequest()), created.timeoutMs(textRequest())];
  };
  expect(times("openai", {})).toEqual([60_000, 30_000]);
  expect(times("ollama", {})).toEqual([120_000, 120_000]);
  expect(times("openai", { timeout_ms: 5000 })).toEqual([5000, 5000]);
  expect(times("openai", {}, { imageTimeoutMs: 90_000, textTimeoutMs: 10_000 })).toEqual([90_000, 10_000]);
  expect(() => model("openai", { timeout_ms: 300_001 })).toThrow(ConfigError);
});

/** Requests and models for tests of providers. */
import { createLanguageModel } from "../../../models/language/providers.ts";
import type { LanguageModel, LanguageRequest } from "../../../models/language/language-model.ts";
import type { Clock } from "../../../src/clock.ts";
import type { WireName } from "./bodies.ts";

export const TEST_KEY = "sk-test-MARKER-key";

export const SCHEMA = {
  type: "object",
  properties: { status: { type: "string", enum: ["ok"] }, title: { type: "string" } },
  required: ["status", "title"],
  additionalProperties: false,
};

export const photoRequest = (changes: Partial<LanguageRequest> = {}): LanguageRequest => ({
  system: "You are a careful archivist.",
  user: "<photo_data>\n{}\n</photo_data>\nDescribe the photo.",
  turns: [],
  image: { mime: "image/jpeg", bytes: Buffer.from([0xff, 0xd8, 0xff, 0xd9]) },
  maxTokens: 1024,
  temperature: 0.3,
  detail: "low",
  jsonSchema: SCHEMA,
  cacheKey: "prompt-hash",
  ...changes,
});

export const textRequest = (changes: Partial<LanguageRequest> = {}): LanguageRequest =>
  photoRequest({ image: null, ...changes });

const MODELS: Readonly<Record<WireName, string>> = {
  anthropic: "claude-sonnet-5",
  openai: "gpt-4o-mini",
  ollama: "llama3.2-vision",
};

export interface TestModelOptions {
  readonly model?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
}

export const createTestModel = (
  wire: WireName,
  endpoint: string,
  { model = MODELS[wire], settings = {}, clock }: TestModelOptions = {},
): LanguageModel =>
  createLanguageModel(
    wire,
    { endpoint, ...(wire === "ollama" ? {} : { api_key: TEST_KEY }), ...settings },
    { model, ...(clock === undefined ? {} : { clock }) },
  );

export const neverAborted = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });

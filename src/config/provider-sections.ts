/**
 * The sections `[llm.<provider>]`. Here they are fields like all others, so that files, variables and the reference
 * page know them; which values a provider takes is decided by its own schema in models/language/, which has the same
 * fields and defaults.
 */
import { z } from "zod";
import { count, fieldTraits, text, unset } from "./fields.ts";

/** Node's fetch gives up by itself at 300 s. */
const providerTimeoutMs = (): z.ZodNumber => z.int().min(1000).max(300_000);

/** A table whose content the provider checks. */
const table = (description: string, example: string) =>
  z
    .record(z.string(), z.unknown())
    .default({})
    .describe(description)
    .register(fieldTraits, { fileOnly: true, exampleLines: [example] });

interface SectionDefaults {
  readonly endpoint: string;
  readonly model: string;
  readonly modelExample?: string;
}

const address = (endpoint: string) =>
  text().default(endpoint).describe("Address of the provider, https or of this network.");
const model = (name: string) => text().default(name).describe("Model that is asked.");
const concurrency = () =>
  unset(count(256), "Calls at the same time; unset: llm.concurrency, and 1 for providers on this machine.", {
    example: 3,
    defaultText: "unset",
  });

const TIMEOUT = "Time for one call in milliseconds; unset: llm.timeout_seconds and limits.llm_timeout_ms.";

const commonFields = (defaults: SectionDefaults) => ({
  endpoint: address(defaults.endpoint),
  model: model(defaults.model),
  timeout_ms: unset(providerTimeoutMs(), TIMEOUT, { example: 60_000, defaultText: "unset" }),
  concurrency: concurrency(),
  local: z
    .boolean()
    .default(false)
    .describe("The provider runs on this machine and forwards nothing: photos that must stay here may be sent to it."),
  capabilities: table(
    "What the model understands, where it differs from what photon assumes: temperature, legacy_max_tokens, thinking_off, effort, structured, prompt_cache_key.",
    "capabilities = { structured = true }",
  ),
  prices: table(
    "Prices by model in US dollars per million tokens; they come before the built-in ones.",
    'prices = { "some-model" = { input = 0.15, output = 0.6 } }',
  ),
});

const key = (keyVariable: `${string}_API_KEY`) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(`Key of your account; better named than written: "\${${keyVariable}}".`)
    .register(fieldTraits, { secret: true, keyVariable, defaultText: `\${${keyVariable}}` });

const keyed = (keyVariable: `${string}_API_KEY`, defaults: SectionDefaults) =>
  z.object({ api_key: key(keyVariable), ...commonFields(defaults) });

const ollama = z.object({
  ...commonFields({ endpoint: "http://localhost:11434", model: "llama3.2-vision" }),
  api_key: unset(z.string().min(1), "Key, where Ollama stands behind a gateway that wants one.", {
    secret: true,
    example: "${OLLAMA_API_KEY}",
    defaultText: "unset",
  }),
  timeout_ms: providerTimeoutMs()
    .describe("Time for one call in milliseconds; loading a model takes longer than an answer.")
    .register(fieldTraits, { defaultText: "120000, or llm.timeout_seconds where that is set" }),
});

const anthropicDefaults = { endpoint: "https://api.anthropic.com", model: "claude-sonnet-5" };
const anthropic = keyed("ANTHROPIC_API_KEY", anthropicDefaults).extend({
  wire: z
    .enum(["current", "2023-06-01"])
    .default("current")
    .describe("Headers: 2023-06-01 sends the key as x-api-key with that version, for gateways that want it."),
});

const openaiCompatible = z.object({
  api_key: z
    .string()
    .min(1)
    .default("not-needed")
    .describe("Key; servers that need none ignore it.")
    .register(fieldTraits, { secret: true, alsoVariables: ["PHOTON_LLM_API_KEY"] }),
  ...commonFields({ endpoint: "http://localhost:8080/v1", model: "llava" }),
  text_model: text().default("mistral").describe("Model of calls without a picture."),
});

const stub = z.object({
  model: text()
    .default("ok")
    .describe(
      "How the built-in stand-in behaves: ok, slow-<ms>, hang, invalid, refuse, truncated, error-<status>, flaky-<n>.",
    ),
  concurrency: concurrency(),
});

export const providerSections = {
  ollama,
  anthropic,
  openai: keyed("OPENAI_API_KEY", { endpoint: "https://api.openai.com/v1", model: "gpt-4o-mini" }),
  openrouter: keyed("OPENROUTER_API_KEY", { endpoint: "https://openrouter.ai/api/v1", model: "openrouter/auto" }),
  hyperbolic: keyed("HYPERBOLIC_API_KEY", {
    endpoint: "https://api.hyperbolic.xyz/v1",
    model: "meta-llama/Llama-3.2-11B-Vision-Instruct",
  }),
  "openai-compatible": openaiCompatible,
  stub,
} as const;

export type ProviderId = keyof typeof providerSections;
/** Those of models/language/providers.ts. */
export const PROVIDER_IDS = Object.keys(providerSections) as readonly ProviderId[]; // own keys of a literal

/** Variables that hold the keys of providers that take none but yours. */
export const KEY_VARIABLES = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  openrouter: "OPENROUTER_API_KEY",
  hyperbolic: "HYPERBOLIC_API_KEY",
} as const;

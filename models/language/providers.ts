/** The providers photon knows, and the one way to get a model of one. */
import type { z } from "zod";
import { MINUTE, SECOND, systemClock } from "../../src/clock.ts";
import { ConfigError } from "../../src/errors.ts";
import type { LanguageModel, ModelContext, ModelPurpose, Provider } from "./language-model.ts";
import { anthropic } from "./providers/anthropic.ts";
import { hyperbolic } from "./providers/hyperbolic.ts";
import { ollama } from "./providers/ollama.ts";
import { openaiCompatible } from "./providers/openai-compatible.ts";
import { openai } from "./providers/openai.ts";
import { openrouter } from "./providers/openrouter.ts";
import { stub } from "./providers/stub.ts";

export const providers = [
  ollama,
  anthropic,
  openai,
  openrouter,
  hyperbolic,
  openaiCompatible,
  stub,
] as const satisfies readonly Provider[];

const IMAGE_TIMEOUT_MS = MINUTE;
const TEXT_TIMEOUT_MS = 30 * SECOND;

export interface ModelOverrides extends Partial<ModelContext> {
  /** Instead of the configured one. */
  readonly model?: string;
  /** Which of the configured models, where there is one for pictures and one for text. Default: photo. */
  readonly purpose?: ModelPurpose;
}

const findProvider = (id: string): Provider => {
  const provider = (providers as readonly Provider[]).find((candidate) => candidate.id === id);
  if (provider !== undefined) return provider;
  const names = providers.map((known) => known.id).join(", ");
  throw new ConfigError(`Expected a known provider for llm.provider, received "${id}".`, {
    hint: `Choose one of ${names}.`,
  });
};

/** Values are not shown: they may be keys. */
const settingsError = (id: string, { issues }: z.ZodError): ConfigError => {
  const lines = issues.map(({ path, message }) => `llm.${[id, ...path].join(".")}: ${message}`);
  return new ConfigError(`Expected valid settings of the provider, received:\n${lines.join("\n")}`, {
    hint: "Correct the named settings in config.toml or in the environment (photon config show).",
    details: { keys: issues.map(({ path }) => ["llm", id, ...path].join(".")) },
  });
};

/**
 * @param settings the section `llm.<providerId>` of the config; what it leaves out gets its default
 * @throws ConfigError for an unknown provider and for wrong settings
 */
export const createLanguageModel = (
  providerId: string,
  settings: unknown,
  overrides: ModelOverrides = {},
): LanguageModel => {
  const provider = findProvider(providerId);
  const parsed = provider.settingsSchema.safeParse(settings ?? {});
  if (!parsed.success) throw settingsError(providerId, parsed.error);
  const modelId = overrides.model ?? provider.defaultModel(parsed.data, overrides.purpose ?? "photo");
  return provider.create(parsed.data, modelId, {
    clock: overrides.clock ?? systemClock,
    imageTimeoutMs: overrides.imageTimeoutMs ?? IMAGE_TIMEOUT_MS,
    textTimeoutMs: overrides.textTimeoutMs ?? TEXT_TIMEOUT_MS,
  });
};

/** Defaults that depend on the machine or on other settings. */
import { defaultFolder } from "./folders.ts";
import type { ConfigField, ConfigKey } from "./schema.ts";

const MS_PER_SECOND = 1000;
const OLLAMA_TIMEOUT_MS = 120_000;
const RETRY_DELAY_S = 1;

/** The settings that come before a field in the schema. */
export interface EarlierSettings {
  /** Value at a key, or undefined when there is none. */
  readonly valueOf: (key: ConfigKey) => unknown;
}

const ENVIRONMENTS: readonly unknown[] = [undefined, "development", "production"];

const numberAt = (key: ConfigKey, { valueOf }: EarlierSettings): number | undefined => {
  const value = valueOf(key);
  return typeof value === "number" ? value : undefined;
};

const retryAttempts = (settings: EarlierSettings): number | undefined => {
  const repetitions = numberAt("pipeline.retry_attempts", settings);
  return repetitions === undefined ? undefined : repetitions + 1;
};

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / MS_PER_SECOND;

const ollamaTimeoutMs = (settings: EarlierSettings): number => {
  const timeout = numberAt("llm.timeout_seconds", settings);
  return timeout === undefined ? OLLAMA_TIMEOUT_MS : timeout * MS_PER_SECOND;
};

const FROM_SETTINGS: Partial<Record<ConfigKey, (settings: EarlierSettings) => number | undefined>> = {
  "llm.retry.max_attempts": retryAttempts,
  "llm.retry.base_delay_s": (settings) => seconds(numberAt("pipeline.retry_delay_ms", settings)) ?? RETRY_DELAY_S,
  "llm.ollama.timeout_ms": ollamaTimeoutMs,
};

/** The default of a field whose schema has none; undefined = the field stays unset, or its schema knows. */
export const derivedDefault = ({ key, traits }: ConfigField, settings: EarlierSettings): unknown => {
  const stage = Math.max(0, ENVIRONMENTS.indexOf(settings.valueOf("llm.environment")));
  return (
    FROM_SETTINGS[key]?.(settings) ??
    traits.byEnvironment?.[stage] ??
    defaultFolder(key, String(settings.valueOf("general.data_dir")))
  );
};

/** The default of a field on this machine, when nothing is set. */
export const plainDefault = (field: ConfigField, dataDirectory: string): unknown => {
  const parsed = field.schema.safeParse(undefined);
  if (parsed.success && parsed.data !== undefined) return parsed.data;
  return derivedDefault(field, { valueOf: (key) => (key === "general.data_dir" ? dataDirectory : undefined) });
};

/** Merges the sources of the configuration: defaults < config.toml < environment < flags. */
import { dirname } from "node:path";
import { ConfigError } from "../errors.ts";
import { problemsOf } from "./check-value.ts";
import { derivedDefault } from "./defaults.ts";
import { readConfigFile } from "./file-source.ts";
import { absolutePath, DEFAULT_CONFIG_FILE } from "./folders.ts";
import { mergeLayers } from "./layers.ts";
import { nearestName } from "./nearest.ts";
import type { Config, ConfigField, ConfigKey } from "./schema.ts";
import { configFields, configSchema, environmentNames } from "./schema.ts";
import type { ConfigProblem, Environment, GivenValue, ValueSource } from "./sources.ts";
import { describeSource, MASK } from "./sources.ts";
import { valueOfText } from "./values.ts";

/** A value from the command line. */
export interface FlagValue {
  readonly key: ConfigKey;
  /** As typed, e.g. `--thumbnail-size`. */
  readonly flag: string;
  /** Text is read like an environment variable. */
  readonly value: unknown;
}

export interface LoadConfigOptions {
  readonly environment: Environment;
  readonly flags?: readonly FlagValue[];
  /** `--config`; else PHOTON_CONFIG, else the platform's config folder. */
  readonly configPath?: string | undefined;
  /** Relative paths of flags and variables start here. */
  readonly workingDirectory: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Readonly<Record<ConfigKey, ValueSource>>;
  /** Keys whose value is shown masked. */
  readonly secretKeys: ReadonlySet<ConfigKey>;
  /** Full sentences: unknown and removed names. */
  readonly warnings: readonly string[];
  /** The file that was looked for. */
  readonly path: string;
  readonly exists: boolean;
}

/** `--config`, else PHOTON_CONFIG, else `config.toml` in the platform's config folder; absolute. */
export const configFilePath = (options: LoadConfigOptions): { readonly path: string; readonly explicit: boolean } => {
  const given = options.configPath ?? (options.environment["PHOTON_CONFIG"] || undefined);
  if (given === undefined) return { path: DEFAULT_CONFIG_FILE, explicit: false };
  return { path: absolutePath(given, options.workingDirectory), explicit: true };
};

const valueOfVariable = (
  { key, schema, traits }: ConfigField,
  variable: string,
  environment: Environment,
): readonly GivenValue[] => {
  const text = environment[variable];
  if (text === undefined || text === "") return [];
  const source: ValueSource = { kind: "environment", variable };
  return [{ key, value: valueOfText(schema, text), source, secret: traits.secret === true }];
};

/** Keys of providers under the names the providers themselves give them; whatever else is said comes before them. */
const namedKeys = (environment: Environment): readonly GivenValue[] =>
  configFields.flatMap((field) => {
    const { keyVariable } = field.traits;
    return keyVariable === undefined ? [] : valueOfVariable(field, keyVariable, environment);
  });

const environmentValues = (environment: Environment): readonly GivenValue[] =>
  configFields.flatMap((field) =>
    // The name that is made of the key counts when a field has several.
    environmentNames(field)
      .toReversed()
      .flatMap((variable) => valueOfVariable(field, variable, environment)),
  );

const flagValues = (flags: readonly FlagValue[]): readonly GivenValue[] =>
  flags.map(({ key, flag, value }) => {
    const schema = configFields.find((field) => field.key === key)?.schema;
    const read = typeof value === "string" && schema !== undefined ? valueOfText(schema, value) : value;
    return { key, value: read, source: { kind: "flag", flag }, secret: false };
  });

/** Variables that look like a misspelt setting; others that start with PHOTON_ may be used by `${...}`. */
const environmentWarnings = (environment: Environment, used: readonly string[]): readonly string[] => {
  const names = [...configFields.flatMap(environmentNames), "PHOTON_CONFIG"];
  return Object.keys(environment)
    .filter((name) => name.startsWith("PHOTON_") && !names.includes(name) && !used.includes(name))
    .flatMap((name) => {
      const nearest = nearestName(name, names);
      return nearest === undefined ? [] : [`Unknown variable ${name} is ignored; did you mean ${nearest}?`];
    });
};

const problemText = ({ key, source, expected, received }: ConfigProblem): string =>
  `Expected ${expected} for ${key} (${describeSource(source)}), received ${received}.`;

const configError = (problems: readonly ConfigProblem[]): ConfigError =>
  new ConfigError(problems.map(problemText).join("\n"), {
    hint: "Correct the value there; docs/reference/config.md and `photon config init` list every setting.",
    details: { problems: problems.map((problem) => ({ ...problem, source: describeSource(problem.source) })) },
  });

/** Base folder of a relative path: that of the config file, else where the command runs. */
const baseOf = (source: ValueSource, workingDirectory: string): string =>
  source.kind === "file" ? dirname(source.path) : workingDirectory;

/** The same with the entries of these names made absolute, however deep they stand. */
const withPaths = (value: unknown, names: readonly string[], base: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => withPaths(item, names, base));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, entry]) =>
    typeof entry === "string" && names.includes(name)
      ? [name, absolutePath(entry, base)]
      : [name, withPaths(entry, names, base)],
  );
  return Object.fromEntries(entries) as unknown;
};

const resolved = ({ traits }: ConfigField, { value, source }: GivenValue, workingDirectory: string): unknown => {
  const base = baseOf(source, workingDirectory);
  if (traits.path === true) return absolutePath(String(value), base);
  return traits.pathEntries === undefined ? value : withPaths(value, traits.pathEntries, base);
};

const nest = (values: ReadonlyMap<ConfigKey, unknown>): Record<string, unknown> => {
  const root: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const parts = key.split(".");
    const name = parts.pop() ?? key;
    let table = root;
    for (const part of parts) table = (table[part] ??= {}) as Record<string, unknown>; // tables are made here only
    table[name] = value;
  }
  return root;
};

/**
 * Reads every source once. Pure on its inputs apart from the config file and the platform's folders.
 * @throws ConfigError that lists every refused value with its source and the accepted values
 */
export const loadConfig = (options: LoadConfigOptions): LoadedConfig => {
  const { path, explicit } = configFilePath(options);
  const file = readConfigFile(path, explicit, options.environment);
  const { environment, workingDirectory } = options;
  const layers = [namedKeys(environment), file.values, environmentValues(environment), flagValues(options.flags ?? [])];
  const given = mergeLayers(layers);

  const problems = [...file.problems];
  const values = new Map<ConfigKey, unknown>();
  for (const field of configFields) {
    const value = given.get(field.key);
    if (value === undefined) {
      values.set(field.key, derivedDefault(field, { valueOf: (key) => values.get(key) }));
      continue;
    }
    const wrong = problemsOf(field, value);
    problems.push(...wrong);
    values.set(field.key, wrong.length > 0 ? value.value : resolved(field, value, workingDirectory));
  }
  if (problems.length > 0) throw configError(problems);
  const sources = configFields.map(({ key }) => [key, given.get(key)?.source ?? { kind: "default" }] as const);
  const isSecret = ({ key, traits }: ConfigField): boolean => traits.secret === true || given.get(key)?.secret === true;
  return {
    config: configSchema.parse(nest(values)),
    sources: Object.fromEntries(sources) as Record<ConfigKey, ValueSource>, // one entry per field of the schema
    secretKeys: new Set(configFields.filter(isSecret).map(({ key }) => key)),
    warnings: [...file.warnings, ...environmentWarnings(environment, file.variables)],
    path,
    exists: file.exists,
  };
};

/** The value at a dotted key. */
const configValue = (config: Config, key: ConfigKey): unknown =>
  key.split(".").reduce<unknown>((table, name) => (table as Record<string, unknown>)[name], config); // key exists

/** The value as people may see it; undefined = unset. */
export const shownValue = (loaded: LoadedConfig, key: ConfigKey): unknown => {
  const value = configValue(loaded.config, key);
  return value !== undefined && loaded.secretKeys.has(key) ? MASK : value;
};

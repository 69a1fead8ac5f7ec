/** Reads config.toml: values by key, `${VAR}` expanded, unknown and removed names as warnings. */
import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { ConfigError, systemCode } from "../errors.ts";
import { nearestName } from "./nearest.ts";
import type { ConfigKey } from "./schema.ts";
import { configFields, isConfigKey } from "./schema.ts";
import type { ConfigProblem, Environment, GivenValue, ValueSource } from "./sources.ts";
import { showValue } from "./values.ts";

/** Settings of earlier versions: prefix of the key -> why it is gone. */
const REMOVED_KEYS: Readonly<Record<string, string>> = {
  "embedding.image_size": "each model knows its own input size",
  "tagging.progressive": "the label bank is always built step by step and goes on where it stopped",
  "tagging.relevance": "a small vocabulary replaces the relevance pools",
};
const VARIABLE = /^\$\{([^}]*)\}$/;
const EXPANDABLE = /^([A-Z][A-Z0-9_]*_API_KEY|PHOTON_[A-Z0-9_]+)$/;

export interface FileReading {
  readonly exists: boolean;
  readonly values: readonly GivenValue[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  /** Variables named by `${...}`. */
  readonly variables: readonly string[];
}

const sectionNames = new Set(
  configFields.flatMap(({ key }) =>
    key.split(".").flatMap((_, index, parts) => (index === 0 ? [] : [parts.slice(0, index).join(".")])),
  ),
);

const readText = (path: string, required: boolean): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" && !required) return undefined;
    throw new ConfigError(`The config file ${path} cannot be read (${systemCode(error) ?? String(error)}).`, {
      hint: "Check the path given with --config or PHOTON_CONFIG, or run `photon config init` to make a file.",
      cause: error,
    });
  }
};

const parseToml = (path: string, text: string): Record<string, unknown> => {
  try {
    return parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The code block of the message would print the line, and with it a secret.
    const reason = error.message.split("\n", 1)[0] ?? "";
    throw new ConfigError(`${path} line ${error.line}, column ${error.column}: ${reason}.`, {
      hint: "Correct that line; `photon config init --config NEW.toml` writes a file that shows the notation.",
    });
  }
};

/** Line of a key, counted from 1; best effort, since the parser keeps no positions. */
const lineOf = (text: string, key: string): number | undefined => {
  let section = "";
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const header = /^\s*\[{1,2}([^[\]]+)\]{1,2}\s*(#.*)?$/.exec(line)?.[1];
    if (header !== undefined) section = `${header.replaceAll(/[\s"']/g, "")}.`;
    const name = /^\s*([\w."'-]+)\s*=/.exec(line)?.[1]?.replaceAll(/["']/g, "");
    if (name !== undefined && (section + name === key || name === key)) return index + 1;
    if (header !== undefined && section.startsWith(`${key}.`)) return index + 1; // of a table, its first line
  }
  return undefined;
};

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

const unknownName = (name: string, kind: "key" | "section", where: string, candidates: Iterable<string>): string => {
  const nearest = nearestName(name, [...candidates]);
  const ending = nearest === undefined ? "it is ignored" : `it is ignored; did you mean ${nearest}?`;
  return `Unknown config ${kind} ${name} (${where}): ${ending}`;
};

/** Reads the file at `path`. A file that is not there is empty unless `required`. */
export const readConfigFile = (path: string, required: boolean, environment: Environment): FileReading => {
  const text = readText(path, required);
  const values: GivenValue[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const variables: string[] = [];
  if (text === undefined) return { exists: false, values, problems, warnings, variables };
  const sourceOf = (key: string): ValueSource => ({ kind: "file", path, line: lineOf(text, key) });
  const where = (key: string): string =>
    `${path}${lineOf(text, key) === undefined ? "" : ` line ${lineOf(text, key)}`}`;

  const take = (key: ConfigKey, value: unknown): void => {
    const variable = typeof value === "string" ? VARIABLE.exec(value)?.[1] : undefined;
    if (variable === undefined) {
      values.push({ key, value, source: sourceOf(key), secret: false });
    } else if (!EXPANDABLE.test(variable)) {
      const expected = "a value, ${NAME_API_KEY} or ${PHOTON_NAME}";
      problems.push({ key, source: sourceOf(key), expected, received: showValue(value) });
    } else {
      variables.push(variable);
      const expanded = environment[variable];
      const secret = variable.endsWith("_API_KEY");
      if (expanded !== undefined && expanded !== "")
        values.push({ key, value: expanded, source: sourceOf(key), secret });
    }
  };
  const removedAs = (key: string): string | undefined =>
    Object.keys(REMOVED_KEYS).find((removed) => key === removed || key.startsWith(`${removed}.`));
  const visit = (table: Record<string, unknown>, prefix: string): void => {
    for (const [name, value] of Object.entries(table)) {
      const key = `${prefix}${name}`;
      const removed = removedAs(key);
      if (removed !== undefined) {
        warnings.push(`Config key ${key} (${where(key)}) is no longer used: ${REMOVED_KEYS[removed] ?? ""}.`);
      } else if (isConfigKey(key)) take(key, value);
      else if (!sectionNames.has(key)) {
        const candidates = isTable(value) ? sectionNames : configFields.map((field) => field.key);
        warnings.push(unknownName(key, isTable(value) ? "section" : "key", where(key), candidates));
      } else if (isTable(value)) visit(value, `${key}.`);
      else {
        problems.push({ key, source: sourceOf(key), expected: `a section [${key}]`, received: showValue(value) });
      }
    }
  };
  visit(parseToml(path, text), "");
  return { exists: true, values, problems, warnings, variables };
};

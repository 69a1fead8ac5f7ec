/** Writes config.toml: commented, atomically, readable by its owner only. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { stringify } from "smol-toml";
import { StorageError, systemCode } from "../errors.ts";
import { plainDefault } from "./defaults.ts";
import { DEFAULT_DATA_DIRECTORY } from "./folders.ts";
import type { ConfigField } from "./schema.ts";
import { configFields, sectionOf } from "./schema.ts";
import { acceptedValues } from "./values.ts";

/** Secrets may stand in the file. */
const OWNER_ONLY = 0o600;

/** Commented out by more than one blank, which tells examples from defaults. */
const asExample = (lines: readonly string[]): readonly string[] => lines.map((line) => `#   ${line}`);

const valueLine = (name: string, value: unknown): string => stringify({ [name]: value }).trim();

const fieldLines = (field: ConfigField): readonly string[] => {
  const { key, description, schema, traits } = field;
  const name = key.slice(key.lastIndexOf(".") + 1);
  const { exampleLines, keyVariable } = traits;
  if (exampleLines !== undefined) return [`# ${description}`, "# Example:", ...asExample(exampleLines)];
  const about = [`# ${description}`, `# Accepts ${acceptedValues(schema)}.`];
  const value = keyVariable === undefined ? plainDefault(field, DEFAULT_DATA_DIRECTORY) : `\${${keyVariable}}`;
  if (value === undefined) return [...about, "# Unset. Example:", ...asExample([valueLine(name, traits.example)])];
  return [...about, `# ${valueLine(name, value)}`];
};

/** A file with every setting, its description and its default, all commented out: defaults stay those of photon. */
export const configTemplate = (): string => {
  const sections = Map.groupBy(configFields, ({ key }) => sectionOf(key));
  const intro = [
    "# Configuration of photon. A setting takes effect when its # is removed.",
    "# Environment variables (PHOTON_SECTION_NAME) and flags override this file; `photon config show` tells what holds.",
    '# A secret may be named instead of written: "${SOME_API_KEY}".',
    "",
  ];
  const sectionLines = ([name, fields]: readonly [string, readonly ConfigField[]]): readonly string[] => [
    ...(name === "" ? [] : [`[${name}]`]),
    ...fields.flatMap((field) => [...fieldLines(field), ""]),
  ];
  return [...intro, ...[...sections].flatMap(sectionLines)].join("\n");
};

/** Replaces `path` in one step: a reader sees the old file or the new one. */
export const writeConfigFile = async (path: string, text: string): Promise<void> => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx", OWNER_ONLY);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // what went wrong first is what counts
    throw new StorageError(`The config file ${path} cannot be written (${systemCode(error) ?? String(error)}).`, {
      hint: "Check that the folder exists and is yours, or name another file with --config.",
      cause: error,
    });
  }
};

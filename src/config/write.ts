/** Writes config.toml: commented, atomically, readable by its owner only. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { stringify } from "smol-toml";
import { StorageError, systemCode } from "../errors.ts";
import { DEFAULT_DATA_DIRECTORY, defaultFolder } from "./folders.ts";
import type { ConfigField } from "./schema.ts";
import { configFields } from "./schema.ts";
import { acceptedValues } from "./values.ts";

/** Secrets may stand in the file. */
const OWNER_ONLY = 0o600;

const section = (key: string): string => key.slice(0, key.lastIndexOf("."));

/** The default of a field on this machine. */
const defaultValue = ({ key, schema }: ConfigField): unknown => {
  const parsed = schema.safeParse(undefined);
  return parsed.success ? parsed.data : defaultFolder(key, DEFAULT_DATA_DIRECTORY);
};

const fieldLines = (field: ConfigField): readonly string[] => {
  const name = field.key.slice(section(field.key).length + 1);
  return [
    `# ${field.description}`,
    `# Accepts ${acceptedValues(field.schema)}.`,
    `# ${stringify({ [name]: defaultValue(field) }).trim()}`,
  ];
};

/** A file with every setting, its description and its default, all commented out: defaults stay those of photon. */
export const configTemplate = (): string => {
  const sections = new Map<string, string[]>();
  for (const field of configFields) {
    const lines = sections.get(section(field.key)) ?? [];
    sections.set(section(field.key), [...lines, ...fieldLines(field), ""]);
  }
  const intro = [
    "# Configuration of photon. A setting takes effect when its # is removed.",
    "# Environment variables (PHOTON_SECTION_NAME) and flags override this file; `photon config show` tells what holds.",
    '# A secret may be named instead of written: "${SOME_API_KEY}".',
    "",
  ];
  return [...intro, ...[...sections].flatMap(([name, lines]) => [`[${name}]`, ...lines])].join("\n");
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

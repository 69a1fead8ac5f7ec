/** Reads the files that `[enrichment.kinds.<name>]` names. A section with a `prompt_file` defines a kind. */
import { ConfigError } from "../errors.ts";
import type { EnrichmentKind } from "./enrichment-kind.ts";
import { issuesOf } from "./parsing/issues.ts";
import { createUserKind, userKindSettingsSchema, type UserKindSettings } from "./user-kinds.ts";

export interface UserKindDeps {
  /** Path as configured; relative ones start at the folder of the configuration file. */
  readonly readText: (path: string) => Promise<string>;
  /** `llm.temperature` */
  readonly defaultTemperature: number;
}

const isDefinition = (section: unknown): section is object =>
  typeof section === "object" && section !== null && "prompt_file" in section;

const settingsOf = (section: object, key: string): UserKindSettings => {
  const settings = userKindSettingsSchema.safeParse(section);
  if (settings.success) return settings.data;
  const [issue] = issuesOf(settings.error);
  const place = `${key}.${issue?.path ?? ""}`;
  throw new ConfigError(`Expected a value for ${place} that fits (it ${issue?.rule ?? ""}), received another.`, {
    hint: `Correct ${place} in the configuration file; docs/extending.md has an example.`,
    cause: settings.error,
  });
};

const textOf = async (path: string, key: string, { readText }: UserKindDeps): Promise<string> => {
  try {
    return await readText(path);
  } catch (cause) {
    throw new ConfigError(`Expected a file that can be read for ${key}, received "${path}".`, {
      hint: "Check the path; relative ones start at the folder of the configuration file.",
      cause,
    });
  }
};

/**
 * @param sections content of `enrichment.kinds`, by name; those of photon's own kinds are passed over
 * @throws ConfigError naming the key
 */
export const loadUserKinds = async (
  sections: Readonly<Record<string, unknown>>,
  deps: UserKindDeps,
): Promise<readonly EnrichmentKind[]> => {
  const kinds: EnrichmentKind[] = [];
  for (const [name, section] of Object.entries(sections)) {
    if (!isDefinition(section)) continue;
    const key = `enrichment.kinds.${name}`;
    const settings = settingsOf(section, key);
    const { prompt_file: promptFile, schema_file: schemaFile } = settings;
    const promptText = await textOf(promptFile, `${key}.prompt_file`, deps);
    const schemaText = schemaFile === undefined ? undefined : await textOf(schemaFile, `${key}.schema_file`, deps);
    const { defaultTemperature } = deps;
    const files = { promptText, ...(schemaText === undefined ? {} : { schemaText }) };
    kinds.push(createUserKind({ name, settings, ...files, defaultTemperature }));
  }
  return kinds;
};

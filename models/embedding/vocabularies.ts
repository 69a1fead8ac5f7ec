/** The vocabularies a model can tag with: built-in sets by name, and the user's own files. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError, systemCode } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import type { InstalledModel } from "./installed-models.ts";
import { isSampleModel } from "./manifests.ts";
import type { VocabularyEntry } from "./vocabulary.ts";
import { TERM_CATEGORIES } from "./vocabulary.ts";
import { sampleVocabulary } from "./vocabulary/sample.ts";

const BUILT_IN: ReadonlyMap<string, readonly VocabularyEntry[]> = new Map([["sample", sampleVocabulary]]);

/** `<dir>/<set>.json`: an array of terms; only the name is needed. */
const userTermSchema = z.object({
  name: z.string().trim().min(1).max(100),
  category: z.enum(TERM_CATEGORIES).default("object"),
  ancestors: z.array(z.string().min(1)).default([]),
  synonyms: z.array(z.string().min(1)).default([]),
  prompts: z.array(z.string().min(1)).min(1).optional(),
});
const userFileSchema = z.array(userTermSchema);

const toEntry = (set: string, { prompts, ...term }: z.output<typeof userTermSchema>): VocabularyEntry => ({
  id: `${set}/${term.name}`,
  ...term,
  ...(prompts === undefined ? {} : { prompts }),
});

/** undefined when there is no such file. */
const readUserSet = async (dir: string, set: string): Promise<readonly VocabularyEntry[] | undefined> => {
  const path = join(dir, `${set}.json`);
  try {
    return userFileSchema.parse(JSON.parse(await readFile(path, "utf8"))).map((term) => toEntry(set, term));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ConfigError(`Expected a vocabulary (a JSON array of terms with a name) in ${path}: ${reason}`, {
      cause: error,
      hint: "Correct the file, or take the set out of tagging.vocabulary.sets.",
    });
  }
};

export interface VocabularyOptions {
  /** Folder of the user's own files. */
  readonly dir: string;
  /** Names of sets; a file of the user beats a built-in set of the same name. */
  readonly sets: readonly string[];
  readonly logger: Logger;
}

/** Terms of all sets, each name once, the first set first. The sample encoder knows its own words only. */
export const vocabularyFor = async (
  model: InstalledModel,
  { dir, sets, logger }: VocabularyOptions,
): Promise<readonly VocabularyEntry[]> => {
  const byName = new Map<string, VocabularyEntry>();
  for (const set of isSampleModel(model.manifest.id) ? ["sample"] : sets) {
    const entries = (await readUserSet(dir, set)) ?? BUILT_IN.get(set);
    if (entries === undefined) logger.warn(`There is no vocabulary "${set}": photos get no tags from it.`);
    for (const entry of entries ?? []) {
      const name = entry.name.normalize("NFC").toLowerCase();
      if (!byName.has(name)) byName.set(name, entry);
    }
  }
  return [...byName.values()];
};

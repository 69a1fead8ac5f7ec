/** The user's own vocabularies: `<dir>/<set>.json`, an array of terms and of own words for terms that exist. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError, systemCode } from "../../../src/errors.ts";
import type { VocabularyEntry } from "../vocabulary.ts";
import { promptsOf, TERM_CATEGORIES } from "../vocabulary.ts";
import { foldName } from "./term-set.ts";

const word = z.string().trim().min(1).max(100);
const words = z.array(word).default([]);

/** Only the name is needed. */
const termSchema = z.strictObject({
  name: word,
  category: z.enum(TERM_CATEGORIES).default("object"),
  /** Most specific first. */
  ancestors: words,
  synonyms: words,
  /** What tells an ambiguous word apart: "a tall wading bird". */
  sense: word.optional(),
  /** Instead of the category's prompts. */
  prompts: z.array(z.string().trim().min(1)).min(1).optional(),
  /** Empty for words without one. */
  article: z.string().max(5).optional(),
  /** In other languages, by BCP-47 tag. */
  names: z.record(z.string().min(2), word).optional(),
});
/** The term `for` is shown as `name` from now on; what it looks like stays. */
const ownWordSchema = z.strictObject({ name: word, for: word });
const fileSchema = z.array(z.union([ownWordSchema, termSchema]));

export interface OwnWord {
  readonly name: string;
  /** Name or synonym of a term. */
  readonly for: string;
}

export interface UserSet {
  readonly path: string;
  readonly terms: readonly VocabularyEntry[];
  readonly ownWords: readonly OwnWord[];
}

const EXTENSION = ".json";

const toEntry = (
  set: string,
  { sense, prompts, article, names, ...term }: z.output<typeof termSchema>,
): VocabularyEntry => ({
  id: `${set}/${term.name}`,
  ...term,
  ...(sense === undefined ? {} : { sense }),
  ...(prompts === undefined ? {} : { prompts }),
  ...(article === undefined ? {} : { article }),
  ...(names === undefined ? {} : { names }),
});

const parseSet = (set: string, path: string, text: string): UserSet => {
  const rows = fileSchema.parse(JSON.parse(text));
  return {
    path,
    terms: rows.flatMap((row) => ("for" in row ? [] : [toEntry(set, row)])),
    ownWords: rows.flatMap((row) => ("for" in row ? [row] : [])),
  };
};

/** @returns undefined when there is no such file */
export const readUserSet = async (dir: string, set: string): Promise<UserSet | undefined> => {
  const path = join(dir, `${set}${EXTENSION}`);
  try {
    return parseSet(set, path, await readFile(path, "utf8"));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ConfigError(`Expected a vocabulary (a JSON array of terms with a name) in ${path}: ${reason}`, {
      cause: error,
      hint: "Correct the file, or take the set out of tagging.vocabulary.sets.",
    });
  }
};

/** Names of the sets in the folder, whether they are used or not. */
export const listUserSets = async (dir: string): Promise<readonly string[]> => {
  try {
    const files = await readdir(dir);
    return files
      .filter((file) => file.endsWith(EXTENSION))
      .map((file) => file.slice(0, -EXTENSION.length))
      .toSorted();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
};

const renamed = (entry: VocabularyEntry, name: string): VocabularyEntry => ({
  ...entry,
  name,
  synonyms: [entry.name, ...entry.synonyms].filter((synonym) => foldName(synonym) !== foldName(name)),
  prompts: promptsOf(entry),
});

/**
 * Shows terms under the user's words, in the ancestors of others too.
 * @throws ConfigError when there is no such term
 */
export const applyOwnWords = (
  entries: readonly VocabularyEntry[],
  { ownWords, path }: Pick<UserSet, "ownWords" | "path">,
): readonly VocabularyEntry[] => {
  const newNames = new Map<string, string>();
  for (const own of ownWords) {
    const wanted = foldName(own.for);
    const entry =
      entries.find(({ name }) => foldName(name) === wanted) ??
      entries.find(({ synonyms }) => synonyms.some((synonym) => foldName(synonym) === wanted));
    if (entry === undefined) {
      throw new ConfigError(
        `Expected the name of a term for "for" of "${own.name}" in ${path}, received "${own.for}".`,
        {
          hint: '"photon vocabulary list" shows every term.',
        },
      );
    }
    newNames.set(entry.name, own.name);
  }
  if (newNames.size === 0) return entries;
  return entries.map((entry) => {
    const name = newNames.get(entry.name);
    const ancestors = entry.ancestors.map((ancestor) => newNames.get(ancestor) ?? ancestor);
    return { ...(name === undefined ? entry : renamed(entry, name)), ancestors };
  });
};

/** The vocabulary a model tags with: built-in sets by name and the user's own files, put together by the settings. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../src/logger.ts";
import type { InstalledModel } from "./installed-models.ts";
import type { VocabularyEntry } from "./vocabulary.ts";
import { withoutBlocked } from "./vocabulary/blocked-terms.ts";
import { applyTextRules } from "./tokenizer.ts";
import type { KnownWords } from "./vocabulary/known-terms.ts";
import { knownTerms, openWordTokenizer, readPhrases } from "./vocabulary/known-terms.ts";
import { foldName } from "./vocabulary/term-set.ts";
import type { UserSet } from "./vocabulary/user-set.ts";
import { applyOwnWords, listUserSets, readUserSet } from "./vocabulary/user-set.ts";
import { readVisualVocabulary } from "./vocabulary/visual.ts";
import { readWordNet, WORDNET_SET, wordNetHint } from "./vocabulary/wordnet.ts";

/** Each resolves to undefined when its files are not installed. */
const BUILT_IN: ReadonlyMap<string, (dir: string) => Promise<readonly VocabularyEntry[] | undefined>> = new Map([
  ["visual", readVisualVocabulary],
  [WORDNET_SET, readWordNet],
]);

export interface VocabularyOptions {
  /** Folder of the user's own files. */
  readonly dir: string;
  /** Names of sets; a file of the user beats a built-in set of the same name. */
  readonly sets: readonly string[];
  /** Names, synonyms or `category:<name>` that are left out. */
  readonly blocked: readonly string[];
  readonly logger: Logger;
}

export interface ComposedVocabulary {
  /** The user's first, then in the order of the sets; each name once. */
  readonly entries: readonly VocabularyEntry[];
  /** Left out by the settings. */
  readonly blocked: readonly VocabularyEntry[];
  /** Words of the block list that block nothing. */
  readonly blockedWithoutEffect: readonly string[];
  /** Left out because the model does not know the words. */
  readonly unknown: readonly VocabularyEntry[];
  /** Files of the user that no set names. */
  readonly unusedSets: readonly string[];
}

interface ReadSets {
  readonly own: readonly UserSet[];
  readonly builtIn: readonly (readonly VocabularyEntry[])[];
}

const readSets = async ({ dir, sets, logger }: Omit<VocabularyOptions, "blocked">): Promise<ReadSets> => {
  const own: UserSet[] = [];
  const builtIn: (readonly VocabularyEntry[])[] = [];
  for (const set of sets) {
    const userSet = await readUserSet(dir, set);
    if (userSet !== undefined) {
      own.push(userSet);
      continue;
    }
    const entries = await BUILT_IN.get(set)?.(dir);
    if (entries !== undefined) builtIn.push(entries);
    else {
      const remedy = set === WORDNET_SET ? wordNetHint(dir) : 'See "photon vocabulary preview".';
      logger.warn(`There is no vocabulary "${set}": photos get no tags from it. ${remedy}`);
    }
  }
  return { own, builtIn };
};

/** A later set gives no term whose name an earlier one has, as a name or, among built-in sets, as a synonym. */
const mergeSets = ({ own, builtIn }: ReadSets): readonly VocabularyEntry[] => {
  const taken = new Set<string>();
  const merged: VocabularyEntry[] = [];
  const add = (entries: readonly VocabularyEntry[], wordsOf: (entry: VocabularyEntry) => readonly string[]): void => {
    const words = entries.flatMap((entry) => {
      if (taken.has(foldName(entry.name))) return [];
      merged.push(entry);
      taken.add(foldName(entry.name));
      return wordsOf(entry);
    });
    for (const word of words) taken.add(foldName(word));
  };
  for (const { terms } of own) add(terms, () => []);
  for (const entries of builtIn) add(entries, ({ synonyms }) => synonyms);
  return merged;
};

/** Tokenizers of big models spell every word from pieces and are larger than this; parsing them would take seconds. */
const CLOSED_TOKENIZER_BYTES = 2_000_000;

const knownWordsOf = async ({ manifest, directory }: InstalledModel): Promise<KnownWords | undefined> => {
  const file = manifest.files.find(({ role }) => role === "tokenizer");
  if (file === undefined || file.bytes > CLOSED_TOKENIZER_BYTES) return undefined;
  const json = JSON.parse(await readFile(join(directory, file.path), "utf8")) as object;
  const phrases = await readPhrases(directory);
  return {
    ...(await openWordTokenizer(json, manifest.text)),
    ...(phrases === undefined ? {} : { isTrained: (name: string) => phrases.has(applyTextRules(name, manifest.text)) }),
  };
};

/** Lower-case synonyms to the lower-case names of their terms, as the settings put the vocabulary together. */
export const namesBySynonym = async (
  options: Omit<VocabularyOptions, "blocked">,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const read = await readSets(options);
  const names = new Map<string, readonly string[]>();
  for (const { name, synonyms } of read.own.reduce(applyOwnWords, mergeSets(read))) {
    for (const synonym of synonyms.map(foldName)) {
      names.set(synonym, [...(names.get(synonym) ?? []), foldName(name)]);
    }
  }
  return names;
};

/**
 * @param model whose words bound the vocabulary
 * @throws ConfigError for a file of the user that is no vocabulary
 */
export const composeVocabulary = async (
  model: InstalledModel | undefined,
  options: VocabularyOptions,
): Promise<ComposedVocabulary> => {
  const read = await readSets(options);
  const merged = read.own.reduce(applyOwnWords, mergeSets(read));
  const { entries, blocked, withoutEffect } = withoutBlocked(merged, options.blocked);
  const words = model === undefined ? undefined : await knownWordsOf(model);
  const ownIds = new Set(read.own.flatMap(({ terms }) => terms.map(({ id }) => id)));
  const known = words === undefined ? entries : knownTerms(entries, words, ({ id }) => ownIds.has(id));
  const knownIds = new Set(known.map(({ id }) => id));
  return {
    entries: known,
    blocked,
    blockedWithoutEffect: withoutEffect,
    unknown: entries.filter(({ id }) => !knownIds.has(id)),
    unusedSets: (await listUserSets(options.dir)).filter((set) => !options.sets.includes(set)),
  };
};

/** Terms to tag with; the first to be listed wins where scores are equal. */
export const vocabularyFor = async (
  model: InstalledModel,
  options: VocabularyOptions,
): Promise<readonly VocabularyEntry[]> => (await composeVocabulary(model, options)).entries;

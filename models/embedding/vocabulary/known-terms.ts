/** What a model with a closed list of words can be asked for. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemCode } from "../../../src/errors.ts";
import type { TextRules } from "../tokenizer.ts";
import { applyTextRules } from "../tokenizer.ts";
import { unknownIdOf } from "../unknown-token.ts";
import type { VocabularyEntry } from "../vocabulary.ts";
import { promptsOf } from "../vocabulary.ts";

export interface WordTokenizer {
  /** Whether each word of the text has a token of its own, none the unknown one. */
  readonly knows: (text: string) => boolean;
}

/** @param tokenizerJson parsed tokenizer.json; one without an unknown token knows every text */
export const openWordTokenizer = async (tokenizerJson: object, rules: TextRules): Promise<WordTokenizer> => {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const tokenizer = new Tokenizer(tokenizerJson, {});
  const unknown = unknownIdOf(tokenizerJson);
  return {
    knows: (text) => {
      const { ids } = tokenizer.encode(applyTextRules(text, rules), { add_special_tokens: false });
      return ids.length > 0 && !ids.some((id: number | undefined) => id === undefined || id === unknown);
    },
  };
};

/** Beside the weights of a model with a closed list of words: what it was trained on, in lower case. */
const PHRASES_FILE = "phrases.json";

/** undefined = any phrase of known words may be asked for. */
export const readPhrases = async (directory: string): Promise<ReadonlySet<string> | undefined> => {
  try {
    return new Set(z.array(z.string()).parse(JSON.parse(await readFile(join(directory, PHRASES_FILE), "utf8"))));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

export const writePhrases = (directory: string, phrases: readonly string[]): Promise<void> =>
  writeFile(join(directory, PHRASES_FILE), `${JSON.stringify(phrases)}\n`);

export interface KnownWords extends WordTokenizer {
  /** Whether a term of a built-in set is one the model was trained on, by this name; unset = not told. */
  readonly isTrained?: (name: string) => boolean;
}

/**
 * The terms whose name the tokenizer knows, or a synonym of one word: of several, knowing each word says little ("hot
 * pot"). Where the training is told, built-in terms must have been in it: a model that knows "old" and "house" still
 * guesses at old houses. Of their prompts those stay that it knows whole, else the known word alone stands for the term.
 * @param isOwn whether a person asked for this term
 */
export const knownTerms = (
  entries: readonly VocabularyEntry[],
  { knows, isTrained }: KnownWords,
  isOwn: (entry: VocabularyEntry) => boolean,
): readonly VocabularyEntry[] =>
  entries.flatMap((entry) => {
    const fits = isTrained === undefined || isOwn(entry) ? knows : (name: string) => knows(name) && isTrained(name);
    const word = [entry.name, ...entry.synonyms.filter((synonym) => !synonym.includes(" "))].find(fits);
    if (word === undefined) return [];
    const prompts = promptsOf(word === entry.name ? entry : withName(entry, word)).filter(knows);
    return [{ ...entry, prompts: prompts.length === 0 ? [word] : prompts }];
  });

const withName = (entry: VocabularyEntry, name: string): VocabularyEntry => {
  const { article: _article, ...rest } = entry; // of the other word
  return { ...rest, name };
};

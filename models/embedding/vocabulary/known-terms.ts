/** What a model with a closed list of words can be asked for. */
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

/**
 * The terms whose name the tokenizer knows, or a synonym of one word: of several, knowing each word says little ("hot
 * pot"). Of their prompts those stay that it knows whole,
 * else the known word alone stands for the term.
 */
export const knownTerms = (entries: readonly VocabularyEntry[], { knows }: WordTokenizer): readonly VocabularyEntry[] =>
  entries.flatMap((entry) => {
    const word = [entry.name, ...entry.synonyms.filter((synonym) => !synonym.includes(" "))].find(knows);
    if (word === undefined) return [];
    const prompts = promptsOf(word === entry.name ? entry : withName(entry, word)).filter(knows);
    return [{ ...entry, prompts: prompts.length === 0 ? [word] : prompts }];
  });

const withName = (entry: VocabularyEntry, name: string): VocabularyEntry => {
  const { article: _article, ...rest } = entry; // of the other word
  return { ...rest, name };
};

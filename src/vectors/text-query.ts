/** A user's words as a LanceDB full-text query object; no query language is parsed, so no input can break it. */
import type { FullTextQuery } from "@lancedb/lancedb";
import { foldText } from "./fold-text.ts";
import type { LanceDb } from "./lancedb.ts";

const TEXT_COLUMN = "text";
/** Characters; a question is shorter, and each further word costs time. */
const MAX_QUERY_LENGTH = 2_000;
const QUOTED = /["“”„]([^"“”„]*)["“”„]/gu;
const HAS_WORD = /[\p{L}\p{N}]/u;

interface TextQueryParts {
  /** Quoted by the user: each must occur as it stands. */
  readonly phrases: readonly string[];
  /** Any of these words; photos with more and rarer ones come first. */
  readonly words: string;
}

export const splitTextQuery = (text: string): TextQueryParts => {
  const folded = foldText(text.slice(0, MAX_QUERY_LENGTH));
  const phrases = [...folded.matchAll(QUOTED)].map((match) => match[1] ?? "").filter((part) => HAS_WORD.test(part));
  return { phrases, words: folded.replaceAll(QUOTED, " ").trim() };
};

/** undefined when the text holds no word. */
export const createTextQuery = (lancedb: LanceDb, text: string): FullTextQuery | undefined => {
  const { BooleanQuery, MatchQuery, Occur, PhraseQuery } = lancedb;
  const { phrases, words } = splitTextQuery(text);
  const anyWord = HAS_WORD.test(words) ? new MatchQuery(words, TEXT_COLUMN) : undefined;
  if (phrases.length === 0) return anyWord;
  return new BooleanQuery([
    ...phrases.map((phrase): [typeof Occur.Must, FullTextQuery] => [Occur.Must, new PhraseQuery(phrase, TEXT_COLUMN)]),
    ...(anyWord === undefined ? [] : [[Occur.Should, anyWord] as [typeof Occur.Should, FullTextQuery]]),
  ]);
};

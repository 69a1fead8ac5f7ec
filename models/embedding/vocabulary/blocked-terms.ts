/** Terms the user never wants to see. */
import type { VocabularyEntry } from "../vocabulary.ts";
import { foldName } from "./term-set.ts";

/** `category:mood` blocks a whole category. */
const CATEGORY = "category:";

const isBlockedBy = ({ name, category, synonyms }: VocabularyEntry, blocked: string): boolean =>
  blocked.startsWith(CATEGORY)
    ? blocked.slice(CATEGORY.length) === category
    : [name, ...synonyms].some((word) => foldName(word) === blocked);

export interface Unblocked {
  readonly entries: readonly VocabularyEntry[];
  readonly blocked: readonly VocabularyEntry[];
  /** Words of the list that block nothing. */
  readonly withoutEffect: readonly string[];
}

/** @param words names, synonyms, or `category:<name>`; a blocked term goes from the ancestors of others too */
export const withoutBlocked = (entries: readonly VocabularyEntry[], words: readonly string[]): Unblocked => {
  const folded = words.map((word) => ({ word, folded: foldName(word.trim()) }));
  const blocked = new Set(entries.filter((entry) => folded.some((word) => isBlockedBy(entry, word.folded))));
  const names = new Set([...blocked].map(({ name }) => foldName(name)));
  return {
    entries: entries
      .filter((entry) => !blocked.has(entry))
      .map((entry) =>
        names.size === 0
          ? entry
          : { ...entry, ancestors: entry.ancestors.filter((ancestor) => !names.has(foldName(ancestor))) },
      ),
    blocked: [...blocked],
    withoutEffect: folded
      .filter((word) => !entries.some((entry) => isBlockedBy(entry, word.folded)))
      .map(({ word }) => word),
  };
};

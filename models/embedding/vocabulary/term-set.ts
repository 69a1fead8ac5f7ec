/** Lines of vocabulary files to entries: kinds across files resolved, every name and synonym once. */
import { InternalError } from "../../../src/errors.ts";
import type { VocabularyEntry } from "../vocabulary.ts";
import type { TermLine } from "./term-lines.ts";

/** Two names are the same term when they fold to the same text. */
export const foldName = (name: string): string => name.normalize("NFC").toLowerCase();

const indexLines = (lines: readonly TermLine[]): ReadonlyMap<string, TermLine> => {
  const byWord = new Map<string, TermLine>();
  for (const line of lines) {
    for (const word of [line.name, ...line.synonyms].map(foldName)) {
      const other = byWord.get(word);
      if (other !== undefined) {
        throw new InternalError(`Expected each word once, received "${word}" at ${other.place} and ${line.place}.`);
      }
      byWord.set(word, line);
    }
  }
  return byWord;
};

/** Terms above in the file first, then those named after `<` with all above them. */
const ancestorsOf = (line: TermLine, byWord: ReadonlyMap<string, TermLine>, below: readonly TermLine[]): string[] => {
  if (below.includes(line)) {
    throw new InternalError(`Expected no term to be a kind of itself, received ${line.name} at ${line.place}.`);
  }
  const named = line.kindOf.flatMap((name) => {
    const kind = byWord.get(foldName(name));
    if (kind?.name !== name) {
      throw new InternalError(`Expected the name of a term after "<" at ${line.place}, received "${name}".`);
    }
    return [name, ...ancestorsOf(kind, byWord, [...below, line])];
  });
  const inherited = line.parents.flatMap((name) => {
    const parent = byWord.get(foldName(name));
    return parent === undefined || parent.kindOf.length === 0 ? [] : ancestorsOf(parent, byWord, [...below, line]);
  });
  return [...new Set([...line.parents, ...named, ...inherited])];
};

/**
 * @param set name of the set; part of the ids
 * @throws InternalError for a word that stands twice, and for a kind that is no term
 */
export const toEntries = (set: string, lines: readonly TermLine[]): readonly VocabularyEntry[] => {
  const byWord = indexLines(lines);
  return lines.map((line) => ({
    id: `${set}/${line.name}`,
    name: line.name,
    category: line.category,
    ancestors: ancestorsOf(line, byWord, []),
    synonyms: line.synonyms,
    ...(line.sense === undefined ? {} : { sense: line.sense }),
    ...(line.prompts === undefined ? {} : { prompts: line.prompts }),
    ...(line.article === undefined ? {} : { article: line.article }),
  }));
};

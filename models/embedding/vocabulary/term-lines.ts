/**
 * The line format of vocabulary files. One term per line; two blanks of indent make it a kind of the term above:
 *
 *     category: animal
 *     bird
 *       crane (a tall wading bird) = common crane
 *       an owl
 *     ~ fish : a photo of fish; fish under water
 *       carp < pond life
 *
 * A leading `a`, `an` or `the` fixes the article, `~` means none; in brackets what tells an ambiguous word apart;
 * `=` synonyms; `<` further terms it is a kind of; `:` prompts that replace the category's. A line that starts with `#`
 * is a comment.
 */
import { InternalError } from "../../../src/errors.ts";
import { TERM_CATEGORIES } from "../vocabulary.ts";
import type { TermCategory } from "../vocabulary.ts";

export interface TermLine {
  readonly name: string;
  readonly category: TermCategory;
  /** undefined = by the first letter; empty = none. */
  readonly article: string | undefined;
  readonly sense: string | undefined;
  readonly synonyms: readonly string[];
  /** Terms above it in the file, nearest first. */
  readonly parents: readonly string[];
  /** Further terms it is a kind of; they may stand in other files. */
  readonly kindOf: readonly string[];
  readonly prompts: readonly string[] | undefined;
  /** File and number of the line. */
  readonly place: string;
}

const WORDS = String.raw`[\p{Ll}\d](?:[\p{Ll}\d '.&-]*[\p{Ll}\d.])?`;
const LINE = new RegExp(
  String.raw`^(?<indent> *)(?:(?<article>~|a|an|the) )?(?<name>${WORDS})(?: \((?<sense>[^()]+)\))?` +
    String.raw`(?: = (?<synonyms>${WORDS}(?:, ${WORDS})*))?(?: < (?<kindOf>${WORDS}(?:, ${WORDS})*))?(?: : (?<prompts>.+))?$`,
  "u",
);
const HEAD = /^category: (?<category>[a-z]+)$/u;
const INDENT = 2;

const listOf = (text: string | undefined, separator: string): readonly string[] =>
  text === undefined ? [] : text.split(separator);

const wrongLine = (place: string, text: string): InternalError =>
  new InternalError(`Expected a term (see term-lines.ts) at ${place} of the vocabulary, received "${text}".`);

const categoryOf = (line: string, place: string): TermCategory => {
  const named = HEAD.exec(line)?.groups?.["category"];
  const category = TERM_CATEGORIES.find((known) => known === named);
  if (category === undefined) throw wrongLine(place, line);
  return category;
};

/**
 * @param file name of the file, for messages
 * @throws InternalError for a line that is no term
 */
export const parseTermLines = (text: string, file: string): readonly TermLine[] => {
  const lines = text
    .split(/\r?\n/u)
    .map((line, index) => ({ line, place: `${file}:${index + 1}` }))
    .filter(({ line }) => line !== "" && !line.startsWith("#"));
  const [head, ...rest] = lines;
  const category = categoryOf(head?.line ?? "", head?.place ?? file);
  const above: string[] = [];
  return rest.map(({ line, place }) => {
    const groups = LINE.exec(line)?.groups;
    const name = groups?.["name"];
    const depth = (groups?.["indent"]?.length ?? 0) / INDENT;
    if (groups === undefined || name === undefined || !Number.isInteger(depth) || depth > above.length) {
      throw wrongLine(place, line);
    }
    above.length = depth;
    const parents = above.toReversed();
    above.push(name);
    const article = groups["article"];
    return {
      name,
      category,
      article: article === "~" ? "" : article,
      sense: groups["sense"],
      synonyms: listOf(groups["synonyms"], ", "),
      parents,
      kindOf: listOf(groups["kindOf"], ", "),
      prompts: groups["prompts"]?.split("; "),
      place,
    };
  });
};

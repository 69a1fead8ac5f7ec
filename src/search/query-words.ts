/** Which words of a query a photo's text holds. Only a judgement of full-text hits: finding them is the index's work. */
import { PHOTO_EXTENSIONS } from "../config.ts";
import { foldText } from "../vectors/fold-text.ts";

const STOP_WORDS = new Set(
  "a an and are as at be by for from in into is it its my of on or our that the their these this to was were with".split(
    " ",
  ),
);
const MIN_STEM = 3;

/** The index holds file names without it. */
const EXTENSION = new RegExp(`(?<=[\\p{L}\\p{N}])\\.(?:${PHOTO_EXTENSIONS.join("|")})(?![\\p{L}\\p{N}])`, "giu");

/** Scripts written without blanks between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const segmenter = new Intl.Segmenter("en", { granularity: "word" });

const folded = (text: string): string => foldText(text).toLowerCase();

const segments = (chunk: string): readonly string[] =>
  UNSPACED.test(chunk) ? [...segmenter.segment(chunk)].map(({ segment }) => segment) : [chunk];

/** Folded like the index folds, lower case, split at everything that is no letter or digit. */
export const wordsOf = (text: string): readonly string[] =>
  folded(text)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== "")
    .flatMap(segments);

const withoutSuffix = (word: string): string => {
  for (const [suffix, replacement] of [
    [/ies$/, "y"],
    [/(?<=s|x|z|ch|sh)es$/, ""],
    [/(?<![sui])s$/, ""],
    [/(?<=[aeiouy].*)ing$/, ""],
    [/(?<=[aeiouy].*)ed$/, ""],
  ] as const) {
    const stem = word.replace(suffix, replacement);
    if (stem !== word && stem.length >= MIN_STEM) return stem;
  }
  return word;
};

/** A light English stem: plural, -ing, -ed, doubled consonant, final e and y. Equal stems count as the same word. */
export const stemOf = (word: string): string => {
  const stem = withoutSuffix(word);
  const single = stem === word ? stem : stem.replace(/([^aeiouylsz])\1$/, "$1");
  return single.length > MIN_STEM ? single.replace(/e$/, "").replace(/y$/, "i") : single;
};

/** The words that carry meaning, in order; all of them when none does. */
export const contentWords = (query: string): readonly string[] => {
  const words = wordsOf(query.replaceAll(EXTENSION, ""));
  const content = words.filter((word) => !STOP_WORDS.has(word));
  return content.length > 0 ? content : words;
};

/** Their stems, each once. */
export const stemsOfQuery = (query: string): readonly string[] => [...new Set(contentWords(query).map(stemOf))];

/** Share of the query's stems that the text holds, 0..1. 1 is an exact hit. */
export const coverageOf = (queryStems: readonly string[], text: string): number => {
  if (queryStems.length === 0) return 0;
  const found = new Set(wordsOf(text).map(stemOf));
  const isHeld = (stem: string): boolean => found.has(stem) || (UNSPACED.test(stem) && folded(text).includes(stem));
  return queryStems.filter(isHeld).length / queryStems.length;
};

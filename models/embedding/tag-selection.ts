/** From the terms a photo scores best on to its tags. */
import { InvalidInputError } from "../../src/errors.ts";
import type { ScoredTag } from "../../src/photo/types.ts";
import type { VocabularyEntry } from "./vocabulary.ts";

export interface TaggerSettings {
  /** Calibrated, 0..1. */
  readonly minConfidence: number;
  readonly maxTags: number;
  /** Drop a term when a kept, more specific one has it among its ancestors. */
  readonly deduplicateAncestors: boolean;
}

/** An ancestor survives when it is surer than its descendant by more than this. */
const ANCESTOR_MARGIN = 0.1;
/** Steps of a confidence: far above what the grouping of photos changes in a sum of floats. */
const CONFIDENCE_STEPS = 10_000;

const fold = (name: string): string => name.normalize("NFC").toLowerCase();

/** The chance that a term is right. */
export const confidenceOf = (logit: number): number =>
  Math.round(CONFIDENCE_STEPS / (1 + Math.exp(-logit))) / CONFIDENCE_STEPS;

/** Logit that no confidence of at least this much lies below. */
export const leastLogit = (confidence: number): number => {
  const rounded = Math.max(0, confidence - 1 / CONFIDENCE_STEPS);
  return Math.log(rounded / (1 - rounded));
};

/**
 * Least confidence where confidences are no chances: 0.5 asks for 0.75. 0 and 1 stay what they are, so that everything
 * and nothing can still be asked for.
 */
export const raisedConfidence = (minConfidence: number): number => 1 - (1 - minConfidence) ** 2;

/**
 * Drops A when a B that stays has A among its ancestors and is at most {@link ANCESTOR_MARGIN} less sure. Terms with
 * more ancestors are decided about first, so what stays is known before it is used.
 */
export const dropAncestors = (tags: readonly ScoredTag[]): readonly ScoredTag[] => {
  const surestBelow = new Map<string, number>();
  const kept = new Set<ScoredTag>();
  const depth = ({ ancestors = [] }: ScoredTag): number => ancestors.length;
  for (const tag of tags.toSorted((left, right) => depth(right) - depth(left))) {
    const below = surestBelow.get(fold(tag.name));
    if (below !== undefined && below >= tag.confidence - ANCESTOR_MARGIN) continue;
    kept.add(tag);
    for (const ancestor of tag.ancestors ?? []) {
      const name = fold(ancestor);
      surestBelow.set(name, Math.max(surestBelow.get(name) ?? 0, tag.confidence));
    }
  }
  return tags.filter((tag) => kept.has(tag));
};

const toTag = (entry: VocabularyEntry, confidence: number): ScoredTag => ({
  name: entry.name,
  confidence,
  category: entry.category,
  ...(entry.ancestors.length === 0 ? {} : { ancestors: entry.ancestors }),
});

/** @throws InvalidInputError when a name (case aside) or an id comes twice */
export const checkVocabulary = (vocabulary: readonly VocabularyEntry[]): void => {
  const names = new Set(vocabulary.map((entry) => fold(entry.name)));
  const ids = new Set(vocabulary.map((entry) => entry.id));
  if (names.size === vocabulary.length && ids.size === vocabulary.length) return;
  throw new InvalidInputError(
    `expected unique names and ids in the vocabulary, received ${names.size} names and ${ids.size} ids for ${vocabulary.length} terms`,
  );
};

/** One photo's best terms: rows of the bank, which are places of the vocabulary, best first. */
export interface BestTerms {
  readonly rows: Int32Array;
  readonly logits: Float32Array;
}

export interface Selection {
  readonly tags: readonly ScoredTag[];
  /** False: ancestors took so many that terms beyond the given ones could fill the list up. */
  readonly complete: boolean;
}

/**
 * Ancestors go before the list is cut, so that it is filled when there is enough to fill it with.
 * @param limit terms that were asked for
 */
export const selectTags = (
  { rows, logits }: BestTerms,
  vocabulary: readonly VocabularyEntry[],
  { settings, limit }: { readonly settings: TaggerSettings; readonly limit: number },
): Selection => {
  const passing: ScoredTag[] = [];
  for (const [place, row] of rows.entries()) {
    const entry = vocabulary[row];
    const confidence = confidenceOf(logits[place] ?? -Infinity);
    if (entry !== undefined && confidence >= settings.minConfidence) passing.push(toTag(entry, confidence));
  }
  const kept = settings.deduplicateAncestors ? dropAncestors(passing) : passing;
  const isAll = passing.length < limit || limit >= vocabulary.length;
  return { tags: kept.slice(0, settings.maxTags), complete: isAll || kept.length >= settings.maxTags };
};

/**
 * What cosines look like when nothing matches, and the score that follows from it. Cosines of different models, and of
 * text against pictures, lie on different scales; only their distance to chance can be shown to people.
 *
 * - Words: the best cosine of each of about 200 captions that fit no photo (the null set). The best of many is
 *   Gumbel-distributed, so a filter that leaves `m` of `N` photos moves it by at most `beta * ln(N / m)`; by less where
 *   photos come in series, which is measured.
 * - Pictures and mixed queries: the query's cosines with a random sample of the library. Their lower half is chance; the
 *   upper half may hold true matches, so centre and spread come from the lower half, in Fisher's scale (atanh), where
 *   the tail of a bounded cosine is normal.
 */
import type { ScoreCalibration } from "../../models/embedding/encoder.ts";

export interface NullSet {
  /** Identifies the measurement; part of the calibration id. */
  readonly id: string;
  /** Photos in the library when it was measured. */
  readonly photos: number;
  /** Best cosine of each caption that fits nothing. */
  readonly best: readonly number[];
  /** How far the best falls, in the mean, when each photo is left out with the chance `1 - 1 / e`. */
  readonly fall: number;
}

/** Below this many vectors, or captions, the model's prior is better than a measurement. */
export const MIN_NULL_PHOTOS = 200;
export const MIN_NULL_CAPTIONS = 50;
const MIN_SAMPLE = 16;
/** Chance that a best hit above `noMatchBelow` (or from `goodFrom` on) is chance after all. */
const NONE_CHANCE = 0.05;
/** The same for words: of 100 queries that fit nothing, more than 5 must not slip through even by bad luck. */
const NO_WORDS_CHANCE = 0.02;
const GOOD_CHANCE = 0.001;
/** Scores at the two thresholds; the logistic through them gives the rest. */
const NONE_SCORE = 0.25;
const GOOD_SCORE = 0.75;
const MIN_SPREAD = 0.01;
const LARGEST_COSINE = 0.9999;

const logit = (probability: number): number => Math.log(probability / (1 - probability));

/** `sorted` ascending; linear between neighbours. */
const quantile = (sorted: readonly number[], share: number): number => {
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? 0;
  const high = sorted[Math.ceil(position)] ?? low;
  return low + (high - low) * (position - Math.floor(position));
};

/** z with P(Z > z) = tail, for tail < 0.5 (Abramowitz and Stegun 26.2.23, error below 0.00045). */
const normalTail = (tail: number): number => {
  const t = Math.sqrt(-2 * Math.log(tail));
  return (
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  );
};

const calibrationThrough = (id: string, noMatchBelow: number, goodFrom: number): ScoreCalibration => {
  const scale = (logit(GOOD_SCORE) - logit(NONE_SCORE)) / (goodFrom - noMatchBelow);
  return { id, scale, bias: logit(NONE_SCORE) - scale * noMatchBelow, noMatchBelow, goodFrom };
};

/**
 * Calibration of a query of words.
 * @param prior the model's own; used when there is no null set, or one too small to trust
 * @param passing photos that the filter leaves
 */
export const calibrateWords = (
  prior: ScoreCalibration,
  nullSet: NullSet | undefined,
  passing: number,
): ScoreCalibration => {
  if (nullSet === undefined || nullSet.photos < MIN_NULL_PHOTOS || nullSet.best.length < MIN_NULL_CAPTIONS) {
    return prior;
  }
  const best = nullSet.best.toSorted((left, right) => left - right);
  const mean = best.reduce((sum, value) => sum + value, 0) / best.length;
  const deviation = Math.sqrt(best.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (best.length - 1));
  const beta = Math.max((deviation * Math.sqrt(6)) / Math.PI, MIN_SPREAD / 4);
  const shift = Math.min(beta, Math.max(0, nullSet.fall)) * Math.log(nullSet.photos / Math.max(1, passing));
  const noMatchBelow = quantile(best, 1 - NO_WORDS_CHANCE) - shift;
  const gumbel = (chance: number): number => -Math.log(-Math.log(1 - chance));
  const goodFrom = noMatchBelow + beta * (gumbel(GOOD_CHANCE) - gumbel(NO_WORDS_CHANCE));
  return calibrationThrough(`null:${nullSet.id}`, noMatchBelow, goodFrom);
};

/** Too few photos to know what chance gives: nothing is called "no match", a nearly equal picture is good. */
const SMALL_LIBRARY: ScoreCalibration = {
  ...calibrationThrough("sample:small-library", 0.5, 0.9),
  noMatchBelow: -1,
};

/**
 * Calibration of a query that holds pictures: `none` below what one random photo of twenty reaches; `good` from half the
 * way between that and an equal picture on, and above what the best of all passing photos reaches by chance one time in
 * twenty.
 * @param cosines of the query with a random sample of the library
 * @param passing photos that the filter leaves
 */
export const calibratePictures = (cosines: readonly number[], passing: number): ScoreCalibration => {
  if (cosines.length < MIN_SAMPLE) return SMALL_LIBRARY;
  const sorted = cosines
    .map((cosine) => Math.atanh(Math.max(-LARGEST_COSINE, Math.min(LARGEST_COSINE, cosine))))
    .toSorted((left, right) => left - right);
  const centre = quantile(sorted, 0.5);
  const spread = Math.max(centre - quantile(sorted, 0.1587), MIN_SPREAD); // one deviation below the centre
  const noMatchBelow = Math.tanh(centre + spread * normalTail(NONE_CHANCE));
  const standOut = Math.tanh(centre + spread * normalTail(NONE_CHANCE / Math.max(1, passing)));
  return calibrationThrough("sample:library", noMatchBelow, Math.max(standOut, (noMatchBelow + 1) / 2));
};

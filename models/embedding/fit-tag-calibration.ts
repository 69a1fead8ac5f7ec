/** Fits what a model's cosines say about tags, from photos whose right terms are known. A maintainer's tool. */
import { createHash } from "node:crypto";
import { InvalidInputError } from "../../src/errors.ts";
import type { LabelBank } from "./label-bank-file.ts";
import type { CosineSpread, TagCalibration, TagWeights } from "./tag-calibration.ts";
import { foldIntoRows, spreadOf } from "./tag-calibration.ts";

export interface LabelledPhotos {
  /** `photos x dimension`, L2-normalised. */
  readonly vectors: Float32Array;
  /**
   * For each photo the ids of all bank terms that are right for it, general ones too (animal for a dog). An empty list
   * is a photo that shows nothing, such as grey, noise or black: some of them make the fit refuse these.
   */
  readonly labels: readonly (readonly string[])[];
  /** For each photo the ids of terms that may or may not be right for it: they are left out. Unset = none. */
  readonly undecided?: readonly (readonly string[])[];
  /** Ids of the terms that the labels decide about; unset = every term that is right for a photo. */
  readonly decided?: readonly string[];
  readonly bank: LabelBank;
  /** Photos kept as reference, taken evenly. Default 512. */
  readonly referencePhotos?: number;
}

const REFERENCE_PHOTOS = 512;
const MOST_STEPS = 60;
const SMALL_STEP = 1e-9;
/** In deviations of a feature. */
const LONGEST_STEP = 4;
/** Keeps weights finite when the classes part perfectly; weak beside thousands of pairs. */
const RIDGE = 1e-3;

interface Pairs {
  /** z, cosine, level and 1 of each pair, one after another. */
  readonly features: Float64Array;
  /** 1 = right. */
  readonly right: Uint8Array;
}

const FEATURES = 4;
const CONSTANT = FEATURES - 1;

const dotAt = (
  left: Float32Array,
  leftRow: number,
  right: Float32Array,
  rightRow: number,
  dimension: number,
): number => {
  let sum = 0;
  const [leftStart, rightStart] = [leftRow * dimension, rightRow * dimension];
  for (let place = 0; place < dimension; place += 1) {
    sum += (left[leftStart + place] ?? 0) * (right[rightStart + place] ?? 0);
  }
  return sum;
};

/** Rows taken evenly from first to last. */
const evenRows = (vectors: Float32Array, dimension: number, count: number): Float32Array => {
  const rows = vectors.length / dimension;
  if (rows <= count) return vectors;
  const taken = new Float32Array(count * dimension);
  for (let index = 0; index < count; index += 1) {
    const row = Math.floor((index * rows) / count);
    taken.set(vectors.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  }
  return taken;
};

/** Solves `matrix * x = values`, `FEATURES` squared, symmetric and positive (Cholesky would do; elimination is shorter). */
const solve = (matrix: Float64Array, values: Float64Array): Float64Array => {
  const [left, right] = [matrix.slice(), values.slice()];
  for (let pivot = 0; pivot < FEATURES; pivot += 1) {
    for (let row = 0; row < FEATURES; row += 1) {
      if (row === pivot) continue;
      const factor = (left[row * FEATURES + pivot] ?? 0) / (left[pivot * FEATURES + pivot] ?? 1);
      for (let column = pivot; column < FEATURES; column += 1) {
        const at = row * FEATURES + column;
        left[at] = (left[at] ?? 0) - factor * (left[pivot * FEATURES + column] ?? 0);
      }
      right[row] = (right[row] ?? 0) - factor * (right[pivot] ?? 0);
    }
  }
  return right.map((value, row) => value / (left[row * FEATURES + row] ?? 1));
};

/** Deviation of each feature, so that the ridge weighs on all of them alike. */
const spreadsOf = ({ features, right }: Pairs): Float64Array =>
  Float64Array.from({ length: FEATURES }, (_, place) => {
    if (place === CONSTANT) return 1;
    const column = Float32Array.from(right, (_right, pair) => features[pair * FEATURES + place] ?? 0);
    return Math.max(spreadOf(column).deviation, Number.EPSILON);
  });

/** Gradient and curvature of the log-likelihood, added up in place. */
const addPair = (
  x: Float64Array,
  error: number,
  { gradient, curvature, weight }: { gradient: Float64Array; curvature: Float64Array; weight: number },
): void => {
  for (let row = 0; row < FEATURES; row += 1) {
    gradient[row] = (gradient[row] ?? 0) + error * (x[row] ?? 0);
    for (let column = 0; column < FEATURES; column += 1) {
      const place = row * FEATURES + column;
      curvature[place] = (curvature[place] ?? 0) + weight * (x[row] ?? 0) * (x[column] ?? 0);
    }
  }
};

/** Newton's step from these weights. */
const newtonStep = (weights: Float64Array, { features, right }: Pairs, spreads: Float64Array): Float64Array => {
  const gradient = weights.map((weight) => -RIDGE * weight);
  const curvature = Float64Array.from({ length: FEATURES ** 2 }, (_, place) =>
    place % (FEATURES + 1) === 0 ? RIDGE : 0,
  );
  const x = new Float64Array(FEATURES);
  for (let pair = 0; pair < right.length; pair += 1) {
    let logit = 0;
    for (let place = 0; place < FEATURES; place += 1) {
      x[place] = (features[pair * FEATURES + place] ?? 0) / (spreads[place] ?? 1);
      logit += (x[place] ?? 0) * (weights[place] ?? 0);
    }
    const chance = 1 / (1 + Math.exp(-logit));
    addPair(x, (right[pair] ?? 0) - chance, { gradient, curvature, weight: chance * (1 - chance) });
  }
  return solve(curvature, gradient);
};

/** Logistic regression by Newton's method. */
const fitLogistic = (pairs: Pairs): TagWeights => {
  const spreads = spreadsOf(pairs);
  const weights = new Float64Array(FEATURES);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const move = newtonStep(weights, pairs, spreads);
    const length = Math.max(...move.map(Math.abs));
    // A full step may overshoot where the classes part well.
    const share = Math.min(1, LONGEST_STEP / length);
    move.forEach((value, place) => (weights[place] = (weights[place] ?? 0) + share * value));
    if (length < SMALL_STEP) break;
  }
  const [z = 0, cosine = 0, level = 0, offset = 0] = weights.map((weight, place) => weight / (spreads[place] ?? 1));
  return { z, cosine, level, offset };
};

/** Value of one feature, for all rows of the bank. */
const featureRows = (bank: LabelBank, spreads: readonly CosineSpread[], feature: Partial<TagWeights>) => {
  const rows = bank.rows.slice();
  const weights = { z: 0, cosine: 0, level: 0, offset: 0, ...feature };
  return { rows, offsets: foldIntoRows(rows, { weights }, spreads) };
};

/** Features by the rule that scoring uses, one weight at a time. */
const pairsOf = (
  { vectors, labels, undecided = [], bank }: LabelledPhotos,
  terms: readonly { readonly id: string; readonly row: number }[],
  spreads: readonly CosineSpread[],
): Pairs => {
  const { dimension } = bank.header;
  const [z, level] = [featureRows(bank, spreads, { z: 1 }), featureRows(bank, spreads, { level: 1 })];
  const features = new Float64Array(labels.length * terms.length * FEATURES);
  const right = new Uint8Array(labels.length * terms.length);
  let pair = 0;
  for (const [photo, own] of labels.entries()) {
    const [rightIds, leftOut] = [new Set(own), new Set(undecided[photo])];
    const photoLevel = dotAt(vectors, photo, level.rows, 0, dimension) + (level.offsets[0] ?? 0); // the same in all rows
    for (const { id, row } of terms) {
      if (leftOut.has(id)) continue;
      const zValue = dotAt(vectors, photo, z.rows, row, dimension) + (z.offsets[row] ?? 0);
      features.set([zValue, dotAt(vectors, photo, bank.rows, row, dimension), photoLevel, 1], pair * FEATURES);
      right[pair] = rightIds.has(id) ? 1 : 0;
      pair += 1;
    }
  }
  return { features: features.subarray(0, pair * FEATURES), right: right.subarray(0, pair) };
};

/** Of the cosine of every bank term with the reference photos. */
export const cosineSpreads = ({ header, rows }: LabelBank, reference: Float32Array): readonly CosineSpread[] => {
  const photos = reference.length / header.dimension;
  const cosines = new Float32Array(photos);
  return header.termIds.map((_, row) => {
    for (let photo = 0; photo < photos; photo += 1) {
      cosines[photo] = dotAt(reference, photo, rows, row, header.dimension);
    }
    return spreadOf(cosines);
  });
};

const checkInput = ({ vectors, labels, bank }: LabelledPhotos): void => {
  const wanted = labels.length * bank.header.dimension;
  if (labels.length > 1 && vectors.length === wanted) return;
  throw new InvalidInputError(
    `expected vectors of ${bank.header.dimension} values for ${labels.length} labelled photos, received ${vectors.length} values`,
  );
};

/**
 * Confidence of the result means: of the tags shown at this confidence, this share is right, on photos and terms like
 * the labelled ones. Write it with `writeTagCalibration` beside the model's weights.
 * @throws InvalidInputError when sizes differ, an id is not in the bank, or nothing is labelled right
 */
export const fitTagCalibration = (input: LabelledPhotos): TagCalibration => {
  checkInput(input);
  const { vectors, labels, bank, referencePhotos = REFERENCE_PHOTOS } = input;
  const rowOf = new Map(bank.header.termIds.map((id, row) => [id, row]));
  const decided = [...new Set(input.decided ?? labels.flat())];
  const terms = decided.map((id) => {
    const row = rowOf.get(id);
    if (row !== undefined) return { id, row };
    throw new InvalidInputError(`expected labels that are terms of the bank, received "${id}"`);
  });
  const reference = evenRows(vectors, bank.header.dimension, referencePhotos);
  const pairs = pairsOf(input, terms, cosineSpreads(bank, reference));
  if (!pairs.right.includes(1) || !pairs.right.includes(0)) {
    throw new InvalidInputError(
      "expected terms that are right for some photos and wrong for others, received no such pair",
    );
  }
  const weights = fitLogistic(pairs);
  const id = createHash("sha256").update(JSON.stringify(weights)).update(reference).digest("hex").slice(0, 12);
  return { id: `tags:${id}`, calibrated: true, weights, reference };
};

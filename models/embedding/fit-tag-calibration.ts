/** Fits what a model's cosines say about tags, from photos whose right terms are known. A maintainer's tool. */
import { createHash } from "node:crypto";
import { InvalidInputError } from "../../src/errors.ts";
import type { LabelBank } from "./label-bank-file.ts";
import type { TagCalibration } from "./tag-calibration.ts";
import { meanAndDeviation, termScales } from "./tag-calibration.ts";

export interface LabelledPhotos {
  /** `photos x dimension`, L2-normalised. */
  readonly vectors: Float32Array;
  /**
   * For each photo the ids of all bank terms that are right for it, general ones too (animal for a dog). An empty list
   * is a photo that shows nothing, such as grey, noise or black: some of them make the fit refuse these.
   */
  readonly labels: readonly (readonly string[])[];
  /** Ids of the terms that the labels decide about; unset = every term that is right for a photo. */
  readonly decided?: readonly string[];
  readonly bank: LabelBank;
  /** Photos kept as reference, taken evenly. Default 512. */
  readonly referencePhotos?: number;
}

const REFERENCE_PHOTOS = 512;
const MOST_STEPS = 60;
const SMALL_STEP = 1e-9;
/** Keeps weights finite when the classes part perfectly; weak beside thousands of pairs. */
const RIDGE = 1e-3;

interface Pairs {
  /** z, cosine and 1 of each pair, one after another. */
  readonly features: Float64Array;
  /** 1 = right. */
  readonly right: Uint8Array;
}

const FEATURES = 3;

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

/** Solves a symmetric 3 x 3 system (Cramer's rule). */
const solve = (matrix: Float64Array, values: Float64Array): readonly [number, number, number] => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = matrix;
  const [x = 0, y = 0, w = 0] = values;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    (x * (e * i - f * h) - b * (y * i - f * w) + c * (y * h - e * w)) / determinant,
    (a * (y * i - f * w) - x * (d * i - f * g) + c * (d * w - y * g)) / determinant,
    (a * (e * w - y * h) - b * (d * w - y * g) + x * (d * h - e * g)) / determinant,
  ];
};

/** Logistic regression by Newton's method, features scaled to one deviation. */
const fitLogistic = ({ features, right }: Pairs): readonly [number, number, number] => {
  const spread = [0, 1].map((place) => {
    const column = Float32Array.from(right, (_, pair) => features[pair * FEATURES + place] ?? 0);
    return Math.max(meanAndDeviation(column).deviation, 1e-12);
  });
  const spreads = [spread[0] ?? 1, spread[1] ?? 1, 1] as const;
  const weights = new Float64Array(FEATURES);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const gradient = weights.map((weight) => -RIDGE * weight);
    const curvature = Float64Array.of(RIDGE, 0, 0, 0, RIDGE, 0, 0, 0, RIDGE);
    for (let pair = 0; pair < right.length; pair += 1) {
      const at = pair * FEATURES;
      const x0 = (features[at] ?? 0) / spreads[0];
      const x1 = (features[at + 1] ?? 0) / spreads[1];
      const logit = x0 * (weights[0] ?? 0) + x1 * (weights[1] ?? 0) + (weights[2] ?? 0);
      const chance = 1 / (1 + Math.exp(-logit));
      const error = (right[pair] ?? 0) - chance;
      const weight = chance * (1 - chance);
      const x = [x0, x1, 1] as const;
      for (let row = 0; row < FEATURES; row += 1) {
        gradient[row] = (gradient[row] ?? 0) + error * (x[row] ?? 0);
        for (let column = 0; column < FEATURES; column += 1) {
          const place = row * FEATURES + column;
          curvature[place] = (curvature[place] ?? 0) + weight * (x[row] ?? 0) * (x[column] ?? 0);
        }
      }
    }
    const move = solve(curvature, gradient);
    // A Newton step may overshoot where the classes part well; half of it never does for long.
    const length = Math.max(...move.map(Math.abs));
    const share = length > 4 ? 4 / length : 1;
    move.forEach((value, place) => (weights[place] = (weights[place] ?? 0) + share * value));
    if (length < SMALL_STEP) break;
  }
  return [(weights[0] ?? 0) / spreads[0], (weights[1] ?? 0) / spreads[1], weights[2] ?? 0];
};

const pairsOf = (
  { vectors, labels, bank }: LabelledPhotos,
  terms: readonly { readonly id: string; readonly row: number }[],
  statistics: readonly { readonly mean: number; readonly deviation: number }[],
): Pairs => {
  const { dimension } = bank.header;
  const features = new Float64Array(labels.length * terms.length * FEATURES);
  const right = new Uint8Array(labels.length * terms.length);
  const scales = termScales(UNIT_Z, statistics);
  let pair = 0;
  for (const [photo, own] of labels.entries()) {
    const rightIds = new Set(own);
    for (const { id, row } of terms) {
      const cosine = dotAt(vectors, photo, bank.rows, row, dimension);
      const { scale = 0, offset = 0 } = scales[row] ?? {};
      features.set([scale * cosine + offset, cosine, 1], pair * FEATURES);
      right[pair] = rightIds.has(id) ? 1 : 0;
      pair += 1;
    }
  }
  return { features, right };
};

/** Turns a cosine into z by the same rule that scoring uses. */
const UNIT_Z: TagCalibration = {
  id: "z",
  calibrated: false,
  weights: { z: 1, cosine: 0, offset: 0 },
  reference: new Float32Array(),
};

/** Mean and deviation of the cosine of every bank term over the reference photos. */
export const bankStatistics = (
  { header, rows }: LabelBank,
  reference: Float32Array,
): readonly { readonly mean: number; readonly deviation: number }[] => {
  const photos = reference.length / header.dimension;
  const cosines = new Float32Array(photos);
  return header.termIds.map((_, row) => {
    for (let photo = 0; photo < photos; photo += 1) {
      cosines[photo] = dotAt(reference, photo, rows, row, header.dimension);
    }
    return meanAndDeviation(cosines);
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
  const pairs = pairsOf(input, terms, bankStatistics(bank, reference));
  if (!pairs.right.includes(1) || !pairs.right.includes(0)) {
    throw new InvalidInputError(
      "expected terms that are right for some photos and wrong for others, received no such pair",
    );
  }
  const [zWeight, cosine, offset] = fitLogistic(pairs);
  const weights = { z: zWeight, cosine, offset };
  const id = createHash("sha256").update(JSON.stringify(weights)).update(reference).digest("hex").slice(0, 12);
  return { id: `tags:${id}`, calibrated: true, weights, reference };
};

/**
 * From the cosine of a photo and a term to the chance that the term is right for the photo:
 * `logit = z-weight * z + cosine-weight * cosine + level-weight * level + offset`, where z tells how far the cosine lies
 * above what the term reaches with any photo, `z = (cosine - mean) / deviation`, both over a reference set of photos,
 * and the level is the mean z of all terms with this photo: high for pictures that are a little like everything, such as
 * plain grey. All of it is linear in the photo's vector.
 *
 * The file keeps the weights and the reference vectors themselves: mean and deviation follow from them for every label
 * bank of the model, so words that people add are calibrated like the others.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemCode } from "../../src/errors.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import type { ScoreCalibration } from "./encoder.ts";
import { fromSignedBytes, toSignedBytes } from "./label-bank-file.ts";

/** Beside the model's weights. */
const TAG_CALIBRATION_FILE = "tag-calibration.json";

export interface TagWeights {
  readonly z: number;
  readonly cosine: number;
  readonly level: number;
  readonly offset: number;
}

/** Of a term's cosines with the reference photos. */
export interface CosineSpread {
  readonly mean: number;
  readonly deviation: number;
}

export interface TagCalibration {
  /** Identifies the fit; stored beside tags. */
  readonly id: string;
  /** False: the checkpoint's own constants, whose numbers are no chances. */
  readonly calibrated: boolean;
  readonly weights: TagWeights;
  /** Photo vectors, `n x dimension`, L2-normalised; empty when z and level count nothing. */
  readonly reference: Float32Array;
}

const fileSchema = z.strictObject({
  format: z.literal(1),
  vectorKey: z.string(),
  id: z.string(),
  weights: z.strictObject({ z: z.number(), cosine: z.number(), level: z.number(), offset: z.number() }),
  reference: z.strictObject({
    count: z.int().nonnegative(),
    dimension: z.int().positive(),
    /** One signed byte per value, base64; rows are brought back to length 1. */
    values: z.base64(),
  }),
});

/** Share of the median deviation below which a term's own is not believed: few photos, or none like it. */
const LEAST_DEVIATION_SHARE = 0.25;

/** The model's pair score read as a tag's: right in order, not in number, unless the model's own fit says so. */
export const untunedTagCalibration = (calibration: ScoreCalibration): TagCalibration => ({
  id: calibration.id,
  calibrated: !calibration.id.endsWith("/prior"),
  weights: { z: 0, cosine: calibration.scale, level: 0, offset: calibration.bias },
  reference: new Float32Array(),
});

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

/** Whether scoring needs the reference photos. */
export const needsReference = ({ weights }: TagCalibration): boolean => weights.z !== 0 || weights.level !== 0;

/** z of each term is `perCosine * cosine - shift`. */
const zScales = (
  spreads: readonly CosineSpread[],
): readonly { readonly perCosine: number; readonly shift: number }[] => {
  const least = Math.max(median(spreads.map(({ deviation }) => deviation)) * LEAST_DEVIATION_SHARE, Number.EPSILON);
  return spreads.map(({ mean, deviation }) => {
    const perCosine = 1 / Math.max(deviation, least);
    return { perCosine, shift: perCosine * mean };
  });
};

/**
 * Turns the rows of a bank, in place, into rows whose product with a photo's vector plus the offset is a logit.
 * @param spreads of each row; ignored when the calibration needs no reference
 * @returns offset of each row
 */
export const foldIntoRows = (
  rows: Float32Array,
  { weights }: Pick<TagCalibration, "weights">,
  spreads: readonly CosineSpread[],
): Float32Array => {
  const scales = zScales(spreads);
  const dimension = rows.length / Math.max(1, scales.length);
  const level = new Float64Array(dimension);
  let levelShift = 0;
  for (const [row, { perCosine, shift }] of scales.entries()) {
    levelShift += shift / scales.length;
    for (let place = 0; place < dimension; place += 1) {
      level[place] = (level[place] ?? 0) + ((rows[row * dimension + place] ?? 0) * perCosine) / scales.length;
    }
  }
  const offsets = new Float32Array(scales.length);
  for (const [row, { perCosine, shift }] of scales.entries()) {
    const factor = weights.z * perCosine + weights.cosine;
    for (let place = 0; place < dimension; place += 1) {
      const at = row * dimension + place;
      rows[at] = (rows[at] ?? 0) * factor + weights.level * (level[place] ?? 0);
    }
    offsets[row] = weights.offset - weights.z * shift - weights.level * levelShift;
  }
  return offsets;
};

export const spreadOf = (values: Float32Array): CosineSpread => {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / Math.max(1, values.length);
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
};

/**
 * The calibration that lies beside a model's weights.
 * @returns undefined when there is none, it is damaged, or it belongs to other vectors
 */
export const readTagCalibration = async (
  directory: string,
  { vectorKey, dimension }: { readonly vectorKey: string; readonly dimension: number },
): Promise<TagCalibration | undefined> => {
  let text: string;
  try {
    text = await readFile(join(directory, TAG_CALIBRATION_FILE), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const file = parseFile(text);
  if (file?.vectorKey !== vectorKey || file.reference.dimension !== dimension) return undefined;
  const reference = fromSignedBytes(Buffer.from(file.reference.values, "base64"), dimension);
  if (reference.length !== file.reference.count * dimension) return undefined;
  return { id: file.id, calibrated: true, weights: file.weights, reference };
};

const parseFile = (text: string): z.output<typeof fileSchema> | undefined => {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON: without it confidences are shown as uncalibrated
  }
};

export const writeTagCalibration = async (
  directory: string,
  { vectorKey, dimension }: { readonly vectorKey: string; readonly dimension: number },
  { id, weights, reference }: TagCalibration,
): Promise<void> => {
  const file: z.output<typeof fileSchema> = {
    format: 1,
    vectorKey,
    id,
    weights,
    reference: {
      count: reference.length / dimension,
      dimension,
      values: Buffer.from(toSignedBytes(reference, dimension)).toString("base64"),
    },
  };
  await writeFileAtomically(join(directory, TAG_CALIBRATION_FILE), Buffer.from(`${JSON.stringify(file)}\n`));
};

/** Which cosine means what, per model: read from the model's folder, else taken from the checkpoint's own constants. */
import { z } from "zod";
import type { ScoreCalibration } from "./encoder.ts";
import type { ModelManifest } from "./manifest.ts";
import { vectorKeyOf } from "./manifest.ts";

export const CALIBRATION_FILE = "calibration.json";

/** A calibration is valid for one vector key only; a file of another key is ignored. */
export const calibrationFileSchema = z.strictObject({
  vectorKey: z.string(),
  id: z.string(),
  scale: z.number(),
  bias: z.number(),
  noMatchBelow: z.number(),
  goodFrom: z.number(),
});
export type CalibrationFile = z.output<typeof calibrationFileSchema>;

/** Pair probability below which a best hit is chance, and from which it is good, for models without a fit. */
const CHANCE_PROBABILITY = 0.001;
const GOOD_PROBABILITY = 0.1;
/** CLIP checkpoints have no bias: matching pairs lie at cosines of about 0.25. */
const CLIP_MIDDLE_COSINE = 0.25;

const logit = (probability: number): number => Math.log(probability / (1 - probability));

/** The prior that comes with the checkpoint: p = sigmoid(exp(logitScale) * cosine + logitBias). */
export const priorCalibration = (manifest: ModelManifest): ScoreCalibration => {
  const scale = Math.exp(manifest.score.logitScale);
  const bias = manifest.score.logitBias ?? -scale * CLIP_MIDDLE_COSINE;
  const cosineAt = (probability: number): number => (logit(probability) - bias) / scale;
  return {
    id: `${vectorKeyOf(manifest)}/prior`,
    scale,
    bias,
    noMatchBelow: cosineAt(CHANCE_PROBABILITY),
    goodFrom: cosineAt(GOOD_PROBABILITY),
  };
};

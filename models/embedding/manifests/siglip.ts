/** What the checkpoints of the SigLIP families have in common: rules of pictures and texts, names in the graphs. */
import type { ModelManifest } from "../manifest.ts";
import type { CheckpointScore } from "../model-recipe.ts";

const HALF = [0.5, 0.5, 0.5];

export const siglipImage = (size: number, kernel: ModelManifest["image"]["kernel"]): ModelManifest["image"] => ({
  size,
  resize: "squash",
  kernel,
  mean: HALF,
  std: HALF,
  layout: "nchw",
  dtype: "float32",
  input: "pixel_values",
});

const TEXT = {
  length: 64,
  eosId: 1,
  mask: false,
  lowerCase: true,
  collapseSpaces: true,
  dtype: "int64",
  input: "input_ids",
} as const;

/** Texts were stripped of punctuation before SentencePiece saw them; padding repeats eos. */
export const siglipText: ModelManifest["text"] = { ...TEXT, padId: 1, stripPunctuation: true };

/** Texts were lower-cased only. */
export const siglip2Text: ModelManifest["text"] = { ...TEXT, padId: 0, stripPunctuation: false };

/** The graphs also give `last_hidden_state`, whose mean is a wrong vector that looks right. */
export const SIGLIP_OUTPUT: ModelManifest["output"] = { vision: "pooler_output", text: "pooler_output" };

/** Scale and bias as trained; the exported towers leave them out. */
export const siglipScoreOf = (repo: string): CheckpointScore => ({
  repo,
  path: "model.safetensors",
  logitScale: "logit_scale",
  logitBias: "logit_bias",
});

/** Published recall of SigLIP 2 B/16 outside English: Vietnamese 81, Turkish 67, Arabic 62, Thai 37, Bengali 21 to 27. */
export const SIGLIP2_LANGUAGES: ModelManifest["languages"] = {
  good: ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "vi", "tr", "uk", "ar", "ru", "ja", "ko", "zh"],
  weak: ["th", "bn"],
};

/** The vocabulary is Gemma's: 256,000 pieces of many languages, bytes where none fits. */
export const SIGLIP2_GOLDEN: ModelManifest["golden"] = {
  texts: [
    { text: "a photo of a cat", ids: [235250, 2686, 576, 476, 4401, 1] },
    { text: "A photo of a DOG", ids: [235250, 2686, 576, 476, 5929, 1] },
    { text: "zwei Kinder spielen am Strand", ids: [131201, 42900, 63859, 1144, 40672, 1] },
    { text: "🐶 dog", ids: [241878, 5929, 1] },
    { text: "𓀀 hieroglyph", ids: [457, 364, 345, 345, 186636, 836, 1] },
  ],
  pairs: [],
};

export const SIGLIP_GOLDEN: ModelManifest["golden"] = {
  texts: [
    { text: "a photo of a dog", ids: [262, 266, 1304, 267, 262, 266, 1571, 1] },
    { text: "  A photo, of a DOG!", ids: [262, 266, 1304, 267, 262, 266, 1571, 1] },
  ],
  pairs: [],
};

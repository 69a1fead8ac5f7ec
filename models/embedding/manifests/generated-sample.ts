/** The sample encoder: generated in code, understands colours, brightness and where they sit in the frame. */
import type { ModelManifest } from "../manifest.ts";

export const SAMPLE_MODEL_ID = "generated-sample";

/** Hashes of what `buildSampleFiles` makes; a test compares them. */
export const generatedSample = {
  manifest: 1,
  id: SAMPLE_MODEL_ID,
  variant: "fp32",
  preprocessVersion: 1,
  repo: "generated",
  revision: "421ecffe692f719734840745ee9a7bfdac513a6d",
  licence: { weights: "MIT", tokenizer: "MIT", source: "generated in code from painted prototypes" },
  files: [
    {
      role: "vision",
      path: "vision.onnx",
      bytes: 147847,
      sha256: "5e57b50158643163b9f0a7377f2c52cc5ffc284bc7a978db6f204fb8f5862916",
    },
    {
      role: "text",
      path: "text.onnx",
      bytes: 130153,
      sha256: "8966f94e4c41d1ba3aa69b35182ba21dd78fbdacfa951acdfc477edc7e158d75",
    },
    {
      role: "tokenizer",
      path: "tokenizer.json",
      bytes: 2226,
      sha256: "5109f3071d1578e82086a0da86d107e85097777f46b63b5f27f8185763f7b52e",
    },
  ],
  dimension: 192,
  image: {
    size: 64,
    resize: "squash",
    kernel: "bicubic",
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    layout: "nchw",
    dtype: "float32",
    input: "pixel_values",
  },
  text: {
    length: 24,
    padId: 0,
    eosId: 1,
    mask: false,
    lowerCase: true,
    stripPunctuation: true,
    collapseSpaces: true,
    dtype: "int64",
    input: "input_ids",
  },
  output: { vision: "image_embeds", text: "text_embeds" },
  score: { logitScale: 2.4849066497880004, logitBias: -4 },
  languages: { good: ["en"], weak: [] },
  golden: { texts: [], pairs: [] },
} as const satisfies ModelManifest;

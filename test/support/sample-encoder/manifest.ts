/** The sample encoder: generated in code, understands colours, brightness and where they sit in the frame. */
import type { ModelManifest } from "../../../models/embedding/manifest.ts";

/** Hashes of what `buildSampleFiles` makes; a test compares them. */
export const generatedSample = {
  manifest: 1,
  id: "generated-sample",
  variant: "fp32",
  preprocessVersion: 1,
  repo: "generated",
  revision: "9d740736f9eb2761a5f8fff40676a5e9ecafb183",
  licence: { weights: "MIT", tokenizer: "MIT", source: "generated in code from painted prototypes" },
  files: [
    {
      role: "vision",
      path: "vision.onnx",
      bytes: 147847,
      sha256: "3cf6e9983c0f22363ee81a3c0e7b36bea49cb581199c16f2d3efe5e13a49d50c",
    },
    {
      role: "text",
      path: "text.onnx",
      bytes: 132457,
      sha256: "1c1cd93fd7f88e20868208a42fee7e113c4b297898ca6051f5f82bba8a241979",
    },
    {
      role: "tokenizer",
      path: "tokenizer.json",
      bytes: 2266,
      sha256: "e4ca7c63341921ad166075e6a29c67e8a32b3788ec5c2e06391703fda496847b",
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
  score: { logitScale: 2.4849066497880004, logitBias: -5.4 },
  languages: { good: ["en"], weak: [] },
  golden: { texts: [], pairs: [] },
} as const satisfies ModelManifest;

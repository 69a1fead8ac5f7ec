/** SigLIP base, patches of 16 pixels, 384 pixels: English, its own text tower. Pinned at the first download. */
import type { ModelRecipe } from "../model-recipe.ts";
import { SIGLIP_GOLDEN, SIGLIP_OUTPUT, siglipImage, siglipScoreOf, siglipText } from "./siglip.ts";

export const siglipBase384: ModelRecipe = {
  id: "siglip-base-patch16-384",
  preprocessVersion: 1,
  repo: "Xenova/siglip-base-patch16-384",
  licence: { weights: "Apache-2.0", tokenizer: "Apache-2.0", source: "google/siglip-base-patch16-384" },
  tokenizer: { path: "tokenizer.json" },
  towers: {
    int8: {
      vision: { path: "onnx/vision_model_quantized.onnx" },
      text: { path: "onnx/text_model_quantized.onnx" },
    },
    fp16: {
      vision: { path: "onnx/vision_model_fp16.onnx" },
      text: { path: "onnx/text_model_fp16.onnx" },
    },
    fp32: {
      vision: {
        path: "onnx/vision_model.onnx",
        blake3: "9a4dcfd0c21b8e4d143652d1e566da52222605b564979723383f6012b53dd0df",
      },
      text: { path: "onnx/text_model.onnx" },
    },
  },
  dimension: 768,
  image: siglipImage(384, "bicubic"),
  text: siglipText,
  output: SIGLIP_OUTPUT,
  score: siglipScoreOf("google/siglip-base-patch16-384"),
  languages: { good: ["en"], weak: [] },
  golden: SIGLIP_GOLDEN,
};

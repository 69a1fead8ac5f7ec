/** SigLIP base, patches of 16 pixels, 224 pixels: English. Scale, bias and most hashes are read at the first download. */
import type { ModelRecipe } from "../model-recipe.ts";
import { SIGLIP_GOLDEN, SIGLIP_OUTPUT, siglipImage, siglipScoreOf, siglipText } from "./siglip.ts";

export const siglipBase224: ModelRecipe = {
  id: "siglip-base-patch16-224",
  preprocessVersion: 1,
  repo: "Xenova/siglip-base-patch16-224",
  revision: "4649052661e53c7000355844105f8a1792088239",
  licence: { weights: "Apache-2.0", tokenizer: "Apache-2.0", source: "google/siglip-base-patch16-224" },
  tokenizer: {
    path: "tokenizer.json",
    blake3: "cf171f3552992f467891b9d59be5bde1256ffe1344c62030d4bf0f87df583906",
  },
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
        blake3: "05cd313b67db70acd8e800cd4c16105c3ebc4c385fe6002108d24ea806a248be",
      },
      text: {
        path: "onnx/text_model.onnx",
        sha256: "3aa7fdbd20eaa8740cce17bf82913de641fcb632a768fed59f661cdcd0c32553",
        blake3: "fe62b4096a9e5c3ce735b771472c9e3faac6ddeceebab5794a0a5ce17ee171dd",
      },
    },
  },
  dimension: 768,
  image: siglipImage(224, "bicubic"),
  text: siglipText,
  output: SIGLIP_OUTPUT,
  score: siglipScoreOf("google/siglip-base-patch16-224"),
  languages: { good: ["en"], weak: [] },
  golden: SIGLIP_GOLDEN,
};

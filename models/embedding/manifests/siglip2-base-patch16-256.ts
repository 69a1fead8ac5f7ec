/** SigLIP 2 base, patches of 16 pixels, 256 pixels. Its scale and bias are its own and read at the first download. */
import type { ModelRecipe } from "../model-recipe.ts";
import { SIGLIP2_GOLDEN, SIGLIP2_LANGUAGES, SIGLIP_OUTPUT, siglip2Text, siglipImage, siglipScoreOf } from "./siglip.ts";

const TEXT_FP16 = { path: "onnx/text_model_fp16.onnx", bytes: 564_862_230 };

export const siglip2Base256: ModelRecipe = {
  id: "siglip2-base-patch16-256",
  preprocessVersion: 1,
  repo: "onnx-community/siglip2-base-patch16-256-ONNX",
  revision: "d1114256522a37ffa257a0a58017348ab0058db2",
  licence: { weights: "Apache-2.0", tokenizer: "Apache-2.0", source: "google/siglip2-base-patch16-256" },
  tokenizer: {
    path: "tokenizer.json",
    bytes: 34_363_039,
    sha256: "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322",
  },
  towers: {
    int8: {
      vision: {
        path: "onnx/vision_model_quantized.onnx",
        bytes: 94_737_653,
        sha256: "f2eb8ccfa3dc0b3761d9ea9a39554fe0f2be71b247ad7f68a80720ec88895650",
      },
      text: {
        path: "onnx/text_model_quantized.onnx",
        bytes: 283_438_275,
        sha256: "6f59b39d880c413042314b79302b74d0dd93b273caf8fbfdb1eb2df61a7fefd4",
      },
    },
    fp16: {
      vision: {
        path: "onnx/vision_model_fp16.onnx",
        bytes: 186_131_676,
        sha256: "fe9ad8020a6d3d98d394c9be8f07064066135fc2f87ec11692de0b677c0ac4db",
      },
      text: TEXT_FP16,
    },
    fp32: {
      vision: {
        path: "onnx/vision_model.onnx",
        bytes: 371_992_072,
        sha256: "f5cb16728a704703f05516ded628397e11dbca4de2eb5db04b0c0bcee988aa7a",
      },
      text: TEXT_FP16,
    },
  },
  dimension: 768,
  image: siglipImage(256, "bilinear"),
  text: siglip2Text,
  output: SIGLIP_OUTPUT,
  score: siglipScoreOf("google/siglip2-base-patch16-256"),
  languages: SIGLIP2_LANGUAGES,
  golden: SIGLIP2_GOLDEN,
};

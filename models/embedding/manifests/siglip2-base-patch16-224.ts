/** SigLIP 2 base, patches of 16 pixels, 224 pixels: recommended. */
import type { ModelRecipe } from "../model-recipe.ts";
import { SIGLIP2_GOLDEN, SIGLIP2_LANGUAGES, SIGLIP_OUTPUT, siglip2Text, siglipImage } from "./siglip.ts";

const TEXT_FP16 = {
  path: "onnx/text_model_fp16.onnx",
  bytes: 564_862_230,
  sha256: "711da56ada0a4aa11c7dd3320df741081a3cae4f0ae1b5e5c6d5b294738d0eb0",
};

export const siglip2Base224: ModelRecipe = {
  id: "siglip2-base-patch16-224",
  preprocessVersion: 1,
  repo: "onnx-community/siglip2-base-patch16-224-ONNX",
  mirrors: ["SortaPhotos/siglip2-base-patch16-224-onnx"],
  revision: "ba1f3b0843f24bc5417d38e19c37b287d719b2f4",
  licence: { weights: "Apache-2.0", tokenizer: "Apache-2.0", source: "google/siglip2-base-patch16-224" },
  tokenizer: {
    path: "tokenizer.json",
    bytes: 34_363_039,
    sha256: "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322",
  },
  towers: {
    int8: {
      vision: {
        path: "onnx/vision_model_int8.onnx",
        bytes: 94_553_333,
        sha256: "0dd31785a2713f1113ef2272472165c69d580473dae38d7b47568ac587795e70",
      },
      text: {
        path: "onnx/text_model_int8.onnx",
        bytes: 283_438_275,
        sha256: "3a0603d3a00c05a80a6ded4743c16aaac7b1e62cdcc7e362e7ce418659b96400",
      },
    },
    fp16: {
      vision: {
        path: "onnx/vision_model_fp16.onnx",
        bytes: 186_039_516,
        sha256: "a1959f7bd3993a607e48839f6d01e25b876fe76afda301b028b78eef68aabd95",
      },
      text: TEXT_FP16,
    },
    // The text tower in fp32 is 1.13 GB; in fp16 its vectors are the same to the fourth digit.
    fp32: {
      vision: {
        path: "onnx/vision_model.onnx",
        bytes: 371_807_752,
        sha256: "c0573e3f4140c3a7c4e9cc5912bd6b26a033b46a6a8e8af26cbea262b163bcad",
      },
      text: TEXT_FP16,
    },
  },
  dimension: 768,
  image: siglipImage(224, "bilinear"),
  text: siglip2Text,
  output: SIGLIP_OUTPUT,
  score: { logitScale: 4.724453449249268, logitBias: -16.771724700927734 },
  languages: SIGLIP2_LANGUAGES,
  golden: SIGLIP2_GOLDEN,
};

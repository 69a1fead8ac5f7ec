/** CLIP ViT-B/32 of OpenAI: English, the small fallback. */
import type { ModelRecipe } from "../model-recipe.ts";

const DOG = [49406, 320, 1125, 539, 320, 1929, 49407];

export const clipVitBase32: ModelRecipe = {
  id: "clip-vit-base-patch32",
  preprocessVersion: 1,
  repo: "Xenova/clip-vit-base-patch32",
  revision: "d15189d7028b43f1d3e65039190477f6af591c2a",
  licence: { weights: "MIT", tokenizer: "MIT", source: "openai/clip-vit-base-patch32" },
  tokenizer: {
    path: "tokenizer.json",
    bytes: 2_224_119,
    sha256: "f7f3b7af117d467b58374797691a6438d3e6b9e9cef800dfd5dced7f697a90cd",
  },
  towers: {
    int8: {
      vision: {
        path: "onnx/vision_model_int8.onnx",
        bytes: 88_648_877,
        sha256: "0ab0c1b3ace708e539633af1744d5a95247fe4e14d3e08ff197ef82a6cb9bd93",
      },
      text: {
        path: "onnx/text_model_int8.onnx",
        bytes: 64_070_791,
        sha256: "18845f2ccc35223bb7fec403383a131154b11ac0918df25cf51986df5efd3a21",
      },
    },
    uint8: {
      vision: {
        path: "onnx/vision_model_uint8.onnx",
        bytes: 88_648_915,
        sha256: "b95448754a6ae56964ec80c570c80bb9863787ee85f51b664abed8c0e5f22a7a",
      },
      text: {
        path: "onnx/text_model_quantized.onnx",
        bytes: 64_504_507,
        sha256: "73baab855d406190da9faa498cfedf65f15cf309f4cc7385b7b032e6d08e5c3a",
      },
    },
    fp16: {
      vision: { path: "onnx/vision_model_fp16.onnx" },
      text: {
        path: "onnx/text_model_fp16.onnx",
        bytes: 127_339_794,
        sha256: "df587ffbf248bf20d44fa6e16adc5ebc27ead691860e5333dbdaab5fd6bf3f6e",
      },
    },
    fp32: {
      vision: {
        path: "onnx/vision_model.onnx",
        bytes: 351_685_709,
        sha256: "fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40",
      },
      text: {
        path: "onnx/text_model.onnx",
        bytes: 254_058_553,
        sha256: "3f6571f5bad13a97c469c1622e1cfc4d9aef78b79fdbfcff804ca357bfada8cc",
      },
    },
  },
  dimension: 512,
  image: {
    size: 224,
    resize: "short-side-crop",
    kernel: "bicubic",
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    layout: "nchw",
    dtype: "float32",
    input: "pixel_values",
  },
  text: {
    length: 77,
    padId: 49407,
    bosId: 49406,
    eosId: 49407,
    mask: false,
    lowerCase: true,
    stripPunctuation: false,
    collapseSpaces: true,
    dtype: "int64",
    input: "input_ids",
  },
  output: { vision: "image_embeds", text: "text_embeds" },
  // Trained with softmax: a pair has no probability of its own, the calibration supplies one.
  score: { logitScale: Math.log(100), logitBias: null },
  languages: { good: ["en"], weak: [] },
  golden: {
    texts: [
      { text: "a photo of a dog", ids: DOG },
      { text: " A photo  of a DOG ", ids: DOG },
    ],
    pairs: [],
  },
};

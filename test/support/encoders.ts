/** Installable models with random weights: real shapes for benches, tiny ones for tests. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openInstalledModel } from "../../models/embedding/installed-models.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { ModelManifest } from "../../models/embedding/manifest.ts";
import { float32Tensor, int64Tensor, writeOnnxModel } from "../../models/embedding/onnx-graph.ts";
import type { OnnxGraph } from "../../models/embedding/onnx-graph.ts";
import { VIT_INPUT, VIT_OUTPUT, vitGraph } from "./vit-graph.ts";
import type { VitShape } from "./vit-graph.ts";

export { SMALL_VIT, TINY_VIT, VIT_B_16, VIT_B_32_256 } from "./vit-graph.ts";
export type { VitShape } from "./vit-graph.ts";

const TEXT_LENGTH = 64;
const PAD_AND_EOS = 1;
const UNKNOWN = 2;

/** Pieces of a Unigram tokenizer of SigLIP's kind: `</s>` is 1, padding is 1, spaces are `▁`. */
const PIECES: readonly (readonly [string, number])[] = [
  ["<pad>", 0],
  ["</s>", 0],
  ["<unk>", -10],
  ["▁a", -2],
  ["▁photo", -4],
  ["▁of", -3],
  ["▁dog", -5],
  ["▁", -6],
  ["do", -7],
  ["g", -8],
  ["s", -8],
  ["▁cat", -5],
  ["▁red", -5],
  ["▁boat", -5],
];

/** tokenizer.json of the same type and rules as SigLIP's. */
export const unigramTokenizerJson = (): object => ({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [
    {
      id: PAD_AND_EOS,
      content: "</s>",
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    },
  ],
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  post_processor: null,
  decoder: null,
  model: { type: "Unigram", unk_id: UNKNOWN, byte_fallback: false, vocab: PIECES },
});

/** The mean of random word vectors. */
const textGraph = (width: number): OnnxGraph => ({
  name: "random_text_tower",
  inputs: [{ name: "input_ids", type: "int64", shape: ["texts", TEXT_LENGTH] }],
  outputs: [{ name: VIT_OUTPUT, type: "float32", shape: ["texts", width] }],
  initializers: [
    float32Tensor(
      "words",
      [PIECES.length, width],
      Array.from({ length: PIECES.length * width }, (_, index) => Math.sin(index * 12.9898 + (index % 7))),
    ),
    int64Tensor("axis", [1]),
  ],
  nodes: [
    { op: "Gather", inputs: ["words", "input_ids"], outputs: ["vectors"] },
    { op: "ReduceMean", inputs: ["vectors", "axis"], outputs: [VIT_OUTPUT], attributes: { keepdims: 0 } },
  ],
});

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
};

/** What transformers.js needs to load the same ONNX file for image-feature-extraction. */
const transformersConfig = (shape: VitShape): Readonly<Record<string, object>> => ({
  "config.json": {
    architectures: ["SiglipVisionModel"],
    model_type: "siglip",
    hidden_size: shape.width,
    image_size: shape.size,
    patch_size: shape.patch,
  },
  "preprocessor_config.json": {
    image_processor_type: "SiglipImageProcessor",
    do_resize: true,
    do_rescale: true,
    do_normalize: true,
    size: { height: shape.size, width: shape.size },
    resample: 3,
    rescale_factor: 1 / 255,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
});

const VISION_FILES = { fp32: "onnx/vision_model.onnx", int8: "onnx/vision_model_quantized.onnx" } as const;
const TEXT_FILE = "onnx/text_model.onnx";
const TOKENIZER_FILE = "tokenizer.json";

export interface RandomEncoderOptions {
  readonly shape: VitShape;
  readonly variant: "fp32" | "int8";
  /** Replaces the manifest's output name of the image tower. */
  readonly visionOutput?: string;
  /** Replaces the graph of the image tower. */
  readonly visionGraph?: OnnxGraph;
}

const manifestOf = (
  { shape, variant, visionOutput = VIT_OUTPUT }: RandomEncoderOptions,
  files: ModelManifest["files"],
): ModelManifest => ({
  manifest: 1,
  id: `random-${shape.name}-${variant}`,
  variant,
  preprocessVersion: 1,
  repo: "generated",
  revision: createHash("sha256")
    .update(files.map((file) => file.sha256).join())
    .digest("hex")
    .slice(0, 40),
  licence: { weights: "MIT", tokenizer: "MIT", source: "random numbers" },
  files,
  dimension: shape.width,
  image: {
    size: shape.size,
    resize: "squash",
    kernel: "bicubic",
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    layout: "nchw",
    dtype: "float32",
    input: VIT_INPUT,
  },
  text: {
    length: TEXT_LENGTH,
    padId: PAD_AND_EOS,
    eosId: PAD_AND_EOS,
    mask: false,
    lowerCase: true,
    stripPunctuation: true,
    collapseSpaces: true,
    dtype: "int64",
    input: "input_ids",
  },
  output: { vision: visionOutput, text: VIT_OUTPUT },
  score: { logitScale: Math.log(10), logitBias: -5 },
  languages: { good: ["en"], weak: [] },
  golden: { texts: [], pairs: [] },
});

/**
 * Writes `<modelDir>/<id>/<revision>/` with manifest, graphs, tokenizer, and the config files of transformers.js
 * (`pipeline("image-feature-extraction", <directory>, { dtype: "fp32" | "q8" })`). The larger shapes take seconds.
 */
export const installRandomEncoder = async (
  modelDir: string,
  options: RandomEncoderOptions,
): Promise<InstalledModel> => {
  const { shape, variant } = options;
  const fresh = join(modelDir, `.new-${shape.name}-${variant}`);
  const graph = options.visionGraph ?? vitGraph(shape, variant);
  const vision = VISION_FILES[variant];
  await mkdir(join(fresh, "onnx"), { recursive: true });
  await writeOnnxModel(join(fresh, vision), graph);
  await writeOnnxModel(join(fresh, TEXT_FILE), textGraph(shape.width));
  await writeFile(join(fresh, TOKENIZER_FILE), JSON.stringify(unigramTokenizerJson()));
  const files = await Promise.all(
    (
      [
        ["vision", vision],
        ["text", TEXT_FILE],
        ["tokenizer", TOKENIZER_FILE],
      ] as const
    ).map(async ([role, path]) => ({
      role,
      path,
      bytes: (await stat(join(fresh, path))).size,
      sha256: await sha256Of(join(fresh, path)),
    })),
  );
  const manifest = manifestOf(options, files);
  for (const [name, content] of Object.entries({ ...transformersConfig(shape), "manifest.json": manifest })) {
    await writeFile(join(fresh, name), JSON.stringify(content, undefined, 2));
  }
  const directory = join(modelDir, manifest.id, manifest.revision);
  await mkdir(dirname(directory), { recursive: true });
  await rename(fresh, directory);
  return openInstalledModel(directory);
};

/**
 * Repositories of published exports in small: the config files in their real shapes, a tokenizer of the real type and
 * towers with random weights. For tests of everything that reads, installs or compares such a folder.
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openInstalledModel } from "../../../models/embedding/installed-models.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import type { ModelManifest, ModelVariant } from "../../../models/embedding/manifest.ts";
import { clipVitBase32 } from "../../../models/embedding/manifests/clip-vit-base-patch32.ts";
import { siglipBase224 } from "../../../models/embedding/manifests/siglip-base-patch16-224.ts";
import { siglip2Base224 } from "../../../models/embedding/manifests/siglip2-base-patch16-224.ts";
import { completeManifest } from "../../../models/embedding/model-recipe.ts";
import type { ModelRecipe } from "../../../models/embedding/model-recipe.ts";
import { encodeOnnxModel } from "../../../models/embedding/onnx-graph.ts";
import type { VitShape } from "../vit-graph.ts";
import { CONFIGS } from "./configs.ts";
import { imageTower, textTower } from "./graphs.ts";
import { clipTokenizerJson, siglip2TokenizerJson, siglipTokenizerJson } from "./tokenizers.ts";

export const FOLDER_KINDS = ["siglip", "siglip2", "clip"] as const;
export type FolderKind = (typeof FOLDER_KINDS)[number];

export interface FolderOptions {
  /** Pixels; default 64. */
  readonly size?: number;
  /** Values of a vector; default 64. */
  readonly width?: number;
  /** Default: `tiny-<kind>`. */
  readonly id?: string;
}

export interface ModelFolder {
  readonly kind: FolderKind;
  /** Everything known but the hashes. */
  readonly recipe: ModelRecipe & { readonly revision: string; readonly score: ModelManifest["score"] };
  /** By path, as a hub serves them. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const RECIPES = { siglip: siglipBase224, siglip2: siglip2Base224, clip: clipVitBase32 } as const;
const TOKENIZERS = { siglip: siglipTokenizerJson, siglip2: siglip2TokenizerJson, clip: clipTokenizerJson } as const;

const TOWERS = {
  fp32: { vision: { path: "onnx/vision_model.onnx" }, text: { path: "onnx/text_model.onnx" } },
  int8: { vision: { path: "onnx/vision_model_quantized.onnx" }, text: { path: "onnx/text_model.onnx" } },
} as const;

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const jsonBytes = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value, undefined, 2));

interface Vocabulary {
  readonly model: { readonly vocab: Readonly<Record<string, number>> | readonly unknown[] };
}

/** The real rules; ids of start and end are those of the small vocabulary. */
const textRulesOf = (kind: FolderKind, { model: { vocab } }: Vocabulary): ModelManifest["text"] => {
  const { text } = RECIPES[kind];
  if (kind !== "clip" || Array.isArray(vocab)) return text;
  const end = Object.keys(vocab).length - 1;
  return { ...text, bosId: end - 1, eosId: end, padId: end };
};

export const modelFolder = (kind: FolderKind, options: FolderOptions = {}): ModelFolder => {
  const { size = 64, width = 64, id = `tiny-${kind}` } = options;
  const shape: VitShape = { name: `${kind}-${size}`, size, patch: 16, width, layers: 2, heads: 2, mlp: 2 * width };
  const tokenizer = TOKENIZERS[kind]() as Vocabulary; // made in the shape of its type
  const text = textRulesOf(kind, tokenizer);
  const base = RECIPES[kind];
  const vocabulary = Object.keys(tokenizer.model.vocab).length;
  const files = {
    [TOWERS.fp32.vision.path]: encodeOnnxModel(imageTower(shape, "fp32", base.output.vision)),
    [TOWERS.int8.vision.path]: encodeOnnxModel(imageTower(shape, "int8", base.output.vision)),
    [TOWERS.fp32.text.path]: encodeOnnxModel(textTower({ vocabulary, length: text.length, width }, base.output.text)),
    "tokenizer.json": jsonBytes(tokenizer),
    ...Object.fromEntries(
      Object.entries(CONFIGS[kind]({ shape, vocabulary, text })).map(([path, config]) => [path, jsonBytes(config)]),
    ),
  };
  const revision = sha256Of(Buffer.concat(Object.values(files))).slice(0, 40);
  const recipe = {
    ...base,
    id,
    repo: `tests/${id}`,
    revision,
    licence: { weights: "MIT", tokenizer: "MIT", source: "random numbers" },
    tokenizer: { path: "tokenizer.json" },
    towers: TOWERS,
    dimension: width,
    image: { ...base.image, size },
    text,
    score: { logitScale: Math.log(10), logitBias: kind === "clip" ? null : -5 },
    languages: { good: ["en"], weak: [] },
    golden: { texts: [], pairs: [] },
  };
  return { kind, recipe, files };
};

/** Manifest of one precision, with the hashes of the folder's files. */
export const manifestOf = ({ recipe, files }: ModelFolder, variant: ModelVariant = "fp32"): ModelManifest =>
  completeManifest(recipe, variant, {
    revision: recipe.revision,
    score: recipe.score,
    files: Object.fromEntries(
      Object.entries(files).map(([path, bytes]) => [path, { bytes: bytes.byteLength, sha256: sha256Of(bytes) }]),
    ),
  });

/** All files of the repository, as a clone of it would have them. */
export const writeModelFolder = async (directory: string, { files }: ModelFolder): Promise<void> => {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytes);
  }
};

/** `<modelDir>/<id>/<revision>/` with the manifest; config files lie beside it for transformers.js. */
export const installModelFolder = async (
  modelDir: string,
  folder: ModelFolder,
  change: { readonly variant?: ModelVariant; readonly manifest?: Partial<ModelManifest> } = {},
): Promise<InstalledModel> => {
  const manifest = { ...manifestOf(folder, change.variant), ...change.manifest };
  const directory = join(modelDir, manifest.id, manifest.revision);
  await writeModelFolder(directory, folder);
  await writeFile(join(directory, "manifest.json"), JSON.stringify(manifest, undefined, 2));
  return openInstalledModel(directory);
};

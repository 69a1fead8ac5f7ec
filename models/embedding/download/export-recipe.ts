/**
 * A recipe for any export of CLIP or SigLIP kind, drafted from the configuration files beside the weights. Sizes and
 * rules follow the files; what they leave out is what the family's reference implementation takes. Names, shapes and
 * token ids are corrected from the downloaded files themselves (inspect-export.ts).
 */
import { z } from "zod";
import { InvalidInputError } from "../../../src/errors.ts";
import type { ModelManifest, ModelVariant } from "../manifest.ts";
import type { ModelRecipe, RecipeTowers } from "../model-recipe.ts";
import type { HubAccess, Repository } from "./hub-repository.ts";
import { describeRepository, fetchJson } from "./hub-repository.ts";

// Unknown fields are left alone: every version of the exporters writes others.
const configSchema = z.object({
  model_type: z.string(),
  projection_dim: z.int().positive().optional(),
  vision_config: z.object({ hidden_size: z.int().positive().optional() }).optional(),
  text_config: z.object({ max_position_embeddings: z.int().positive().optional() }).optional(),
});
const edge = z.union([
  z
    .int()
    .positive()
    .transform((size) => ({ width: size, height: size })),
  z.object({ width: z.int().positive(), height: z.int().positive() }),
  z
    .object({ shortest_edge: z.int().positive() })
    .transform(({ shortest_edge: size }) => ({ width: size, height: size })),
]);
const channels = z.array(z.number()).length(3);
const preprocessorSchema = z.object({
  size: edge,
  crop_size: edge.optional(),
  do_center_crop: z.boolean().optional(),
  resample: z.int().optional(),
  image_mean: channels.optional(),
  image_std: channels.optional(),
  max_num_patches: z.int().optional(),
});
const tokenizerSchema = z.object({ tokenizer_class: z.string().optional() });

type ExportConfig = z.output<typeof configSchema>;
type Preprocessor = z.output<typeof preprocessorSchema>;

interface Family {
  readonly text: ModelManifest["text"];
  readonly output: ModelManifest["output"];
  readonly resize: ModelManifest["image"]["resize"];
  /** Pillow's number: 1 Lanczos, 2 bilinear, 3 bicubic. */
  readonly resample: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly dimension: (config: ExportConfig) => number;
}

const HALF = [0.5, 0.5, 0.5];
const TEXT = { lowerCase: true, collapseSpaces: true, mask: false, dtype: "int64", input: "input_ids" } as const;
const POOLED = { vision: "pooler_output", text: "pooler_output" };

const siglip: Family = {
  text: { ...TEXT, length: 64, padId: 1, eosId: 1, stripPunctuation: true },
  output: POOLED,
  resize: "squash",
  resample: 3,
  mean: HALF,
  std: HALF,
  dimension: ({ vision_config: vision }) => vision?.hidden_size ?? 768,
};

const FAMILIES = {
  siglip,
  siglip2: { ...siglip, text: { ...siglip.text, padId: 0, stripPunctuation: false }, resample: 2 },
  clip: {
    text: { ...TEXT, length: 77, bosId: 49406, eosId: 49407, padId: 49407, stripPunctuation: false },
    output: { vision: "image_embeds", text: "text_embeds" },
    resize: "short-side-crop",
    resample: 3,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    dimension: ({ projection_dim: dimension }) => dimension ?? 512,
  },
} as const satisfies Record<string, Family>;
type FamilyName = keyof typeof FAMILIES;

const KERNELS: Readonly<Record<number, ModelManifest["image"]["kernel"]>> = {
  1: "lanczos3",
  2: "bilinear",
  3: "bicubic",
};
/** CLIP was trained with softmax: a factor of 100, and no probability of a pair. */
const CLIP_SCORE: ModelManifest["score"] = { logitScale: Math.log(100), logitBias: null };

const SUFFIXES: Readonly<Partial<Record<ModelVariant, readonly string[]>>> = {
  int8: ["_int8", "_quantized"],
  fp16: ["_fp16"],
  fp32: [""],
  uint8: ["_uint8"],
  q4f16: ["_q4f16"],
  q4: ["_q4"],
};

const refuse = (repo: string, expected: string, received: string): InvalidInputError =>
  new InvalidInputError(`Expected ${expected} in ${repo}, received ${received}.`, {
    hint: "photon runs exports of CLIP, SigLIP and SigLIP 2 whose towers are separate: onnx/vision_model*.onnx and onnx/text_model*.onnx.",
  });

/** Weights above 2 GB lie in a second file, which photon does not fetch. */
const isWhole = (path: string, { files }: Repository): boolean => files.has(path) && !files.has(`${path}_data`);

const towerOf = (kind: "vision" | "text", suffixes: readonly string[], repository: Repository): string | undefined =>
  suffixes
    .flatMap((suffix) => [`onnx/${kind}_model${suffix}.onnx`, `${kind}_model${suffix}.onnx`])
    .find((path) => isWhole(path, repository));

const towersOf = (repository: Repository): Partial<Record<ModelVariant, RecipeTowers>> => {
  const found: Partial<Record<ModelVariant, RecipeTowers>> = {};
  for (const [variant, suffixes] of Object.entries(SUFFIXES) as [ModelVariant, readonly string[]][]) {
    const vision = towerOf("vision", suffixes, repository);
    const text = towerOf("text", suffixes, repository);
    if (vision !== undefined && text !== undefined) found[variant] = { vision: { path: vision }, text: { path: text } };
  }
  return found;
};

/** SigLIP 2 of fixed size calls itself siglip; its tokenizer is Gemma's. */
const familyOf = (repo: string, config: ExportConfig, tokenizerClass: string | undefined): FamilyName => {
  const { model_type: type } = config;
  if (type === "siglip" && /^Gemma/i.test(tokenizerClass ?? "")) return "siglip2";
  if (type === "siglip" || type === "siglip2" || type === "clip") return type;
  throw refuse(repo, "a model of type clip, siglip or siglip2", `type ${type}`);
};

const imageOf = (repo: string, family: Family, preprocessor: Preprocessor): ModelManifest["image"] => {
  const isCropped = preprocessor.do_center_crop ?? family.resize === "short-side-crop";
  const { width, height } = (isCropped ? preprocessor.crop_size : undefined) ?? preprocessor.size;
  const kernel = KERNELS[preprocessor.resample ?? family.resample];
  if (width !== height) throw refuse(repo, "square pictures", `${width} x ${height}`);
  if (kernel === undefined) throw refuse(repo, "resample 1, 2 or 3", String(preprocessor.resample));
  if (preprocessor.max_num_patches !== undefined) throw refuse(repo, "pictures of one size", "patches of any number");
  return {
    size: width,
    resize: isCropped ? "short-side-crop" : "squash",
    kernel,
    mean: [...(preprocessor.image_mean ?? family.mean)],
    std: [...(preprocessor.image_std ?? family.std)],
    layout: "nchw",
    dtype: "float32",
    input: "pixel_values",
  };
};

const scoreOf = (repo: string, family: FamilyName, { baseModels, files }: Repository): ModelRecipe["score"] => {
  if (family === "clip") return CLIP_SCORE;
  const names = { path: "model.safetensors", logitScale: "logit_scale", logitBias: "logit_bias" };
  const [base] = baseModels;
  if (files.has(names.path)) return { repo, ...names };
  if (base === undefined) throw refuse(repo, "model.safetensors, or the name of the original model", "neither");
  return { repo: base, ...names };
};

const parsed = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  repo: string,
  path: string,
): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(repo, `a usable ${path}`, z.prettifyError(result.error));
};

const read = async <Schema extends z.ZodType>(
  access: HubAccess,
  schema: Schema,
  { repo, revision, path }: { readonly repo: string; readonly revision: string; readonly path: string },
): Promise<z.output<Schema>> => parsed(schema, await fetchJson(access, { repo, revision, path }), repo, path);

/**
 * @param id name the model gets
 * @throws InvalidInputError when the repository holds no export photon can run, DownloadError when it cannot be read
 */
export const draftRecipe = async (access: HubAccess, repo: string, id: string): Promise<ModelRecipe> => {
  const repository = await describeRepository(access, repo, "main");
  const { revision, files } = repository;
  const towers = towersOf(repository);
  if (Object.keys(towers).length === 0) throw refuse(repo, "ONNX files of both towers", "a repository without them");
  for (const path of ["config.json", "preprocessor_config.json", "tokenizer.json"]) {
    if (!files.has(path)) throw refuse(repo, path, "a repository without it");
  }
  const config = await read(access, configSchema, { repo, revision, path: "config.json" });
  const preprocessor = await read(access, preprocessorSchema, { repo, revision, path: "preprocessor_config.json" });
  const tokenizer = files.has("tokenizer_config.json")
    ? await read(access, tokenizerSchema, { repo, revision, path: "tokenizer_config.json" })
    : {};
  const name = familyOf(repo, config, tokenizer.tokenizer_class);
  const family: Family = FAMILIES[name];
  const licence = repository.licence ?? "not stated";
  return {
    id,
    preprocessVersion: 1,
    repo,
    revision,
    licence: { weights: licence, tokenizer: licence, source: repository.baseModels[0] ?? repo },
    tokenizer: { path: "tokenizer.json" },
    towers,
    dimension: family.dimension(config),
    image: imageOf(repo, family, preprocessor),
    text: { ...family.text, length: config.text_config?.max_position_embeddings ?? family.text.length },
    output: family.output,
    score: scoreOf(repo, name, repository),
    languages: { good: [], weak: [] },
    golden: { texts: [], pairs: [] },
  };
};

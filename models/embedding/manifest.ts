/** The manifest: everything photon knows about a model. Nothing about a model is written in code. */
import { z } from "zod";
import { ConfigError } from "../../src/errors.ts";

const MODEL_VARIANTS = ["fp32", "fp16", "int8", "uint8", "q4", "q4f16"] as const;
export type ModelVariant = (typeof MODEL_VARIANTS)[number];

const hex = (digits: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `${digits} hex digits`);
const positive = z.int().positive();
const channels = z.array(z.number()).length(3);

const modelFile = z
  .strictObject({
    role: z.enum(["vision", "text", "combined", "tokenizer"]),
    /** Relative to the model's folder, with forward slashes. */
    path: z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\]+$/, "a relative path inside the model's folder"),
    bytes: positive,
    sha256: hex(64).exactOptional(),
    blake3: hex(64).exactOptional(),
  })
  .refine((file) => file.sha256 !== undefined || file.blake3 !== undefined, "a sha256 or blake3 hash");

const imageSchema = z.strictObject({
  /** Edge of the square input in pixels. */
  size: positive,
  resize: z.enum(["squash", "short-side-crop", "pad"]),
  kernel: z.enum(["bilinear", "bicubic", "lanczos3"]),
  /** Per channel, of values scaled to 0..1. */
  mean: channels,
  std: channels.refine((values) => values.every((value) => value > 0), "positive deviations"),
  layout: z.literal("nchw"),
  /** Exports in half precision take and give float32 too. */
  dtype: z.literal("float32"),
  input: z.string().min(1),
});

const textSchema = z.strictObject({
  /** Tokens every text is padded or cut to. */
  length: positive,
  padId: z.int().nonnegative(),
  bosId: z.int().nonnegative().exactOptional(),
  eosId: z.int().nonnegative(),
  /** True when the graph takes `attention_mask`. */
  mask: z.boolean(),
  lowerCase: z.boolean(),
  stripPunctuation: z.boolean(),
  collapseSpaces: z.boolean(),
  dtype: z.literal("int64"),
  input: z.string().min(1),
});

const goldenSchema = z.strictObject({
  /** Ids from the first token to eos; what follows up to `length` is padding. */
  texts: z.array(z.strictObject({ text: z.string(), ids: z.array(z.int().nonnegative()) })),
  pairs: z.array(
    z.strictObject({ image: z.string(), text: z.string(), logit: z.number(), tolerance: z.number().positive() }),
  ),
});

const modelManifestSchema = z.strictObject({
  manifest: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, "lower-case letters, digits, dots, dashes"),
  variant: z.enum(MODEL_VARIANTS),
  /** Bump when kernel, crop or shrink-on-load changes: vectors before and after are not comparable. */
  preprocessVersion: positive,
  repo: z.string().min(1),
  /** Commit of the repository; of models without one the first 40 hex digits of SHA-256 over the files. */
  revision: hex(40),
  licence: z.strictObject({ weights: z.string().min(1), tokenizer: z.string().min(1), source: z.string().min(1) }),
  files: z.array(modelFile).min(1),
  dimension: positive,
  image: imageSchema,
  text: textSchema,
  /** By name, never by position. */
  output: z.strictObject({ vision: z.string().min(1), text: z.string().min(1) }),
  /** Natural logarithm of the factor; a null bias means that the calibration supplies one. */
  score: z.strictObject({ logitScale: z.number(), logitBias: z.number().nullable() }),
  /** BCP-47 */
  languages: z.strictObject({ good: z.array(z.string()), weak: z.array(z.string()) }),
  golden: goldenSchema,
});

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
export type ModelManifest = DeepReadonly<z.output<typeof modelManifestSchema>>;
export type ModelFile = ModelManifest["files"][number];
export type ModelFileRole = ModelFile["role"];

/**
 * @param source what was read, named in the error: a path or a registry entry
 * @throws ConfigError that lists every problem
 */
export const parseManifest = (value: unknown, source: string): ModelManifest => {
  const parsed = modelManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.message}`);
  throw new ConfigError(`expected a model manifest in ${source}, received one with problems: ${problems.join("; ")}`, {
    hint: "Run `photon models list` to see which models are usable; a damaged one has to be installed again.",
  });
};

/** Only vectors of equal keys are comparable: `<id>@<revision, 8 hex>/<variant>/p<preprocess version>`. */
export const vectorKeyOf = (
  manifest: Pick<ModelManifest, "id" | "revision" | "variant" | "preprocessVersion">,
): string => `${manifest.id}@${manifest.revision.slice(0, 8)}/${manifest.variant}/p${manifest.preprocessVersion}`;

/** @throws ConfigError when the model has no file of this role */
export const fileOfRole = (manifest: ModelManifest, role: ModelFileRole): ModelFile => {
  const file = manifest.files.find((candidate) => candidate.role === role);
  if (file !== undefined) return file;
  throw new ConfigError(`expected a ${role} file in the manifest of ${manifest.id}, received none`, {
    hint: "Use a model whose image tower, text tower and tokenizer are separate files.",
  });
};

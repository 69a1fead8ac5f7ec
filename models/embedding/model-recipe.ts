/**
 * A recipe: how a published model is to be had, precision by precision. Where everything is known it becomes a pinned
 * manifest; where a revision, size, hash or constant is missing, the first download reads and stores it ("pinned at
 * download"), and every hash that is known stays binding.
 */
import { ConfigError } from "../../src/errors.ts";
import type { ModelFile, ModelManifest, ModelVariant } from "./manifest.ts";
import { parseManifest } from "./manifest.ts";

/** A file of the repository; bytes and hashes are given where they are known, and binding then. */
export interface RecipeFile {
  readonly path: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly blake3?: string;
}

/** The towers of one precision; the text tower may be of another precision than the image tower. */
export interface RecipeTowers {
  readonly vision: RecipeFile;
  readonly text: RecipeFile;
}

/** Where the trained scale and bias lie when they are not known: scalars of the original checkpoint. */
export interface CheckpointScore {
  readonly repo: string;
  /** A safetensors file: its header is at the front, so both scalars are had by range requests. */
  readonly path: string;
  /** Names of float32 tensors with one value each. */
  readonly logitScale: string;
  readonly logitBias: string;
}

type Shared = Pick<
  ModelManifest,
  "id" | "preprocessVersion" | "repo" | "licence" | "dimension" | "image" | "text" | "output" | "languages" | "golden"
>;

export interface ModelRecipe extends Shared {
  /** Commit, 40 hex digits. Unset = the repository's commit on the day of the first download. */
  readonly revision?: string;
  /** Other repositories with the same files; the hashes make them as good. */
  readonly mirrors?: readonly string[];
  readonly tokenizer: RecipeFile;
  /** In order of preference: the first is what `photon models download` takes without `--precision`. */
  readonly towers: Readonly<Partial<Record<ModelVariant, RecipeTowers>>>;
  readonly score: ModelManifest["score"] | CheckpointScore;
}

/** What a download found: the missing parts of a recipe. */
export interface RecipePins {
  readonly revision: string;
  /** By path; sha256 of every file. */
  readonly files: Readonly<
    Record<string, { readonly bytes: number; readonly sha256: string; readonly blake3?: string }>
  >;
  readonly score: ModelManifest["score"];
}

export const isCheckpointScore = (score: ModelRecipe["score"]): score is CheckpointScore => "path" in score;

/** Precisions of a recipe, the default first. */
export const variantsOf = (recipe: ModelRecipe): readonly ModelVariant[] =>
  Object.keys(recipe.towers) as ModelVariant[]; // the keys are the record's own

const FILE_ROLES = ["vision", "text", "tokenizer"] as const;

/** @throws ConfigError when the recipe has no such precision */
export const filesOf = (
  recipe: ModelRecipe,
  variant: ModelVariant,
): readonly (RecipeFile & Pick<ModelFile, "role">)[] => {
  const towers = recipe.towers[variant];
  if (towers === undefined) {
    throw new ConfigError(`expected one of ${variantsOf(recipe).join(", ")} for ${recipe.id}, received ${variant}`, {
      hint: `Run \`photon models download ${recipe.id} --precision ${variantsOf(recipe)[0] ?? "fp32"}\`.`,
    });
  }
  const files = { ...towers, tokenizer: recipe.tokenizer };
  return FILE_ROLES.map((role) => ({ role, ...files[role] }));
};

const manifestWith = (
  recipe: ModelRecipe,
  variant: ModelVariant,
  pinned: Pick<RecipePins, "revision" | "score"> & { readonly files: readonly Partial<ModelFile>[] },
): ModelManifest => {
  const { towers: _towers, tokenizer: _tokenizer, mirrors: _mirrors, ...shared } = recipe;
  return parseManifest({ manifest: 1, variant, ...shared, ...pinned }, `the recipe of ${recipe.id}`);
};

const isPinned = (file: RecipeFile): file is RecipeFile & { readonly bytes: number } =>
  file.bytes !== undefined && (file.sha256 !== undefined || file.blake3 !== undefined);

/** The manifest of one precision; undefined when anything of it has to be read at the first download. */
export const pinnedManifest = (recipe: ModelRecipe, variant: ModelVariant): ModelManifest | undefined => {
  const { revision, score } = recipe;
  const files = filesOf(recipe, variant);
  if (revision === undefined || isCheckpointScore(score) || !files.every(isPinned)) return undefined;
  return manifestWith(recipe, variant, { revision, score, files });
};

/** Every precision of a recipe without a hole, the default first. */
export const pinnedManifests = (recipe: ModelRecipe): readonly ModelManifest[] =>
  variantsOf(recipe).flatMap((variant) => pinnedManifest(recipe, variant) ?? []);

/** What fetches an installed model again, held to the hashes of the first time; undefined for models of another cut. */
export const recipeOfManifest = (manifest: ModelManifest): ModelRecipe | undefined => {
  const { manifest: _version, variant, files, ...shared } = manifest;
  const [vision, text, tokenizer] = FILE_ROLES.map((wanted) => files.find(({ role }) => role === wanted)).map(
    (file) => file && withoutRole(file),
  );
  if (vision === undefined || text === undefined || tokenizer === undefined) return undefined;
  return { ...shared, tokenizer, towers: { [variant]: { vision, text } } };
};

const withoutRole = ({ role: _role, ...file }: ModelFile): RecipeFile => file;

/** Undefined: not known. */
type Pin = string | number | null | undefined;

const checkPin = (recipe: ModelRecipe, name: string, expected: Pin, received: Pin): void => {
  if (expected === undefined || expected === received) return;
  throw new ConfigError(`expected ${String(expected)} for ${name} of ${recipe.id}, received ${String(received)}`, {
    hint: "The source does not hold the model photon knows: use another mirror, or tell the maintainers.",
  });
};

/**
 * The manifest of one precision, completed by what the first download found.
 * @throws ConfigError when a pin contradicts what the recipe knows, or lacks a file
 */
export const completeManifest = (recipe: ModelRecipe, variant: ModelVariant, pins: RecipePins): ModelManifest => {
  checkPin(recipe, "the revision", recipe.revision, pins.revision);
  const files = filesOf(recipe, variant).map((file) => {
    const pin = pins.files[file.path];
    checkPin(recipe, `${file.path} in bytes`, file.bytes, pin?.bytes);
    checkPin(recipe, `the sha256 of ${file.path}`, file.sha256, pin?.sha256);
    if (file.blake3 !== undefined) checkPin(recipe, `the blake3 of ${file.path}`, file.blake3, pin?.blake3);
    return { role: file.role, path: file.path, ...pin };
  });
  if (!isCheckpointScore(recipe.score)) {
    checkPin(recipe, "logitScale", recipe.score.logitScale, pins.score.logitScale);
    checkPin(recipe, "logitBias", recipe.score.logitBias, pins.score.logitBias);
  }
  return manifestWith(recipe, variant, { revision: pins.revision, score: pins.score, files });
};

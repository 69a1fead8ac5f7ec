/** Models photon knows, and the order in which `embedding.model = auto` prefers installed ones. */
import type { ModelManifest } from "./manifest.ts";
import { generatedSample, SAMPLE_MODEL_ID } from "./manifests/generated-sample.ts";
import { pinnedManifests } from "./model-recipe.ts";
import { recipes } from "./recipes.ts";

/** Pinned manifests: generated models, and every precision of a recipe without a hole, its default precision first. */
export const manifests: readonly ModelManifest[] = [generatedSample, ...recipes.flatMap(pinnedManifests)];

/** Best measured recall first. The generated sample encoder is never chosen by itself. */
export const AUTO_ORDER = [
  "siglip2-base-patch16-224",
  "siglip2-base-patch16-256",
  "siglip-base-patch16-384",
  "siglip-base-patch16-224",
  "clip-vit-base-patch32",
  "tinyclip",
  "photon-mini",
] as const;

/** The larger variant of a model's family that `--quality high` takes: better pictures, own text tower and constants. */
const LARGER_VARIANTS: Readonly<Record<string, string>> = {
  "siglip2-base-patch16-224": "siglip2-base-patch16-256",
  "siglip-base-patch16-224": "siglip-base-patch16-384",
};

/** undefined = the model is the largest of its family. */
export const largerVariantOf = (modelId: string): string | undefined => LARGER_VARIANTS[modelId];

/** Comes with photon and recognises everyday things; people are told that better ones can be installed. */
export const isBasicModel = (modelId: string): boolean => modelId === "photon-mini";

/** Generated encoders understand colours and little else; people are told so. */
export const isSampleModel = (modelId: string): boolean => modelId === SAMPLE_MODEL_ID;

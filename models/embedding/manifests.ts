/** Models photon knows, and the order in which `embedding.model = auto` prefers installed ones. */
import type { ModelManifest } from "./manifest.ts";
import { pinnedManifests } from "./model-recipe.ts";
import { recipes } from "./recipes.ts";

/** Pinned manifests: every precision of a recipe without a hole, the default precision of each model first. */
export const manifests: readonly ModelManifest[] = recipes.flatMap(pinnedManifests);

/** Best measured recall first. */
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

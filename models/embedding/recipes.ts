/** Published models photon knows, best first. A precision without a hole is also a pinned manifest (manifests.ts). */
import { clipVitBase32 } from "./manifests/clip-vit-base-patch32.ts";
import { siglipBase224 } from "./manifests/siglip-base-patch16-224.ts";
import { siglipBase384 } from "./manifests/siglip-base-patch16-384.ts";
import { siglip2Base224 } from "./manifests/siglip2-base-patch16-224.ts";
import { siglip2Base256 } from "./manifests/siglip2-base-patch16-256.ts";
import type { ModelRecipe } from "./model-recipe.ts";

export const recipes = [
  siglip2Base224,
  siglip2Base256,
  siglipBase384,
  siglipBase224,
  clipVitBase32,
] as const satisfies readonly ModelRecipe[];

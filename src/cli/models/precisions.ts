import type { ModelVariant } from "../../../models/embedding/manifest.ts";

/** Words for --precision. */
export const PRECISIONS = ["int8", "fp16", "fp32", "uint8", "q4", "q4f16"] as const satisfies readonly ModelVariant[];

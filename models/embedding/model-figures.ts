/** What the models photon knows are worth, as it was published with them, so that people can choose before a download. */

/**
 * Only figures of one measure compare.
 * recall: how often the photo that an English description was written for is found.
 * zero-shot: pictures of ImageNet's 1,000 kinds named right at the first try, without any training on them.
 * own-test: pictures of the 200 kinds photon-mini was trained on, other ones than in its training, named right at the
 * first try.
 */
export type ModelMeasure = "recall" | "zero-shot" | "own-test";

export interface ModelFigure {
  readonly measure: ModelMeasure;
  /** 0 to 100. */
  readonly percent: number;
  /** Who measured it, to be shown to people. */
  readonly source: string;
}

const IMMICH = "immich's comparison of search models, English, weights in full precision";
const SIGLIP2_PAPER = "the paper on SigLIP 2 (arXiv 2502.14786), weights in full precision";
const MODEL_CARD = "its model card, models/photon-mini/README.md";

const FIGURES: Readonly<Record<string, readonly ModelFigure[]>> = {
  "siglip2-base-patch16-224": [
    { measure: "recall", percent: 75.2, source: IMMICH },
    { measure: "zero-shot", percent: 78.2, source: SIGLIP2_PAPER },
  ],
  "siglip2-base-patch16-256": [{ measure: "zero-shot", percent: 79.1, source: SIGLIP2_PAPER }],
  "siglip-base-patch16-224": [{ measure: "recall", percent: 71.6, source: IMMICH }],
  "clip-vit-base-patch32": [{ measure: "recall", percent: 59.4, source: IMMICH }],
  "photon-mini": [{ measure: "own-test", percent: 54.3, source: MODEL_CARD }],
};

/** Empty when nothing was published, and for models a person added. */
export const figuresOf = (modelId: string): readonly ModelFigure[] => FIGURES[modelId] ?? [];

/** Photos that differ in metadata alone show the same picture: what models made of one holds for the other. */
import { pixelDigest } from "../photo/pixel-digest.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import type { PhotoDraft } from "./stage.ts";
import type { StageKeys } from "./stage-plan.ts";

/** Undefined when the photo was not decoded. */
export const digestOf = ({ decoded }: PhotoDraft): Uint8Array | undefined =>
  decoded === undefined ? undefined : pixelDigest(decoded);

export interface CopyRequest {
  readonly wanted: StageKeys;
  /** Stages whose results are not stored. */
  readonly stale: ReadonlySet<string>;
}

/**
 * Puts the vectors of a photo with the same picture on the draft.
 * @returns the stages that need not run
 */
export const copyVectors = async (
  { context: { encoder, largerEncoder }, library }: PipelineDeps,
  draft: PhotoDraft,
  { wanted, stale }: CopyRequest,
): Promise<readonly string[]> => {
  const digest = digestOf(draft);
  if (digest === undefined || library === undefined) return [];
  const vectorFor = async (stage: string, vectorKey: string | undefined): Promise<Float32Array | undefined> => {
    const stageKey = wanted.get(stage);
    if (vectorKey === undefined || stageKey === undefined || !stale.has(stage)) return undefined;
    return library.catalogue.photos.vectorOfPicture(digest, { stage, stageKey, vectorKey });
  };
  const vector = await vectorFor("embed", encoder?.vectorKey);
  const larger = await vectorFor("embed-larger", largerEncoder?.vectorKey);
  if (vector !== undefined) draft.vector = vector;
  if (larger !== undefined) draft.largerVector = larger;
  return [...(vector === undefined ? [] : ["embed"]), ...(larger === undefined ? [] : ["embed-larger"])];
};

import type { DecodeNeeds } from "../stage.ts";

/** Every decode keeps at least this long edge, so that results do not depend on small settings. */
export const MIN_LONG_EDGE = 384;

/** The size of the one decode, upright: no larger than the photo, large enough for every picture made from it. */
export const decodeTarget = (
  width: number,
  height: number,
  { thumbnailSize, modelInput }: DecodeNeeds,
): { readonly width: number; readonly height: number } => {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const modelEdge = modelInput?.resize === "pad" ? long : short;
  const scale = Math.min(1, Math.max(MIN_LONG_EDGE / long, thumbnailSize / long, (modelInput?.size ?? 0) / modelEdge));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
};

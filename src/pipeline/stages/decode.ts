import { decodePhoto } from "../decode/decode-photo.ts";
import { MIN_LONG_EDGE } from "../decode/decode-target.ts";
import { defineStage } from "../stage.ts";

/** The one decode that every picture stage derives from. */
export const decode = defineStage({
  name: "decode",
  version: 1,
  requires: [],
  optional: false,
  transient: true,
  key: () => String(MIN_LONG_EDGE),
  run: async (draft, { limits, thumbnail, encoder, largerEncoder = encoder, signal }) => {
    const needs = { thumbnailSize: thumbnail?.size ?? 0, modelInput: largerEncoder?.imageInput };
    draft.decoded = await decodePhoto(draft.bytes, draft.format, { needs, limits, signal });
    return { status: "done" };
  },
});

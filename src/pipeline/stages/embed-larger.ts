import { InternalError } from "../../errors.ts";
import { prepareModelInput } from "../../photo/model-input.ts";
import { defineStage } from "../stage.ts";

/** The photo's vector in the space of a larger model, beside the one that searches use. */
export const embedLarger = defineStage({
  name: "embed-larger",
  version: 1,
  requires: ["decode"],
  optional: true,
  lane: "encoder",
  key: ({ largerEncoder }) => largerEncoder?.vectorKey,
  run: async (draft, { largerEncoder, signal }) => {
    if (largerEncoder === undefined) return { status: "skipped", reason: "no larger model" };
    if (draft.decoded === undefined) throw new InternalError("The embed-larger stage ran before the decode stage.");
    const pixels = await prepareModelInput(draft.decoded, largerEncoder.imageInput);
    draft.largerVector = await largerEncoder.embedImage(pixels, { signal });
    return { status: "done" };
  },
});

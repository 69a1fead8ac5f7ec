import { InternalError } from "../../errors.ts";
import { prepareModelInput } from "../../photo/model-input.ts";
import { defineStage } from "../stage.ts";

/** The photo's vector in the space of the library's model. */
export const embed = defineStage({
  name: "embed",
  version: 1,
  requires: ["decode"],
  optional: true,
  lane: "encoder",
  key: ({ encoder }) => encoder?.vectorKey,
  run: async (draft, { encoder, signal }) => {
    if (encoder === undefined) return { status: "skipped", reason: "no model" };
    if (draft.decoded === undefined) throw new InternalError("The embed stage ran before the decode stage.");
    const pixels = await prepareModelInput(draft.decoded, encoder.imageInput);
    draft.vector = await encoder.embedImage(pixels, { signal });
    return { status: "done" };
  },
});

import { perceptualHash as hashPicture } from "../../photo/perceptual-hash.ts";
import { defineStage } from "../stage.ts";

const ALGORITHM = "double-gradient/9x9";

export const perceptualHash = defineStage({
  name: "perceptualHash",
  version: 1,
  requires: ["decode"],
  optional: true,
  key: () => ALGORITHM,
  run: async (draft) => {
    if (draft.decoded === undefined) return { status: "skipped", reason: "the photo was not decoded" };
    draft.perceptualHash = hashPicture(draft.decoded);
    return { status: "done" };
  },
});

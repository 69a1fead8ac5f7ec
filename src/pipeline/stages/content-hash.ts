import { hashBytes } from "../../photo/content-hash.ts";
import { defineStage } from "../stage.ts";

const DIGEST = "blake3";

/** The identity of a photo. A run hashes each file before it plans the stages, so most drafts have it already. */
export const contentHash = defineStage({
  name: "contentHash",
  version: 1,
  requires: [],
  optional: false,
  key: () => DIGEST,
  run: (draft) => {
    draft.contentHash ??= hashBytes(draft.bytes);
    return Promise.resolve({ status: "done" });
  },
});

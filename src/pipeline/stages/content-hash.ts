import { defineStage } from "../stage.ts";

const DIGEST = "blake3";

/** BLAKE3 of the file's bytes, 64 lower-case hex digits: the identity of a photo. */
export const hashContent = async (bytes: Uint8Array): Promise<string> => {
  const { blake3 } = await import("@napi-rs/blake-hash");
  return blake3(bytes).toString("hex");
};

export const contentHash = defineStage({
  name: "contentHash",
  version: 1,
  requires: [],
  optional: false,
  key: () => DIGEST,
  run: async (draft) => {
    draft.contentHash = await hashContent(draft.bytes);
    return { status: "done" };
  },
});

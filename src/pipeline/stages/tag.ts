import { isAbort, StorageError, UnreadablePhotoError } from "../../errors.ts";
import { defineStage } from "../stage.ts";

/** Zero-shot tags from the photo's vector; never reads pixels. */
export const tag = defineStage({
  name: "tag",
  version: 1,
  requires: ["embed"],
  optional: true,
  lane: "encoder",
  key: ({ tagger }) => tagger?.resultKey,
  run: async (draft, { tagger, signal }) => {
    if (tagger === undefined) return { status: "skipped", reason: "no label bank" };
    if (draft.vector === undefined) return { status: "skipped", reason: "no vector" };
    try {
      const tags = await tagger.tag(draft.vector, { signal });
      if (tags === undefined) return { status: "skipped", reason: "the label bank is not complete yet" };
      draft.tags = tags;
    } catch (error) {
      if (isAbort(error) || error instanceof UnreadablePhotoError || error instanceof StorageError) throw error;
      throw new UnreadablePhotoError("tag_failed", "The tags of this photo could not be computed.", { cause: error });
    }
    return { status: "done" };
  },
});

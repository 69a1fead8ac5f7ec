/** EXIF, XMP and IPTC of the file, merged with the sidecar beside it. */
import { defineStage } from "../stage.ts";
import { mergeMetadata, readMetadata, readSidecar } from "../metadata/read-metadata.ts";

export const metadata = defineStage({
  name: "metadata",
  version: 1,
  requires: [],
  optional: true,
  key: () => "",
  run: async (draft) => {
    const file = await readMetadata(draft.bytes, draft.format);
    const sidecar = draft.sidecar === undefined ? {} : await readSidecar(draft.sidecar);
    draft.metadata = { merged: mergeMetadata(file.metadata, sidecar), exif: file.exif };
    return { status: "done" };
  },
});

/** EXIF, XMP and IPTC of the file, merged with the sidecars beside it. */
import { defineStage } from "../stage.ts";
import { readMetadata, withSidecars } from "../metadata/read-metadata.ts";

export const metadata = defineStage({
  name: "metadata",
  version: 1,
  requires: [],
  optional: true,
  key: () => "",
  run: async (draft) => {
    const file = await readMetadata(draft.bytes, draft.format);
    draft.metadata = { merged: await withSidecars(file.metadata, draft.sidecars), exif: file.exif };
    return { status: "done" };
  },
});

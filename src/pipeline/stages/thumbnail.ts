import { encodeThumbnail } from "../../photo/rendition.ts";
import { defineStage } from "../stage.ts";

export const thumbnail = defineStage({
  name: "thumbnail",
  version: 1,
  requires: ["decode"],
  optional: true,
  key: ({ thumbnail: settings }) => settings && `${settings.size}/${settings.format}/${settings.quality}`,
  run: async (draft, { thumbnail: settings }) => {
    if (settings === undefined) return { status: "skipped", reason: "thumbnails are switched off" };
    if (draft.decoded === undefined) return { status: "skipped", reason: "the photo was not decoded" };
    draft.thumbnail = await encodeThumbnail(draft.decoded, settings);
    return { status: "done" };
  },
});

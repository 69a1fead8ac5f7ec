import { expect, test } from "vitest";
import { metadata } from "../../src/pipeline/stages/metadata.ts";
import type { PhotoDraft, StageContext } from "../../src/pipeline/stage.ts";
import { embedInJpeg } from "../../src/sample-library/embed-metadata.ts";
import { writeExif } from "../../src/sample-library/exif-writer.ts";
import { writeXmp } from "../../src/sample-library/xmp-writer.ts";

const bytes = embedInJpeg(Buffer.from("ffd8ffd9", "hex"), {
  exif: writeExif({ ifd0: [{ tag: 0x010f, type: "ascii", value: "FUJIFILM" }] }),
  xmp: writeXmp({ rating: 2, title: "From the file" }),
});
const context: StageContext = {
  limits: { maxFileBytes: 1e8, maxDimension: 30_000, maxPixels: 2e8, timeoutMs: 1000 },
  thumbnail: undefined,
  encoder: undefined,
  tagger: undefined,
  signal: new AbortController().signal,
};

test("leaves the merged reading and the file's own exif record on the draft", async () => {
  const draft: PhotoDraft = {
    absolutePath: Buffer.from("/photos/a.jpg"),
    bytes,
    sidecars: { xmp: Buffer.from(writeXmp({ rating: 5, keywords: ["boat"] })) },
    format: "jpeg",
  };
  expect(await metadata.run(draft, context)).toEqual({ status: "done" });
  expect(draft.metadata).toEqual({
    merged: { cameraMake: "FUJIFILM", rating: 5, title: "From the file", keywords: ["boat"] },
    exif: { camera_make: "FUJIFILM" },
  });
});

test("a photo without metadata is done too", async () => {
  const draft: PhotoDraft = { absolutePath: Buffer.from("/a.gif"), bytes: Buffer.from("GIF89a"), format: "gif" };
  expect(await metadata.run(draft, context)).toEqual({ status: "done" });
  expect(draft.metadata).toEqual({ merged: {}, exif: {} });
});

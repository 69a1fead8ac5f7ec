import { expect, test } from "vitest";
import type { ModelInputSpec } from "../../../../src/photo/types.ts";
import { decodeTarget } from "../../../../src/pipeline/decode/decode-target.ts";

const model = (size: number, resize: ModelInputSpec["resize"] = "squash"): ModelInputSpec => ({
  size,
  resize,
  kernel: "bicubic",
});

test.each([
  ["the long edge to 384", 4032, 3024, 256, model(224), 384, 288],
  ["portraits alike", 3024, 4032, 256, model(224), 288, 384],
  ["the short edge to the model's input", 8000, 2000, 256, model(224), 896, 224],
  ["the long edge to a padded input", 8000, 2000, 256, model(512, "pad"), 512, 128],
  ["room for a large thumbnail", 4000, 3000, 1024, model(224), 1024, 768],
  ["no larger than the photo", 100, 80, 256, model(224), 100, 80],
  ["no larger than a narrow photo", 5000, 100, 256, model(224), 5000, 100],
  ["384 when nothing is asked for", 4000, 3000, 0, undefined, 384, 288],
  ["at least one pixel", 30_000, 1, 256, undefined, 384, 1],
] as const)("gives %s", (_name, width, height, thumbnailSize, modelInput, targetWidth, targetHeight) => {
  expect(decodeTarget(width, height, { thumbnailSize, modelInput })).toEqual({
    width: targetWidth,
    height: targetHeight,
  });
});

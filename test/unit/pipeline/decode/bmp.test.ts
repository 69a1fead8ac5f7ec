import { describe, expect, test } from "vitest";
import type { RgbImage } from "../../../../src/photo/types.ts";
import { decodeBmpPixels, readBmpHeader } from "../../../../src/pipeline/decode/bmp.ts";
import type { BmpOptions } from "../../../support/bmp-files.ts";
import { encodeBmp } from "../../../support/bmp-files.ts";
import { meanDifference, paintScene } from "../../../support/images.ts";

const GREYS = (count: number): (readonly [number, number, number])[] =>
  Array.from({ length: count }, (_, index) => {
    const grey = Math.round((index * 255) / (count - 1));
    return [grey, grey, grey] as const;
  });
/** A scene in the colours of a palette, so that a palette picture can show it exactly. */
const greyScene = (width: number, height: number, levels: number): RgbImage => {
  const scene = paintScene(width, height);
  const data = scene.data.map((_, at) => {
    const green = scene.data[at - (at % 3) + 1] ?? 0;
    return Math.round((Math.round((green * (levels - 1)) / 255) * 255) / (levels - 1));
  });
  return { width, height, data };
};
const rgbOf = ({ width, height, data }: RgbImage): RgbImage => ({
  width,
  height,
  data: data.filter((_, at) => at % 4 !== 3),
});
const decode = (image: RgbImage, options: BmpOptions): RgbImage => rgbOf(decodeBmpPixels(encodeBmp(image, options)));

describe("decodeBmpPixels", () => {
  test.each([
    [1, 2],
    [4, 16],
    [8, 256],
  ] as const)("reads %i bits with a palette, odd widths included", (bits, levels) => {
    for (const width of [1, 7, 8, 9, 31]) {
      const image = greyScene(width, 5, levels);
      expect(decode(image, { bits, palette: GREYS(levels) })).toEqual(image);
    }
  });

  test.each([
    [16, undefined, 5],
    [16, [0xf800, 0x07e0, 0x001f, 0] as const, 4],
    [24, undefined, 0],
    [32, undefined, 0],
    [32, [0x000000ff, 0x0000ff00, 0x00ff0000, 0] as const, 0],
  ] as const)("reads %i bits with masks %j", (bits, masks, difference) => {
    const image = paintScene(33, 21);
    const options = masks === undefined ? { bits } : { bits, masks };
    expect(meanDifference(decode(image, options), image)).toBeLessThanOrEqual(difference);
  });

  test.each([12, 40, 108, 124] as const)("reads a header of %i bytes", (headerBytes) => {
    const image = paintScene(10, 6);
    expect(decode(image, { bits: 24, headerBytes })).toEqual(image);
    const grey = greyScene(10, 6, 16);
    expect(decode(grey, { bits: 4, headerBytes, palette: GREYS(16) })).toEqual(grey);
  });

  test("reads rows from the top", () => {
    const image = paintScene(11, 7);
    expect(decode(image, { bits: 24, topDown: true })).toEqual(image);
  });

  test.each([4, 8] as const)("reads run lengths of %i bits", (bits) => {
    const image = greyScene(41, 23, 2 ** bits);
    expect(decode(image, { bits, palette: GREYS(2 ** bits), runLengths: true })).toEqual(image);
  });

  test("keeps an alpha channel, and takes one that is all zero for opaque", () => {
    const image = paintScene(4, 4);
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000] as const;
    const alphaOf = (alpha: number): number[] => [
      ...new Set(
        decodeBmpPixels(encodeBmp(image, { bits: 32, headerBytes: 124, masks, alpha })).data.filter(
          (_, at) => at % 4 === 3,
        ),
      ),
    ];
    expect(alphaOf(100)).toEqual([100]);
    expect(alphaOf(0)).toEqual([255]);
  });

  test("refuses pixels that are cut off", () => {
    const bmp = encodeBmp(paintScene(20, 20), { bits: 24 });
    expect(() => decodeBmpPixels(bmp.subarray(0, -1))).toThrow(/cut off/);
    const runs = encodeBmp(greyScene(20, 20, 16), { bits: 4, palette: GREYS(16), runLengths: true });
    expect(() => decodeBmpPixels(runs.subarray(0, -40))).toThrow(/cut off/);
  });

  test("refuses kinds that do not exist", () => {
    const bmp = encodeBmp(paintScene(4, 4), { bits: 24 });
    bmp.writeUInt32LE(5, 30);
    expect(() => decodeBmpPixels(bmp)).toThrow(/compression 5/);
    expect(() => decodeBmpPixels(bmp.subarray(0, 20))).toThrow(/cut off/);
  });

  test("ends on run lengths that point nowhere", () => {
    const runs = encodeBmp(greyScene(20, 20, 256), { bits: 8, palette: GREYS(256), runLengths: true });
    const hostile = Buffer.concat([
      runs.subarray(0, runs.length - 2),
      Buffer.from([0, 2, 255, 255, 255, 7, 0, 200, 1]),
    ]);
    expect(decodeBmpPixels(hostile).data).toHaveLength(20 * 20 * 4);
  });
});

test("readBmpHeader gives the size of a bomb without touching its pixels", () => {
  const bmp = encodeBmp(paintScene(2, 2), { bits: 24 });
  bmp.writeInt32LE(50_000, 18);
  bmp.writeInt32LE(-50_000, 22);
  expect(readBmpHeader(bmp)).toMatchObject({ width: 50_000, height: 50_000, bottomUp: false });
});

/** Picture files made in code, for tests. */
import type { Sharp } from "sharp";
import { loadSharp } from "../../src/photo/load-sharp.ts";
import type { DecodeLimits, RgbImage } from "../../src/photo/types.ts";
import type { DecodeNeeds } from "../../src/pipeline/stage.ts";

export { encodeOriented, ORIENTATIONS } from "../../src/photo/stored-orientation.ts";

export const LIMITS: DecodeLimits = {
  maxFileBytes: 100_000_000,
  maxDimension: 30_000,
  maxPixels: 200_000_000,
  timeoutMs: 15_000,
};
export const NEEDS: DecodeNeeds = {
  thumbnailSize: 256,
  modelInput: { size: 224, resize: "squash", kernel: "bicubic" },
};

/** A painted scene in which no mirror image and no rotation equals another: sky, sun on the left, hill on the right. */
export const paintScene = (width: number, height: number): RgbImage => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [u, v] = [x / width, y / height];
      const isSun = (u - 0.2) ** 2 + ((v - 0.25) * (height / width)) ** 2 < 0.01;
      const isHill = v > 0.9 - 0.5 * u ** 2 + 0.03 * Math.sin(u * 25);
      const colour = isSun
        ? [255, 230, 90]
        : isHill
          ? [40 + 60 * u, 120 - 50 * v, 30]
          : [90 * v, 120 + 80 * v, 250 - 90 * u];
      data.set(colour, (y * width + x) * 3);
    }
  }
  return { width, height, data };
};

export const sharpOf = async ({ data, width, height }: RgbImage): Promise<Sharp> =>
  (await loadSharp())(data, { raw: { width, height, channels: 3 } });

export const encodeJpeg = async (image: RgbImage, quality = 90): Promise<Buffer> =>
  (await sharpOf(image)).jpeg({ quality }).toBuffer();

/** Mean absolute difference of two pictures of one size, 0..255. */
export const meanDifference = (left: RgbImage, right: RgbImage): number => {
  if (left.width !== right.width || left.height !== right.height) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let at = 0; at < left.data.length; at += 1) sum += Math.abs((left.data[at] ?? 0) - (right.data[at] ?? 0));
  return sum / left.data.length;
};

/** The scene as a test expects to see it after a decode to `width` x `height`. */
export const resizeScene = async (image: RgbImage, width: number, height: number): Promise<RgbImage> => {
  const data = await (await sharpOf(image)).resize(width, height, { fit: "fill" }).raw().toBuffer();
  return { width, height, data };
};

/** Colour of one pixel. */
export const pixelAt = ({ data, width }: RgbImage, x: number, y: number): readonly number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

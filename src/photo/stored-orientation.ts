/** Pictures as a camera that was held sideways stores them: turned, with the EXIF orientation that turns them back. */
import { loadSharp } from "./load-sharp.ts";
import type { Orientation, RgbImage } from "./types.ts";

export const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const satisfies readonly Orientation[];

/** Where an upright pixel lies in the stored picture of each EXIF orientation (CIPA DC-008, 4.6.4). */
const STORED_AT: Readonly<
  Record<Orientation, (x: number, y: number, w: number, h: number) => readonly [number, number]>
> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _w, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, w) => [y, w - 1 - x],
  7: (x, y, w, h) => [h - 1 - y, w - 1 - x],
  8: (x, y, _w, h) => [h - 1 - y, x],
};

/** The stored pixels that look like `upright` once `orientation` is applied. */
const storeAs = (upright: RgbImage, orientation: Orientation): RgbImage => {
  const { width, height } = upright;
  const [storedWidth, storedHeight] = orientation >= 5 ? [height, width] : [width, height];
  const data = new Uint8Array(upright.data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [sx, sy] = STORED_AT[orientation](x, y, width, height);
      const from = (y * width + x) * 3;
      data.set(upright.data.subarray(from, from + 3), (sy * storedWidth + sx) * 3);
    }
  }
  return { width: storedWidth, height: storedHeight, data };
};

/** A JPEG that shows `upright` to who applies its orientation. */
export const encodeOriented = async (upright: RgbImage, orientation: Orientation): Promise<Buffer> => {
  const { data, width, height } = storeAs(upright, orientation);
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 92 })
    .toBuffer();
};

/** Pictures that are shown to people and assistants: a JPEG made anew, within a number of bytes, without metadata. */
import type { Sharp } from "sharp";
import { loadSharp } from "./load-sharp.ts";
import { assertBarePicture } from "./provider-image.ts";
import type { RgbImage } from "./types.ts";

export interface ShownPicture {
  /** JPEG file that holds nothing but its picture. */
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

export interface ShownPictureSettings {
  /** Longest edge in pixels; smaller pictures are not enlarged. */
  readonly maxEdge: number;
  /** Of the file. Kept whatever the picture shows: by lower quality first, then by fewer pixels. */
  readonly maxBytes: number;
}

/** Tried one after the other; nearly every photo fits with the first. */
const QUALITIES = [82, 72, 60, 48, 38] as const;
const LOWEST_QUALITY = 38;
const SHRINK = 0.8;
/** A picture of this size is below every limit anybody sets. */
const SMALLEST_EDGE = 32;

const encodeOnce = async (picture: Sharp, quality: number): Promise<ShownPicture> => {
  const { data: bytes, info } = await picture.clone().jpeg({ quality }).toBuffer({ resolveWithObject: true });
  return { bytes, width: info.width, height: info.height };
};

/** The best that fits into the bytes. @param sized makes the picture with a longest edge */
const encodeWithin = async (
  sized: (edge: number) => Sharp,
  { maxEdge, maxBytes }: ShownPictureSettings,
): Promise<ShownPicture> => {
  for (const quality of QUALITIES) {
    const made = await encodeOnce(sized(maxEdge), quality);
    if (made.bytes.length <= maxBytes) return made;
  }
  for (let edge = maxEdge * SHRINK; ; edge *= SHRINK) {
    const made = await encodeOnce(sized(Math.round(edge)), LOWEST_QUALITY);
    if (made.bytes.length <= maxBytes || edge < SMALLEST_EDGE) return made;
  }
};

/** @param image upright sRGB pixels on white, as the decoder gives them */
export const encodeShownPicture = async (image: RgbImage, settings: ShownPictureSettings): Promise<ShownPicture> => {
  const sharp = await loadSharp();
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const made = await encodeWithin(
    (edge) =>
      sharp(image.data, { raw, limitInputPixels: false }).resize(edge, edge, {
        fit: "inside",
        withoutEnlargement: true,
      }),
    settings,
  );
  assertBarePicture(made.bytes);
  return made;
};

/** The frame header of a JPEG stream (ITU-T T.81, B.2.2): size, and whether a photo decoder can read it. */

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Baseline or progressive, 8 bits: not the lossless kind that holds sensor data. */
  readonly isPicture: boolean;
}

const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const FRAME_MARKERS = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const PICTURE_FRAMES = new Set([0xc0, 0xc1, 0xc2]);
const MAX_SEGMENTS = 256;

export const readJpegHeader = (bytes: Uint8Array): JpegHeader | undefined => {
  if (bytes[0] !== 0xff || bytes[1] !== START_OF_IMAGE) return undefined;
  let at = 2;
  for (let segment = 0; segment < MAX_SEGMENTS && at + 9 < bytes.length; segment += 1) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return undefined;
    const word = (offset: number): number => ((bytes[at + offset] ?? 0) << 8) | (bytes[at + offset + 1] ?? 0);
    if (FRAME_MARKERS.has(marker)) {
      const [height, width] = [word(5), word(7)];
      if (width === 0 || height === 0) return undefined;
      return { width, height, isPicture: PICTURE_FRAMES.has(marker) && bytes[at + 4] === 8 };
    }
    at += 2 + Math.max(2, word(2));
  }
  return undefined;
};

/** An APP1 segment whose EXIF (a big-endian TIFF with one directory) holds the orientation tag alone. */
const ORIENTATION_SEGMENT = "ffe10022457869660000" + "4d4d002a00000008" + "00010112000300000001" + "0000000000000000";
const ORIENTATION_VALUE_OFFSET = 29;

/** The stream with an EXIF orientation that it did not have. */
export const withOrientation = (jpeg: Uint8Array, orientation: number): Uint8Array => {
  const segment = Buffer.from(ORIENTATION_SEGMENT, "hex");
  segment[ORIENTATION_VALUE_OFFSET] = orientation;
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
};

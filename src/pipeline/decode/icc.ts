/** Colour conversion of pixels whose ICC profile is known but which no file holds together with it. */
import type { RgbImage } from "../../photo/types.ts";

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const RGB = 2;
const UNCOMPRESSED = 1;

/** An uncompressed TIFF with the profile: the way to hand pixels and profile to libvips in one piece. */
export const toTiffWithProfile = ({ width, height, data }: RgbImage, profile: Uint8Array): Uint8Array => {
  const entryCount = 10;
  const bitsOffset = HEADER_BYTES + 2 + entryCount * ENTRY_BYTES + 4;
  const profileOffset = bitsOffset + 3 * 2;
  const pixelOffset = profileOffset + profile.length + (profile.length % 2);
  const tiff = Buffer.alloc(pixelOffset + data.length);
  tiff.write("II*\0", 0, "latin1");
  tiff.writeUInt32LE(HEADER_BYTES, 4);
  tiff.writeUInt16LE(entryCount, HEADER_BYTES);
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, 3, bitsOffset],
    [259, SHORT, 1, UNCOMPRESSED],
    [262, SHORT, 1, RGB],
    [273, LONG, 1, pixelOffset],
    [277, SHORT, 1, 3], // samples a pixel
    [278, LONG, 1, height], // rows a strip
    [279, LONG, 1, data.length],
    [34675, UNDEFINED, profile.length, profileOffset],
  ];
  entries.forEach(([tag, type, count, value], index) => {
    const at = HEADER_BYTES + 2 + index * ENTRY_BYTES;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  });
  for (let channel = 0; channel < 3; channel += 1) tiff.writeUInt16LE(8, bitsOffset + channel * 2);
  tiff.set(profile, profileOffset);
  tiff.set(data, pixelOffset);
  return tiff;
};

/** RAW: TIFF in disguise (NEF, CR2, ARW, DNG, ORF, RW2), Fujifilm RAF around a JPEG, Canon CR3 in ISO media boxes. */
import type { MetadataBlocks } from "../blocks.ts";
import { asciiAt, emptyBlocks, viewOf } from "../blocks.ts";
import { findIsoMediaBlocks } from "./iso-media.ts";
import { findJpegBlocks } from "./jpeg.ts";
import { findTiffBlocks } from "./tiff.ts";

const RAF_JPEG_OFFSET_AT = 84;
const RAF_JPEG_LENGTH_AT = 88;

const findRafBlocks = (bytes: Uint8Array): MetadataBlocks => {
  if (bytes.length < RAF_JPEG_LENGTH_AT + 4) return emptyBlocks();
  const view = viewOf(bytes);
  const start = view.getUint32(RAF_JPEG_OFFSET_AT);
  return findJpegBlocks(bytes.subarray(start, start + view.getUint32(RAF_JPEG_LENGTH_AT)));
};

export const findRawBlocks = (bytes: Uint8Array): MetadataBlocks => {
  if (asciiAt(bytes, 0, 15) === "FUJIFILMCCD-RAW") return findRafBlocks(bytes);
  if (asciiAt(bytes, 4, 4) === "ftyp") return findIsoMediaBlocks(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return findJpegBlocks(bytes);
  return findTiffBlocks(bytes);
};

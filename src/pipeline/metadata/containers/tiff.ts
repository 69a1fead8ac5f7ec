/** TIFF and the RAW formats built on it: XMP, IPTC and previews are tags of the first directory (TIFF 6.0, section 2). */
import { readTiff, TIFF_TAGS } from "../../../photo/tiff.ts";
import type { MetadataBlocks } from "../blocks.ts";
import { emptyBlocks } from "../blocks.ts";
import { findJpegBlocks } from "./jpeg.ts";

const XMP_TAG = 0x02bc;
const IPTC_TAG = 0x83bb;

export const findTiffBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  blocks.exif.push({ bytes, root: "ifd0" });
  const entries = readTiff(bytes)?.directories[0]?.entries;
  const valueOf = (tag: number): readonly Uint8Array[] => {
    const entry = entries?.get(tag);
    return entry === undefined ? [] : [bytes.subarray(entry.valueOffset, entry.valueOffset + entry.byteLength)];
  };
  blocks.xmp.push(...valueOf(XMP_TAG));
  blocks.iptc.push(...valueOf(IPTC_TAG));
  // RW2 keeps a complete JPEG with EXIF of its own.
  blocks.exif.push(...valueOf(TIFF_TAGS.panasonicJpeg).flatMap((preview) => findJpegBlocks(preview).exif));
  return blocks;
};

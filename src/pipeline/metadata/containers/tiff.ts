/** TIFF and the RAW formats built on it (TIFF 6.0, section 2): XMP, IPTC and previews are tags of the first directory. */
import type { MetadataBlocks } from "../blocks.ts";
import { emptyBlocks, viewOf } from "../blocks.ts";
import { findJpegBlocks } from "./jpeg.ts";

const XMP_TAG = 0x02bc;
const IPTC_TAG = 0x83bb;
/** Panasonic RW2 keeps a complete JPEG with full EXIF here. */
const RW2_PREVIEW_TAG = 0x002e;
const ENTRY_BYTES = 12;
/** TIFF 6.0, section 2: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD. */
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

/** Byte ranges of the wanted tags of the first directory. */
const rangesOf = (bytes: Uint8Array, tags: readonly number[]): ReadonlyMap<number, Uint8Array> => {
  const ranges = new Map<number, Uint8Array>();
  if (bytes.length < 8) return ranges;
  const view = viewOf(bytes);
  const little = view.getUint8(0) === 0x49;
  const directory = view.getUint32(4, little);
  if (directory + 2 > bytes.length) return ranges;
  const count = view.getUint16(directory, little);
  const fitting = Math.min(count, Math.floor((bytes.length - directory - 2) / ENTRY_BYTES));
  for (let index = 0; index < fitting; index += 1) {
    const entry = directory + 2 + index * ENTRY_BYTES;
    const tag = view.getUint16(entry, little);
    const length = (TYPE_BYTES[view.getUint16(entry + 2, little)] ?? 0) * view.getUint32(entry + 4, little);
    const start = view.getUint32(entry + 8, little);
    if (tags.includes(tag) && length > 4 && start < bytes.length) {
      ranges.set(tag, bytes.subarray(start, start + length));
    }
  }
  return ranges;
};

export const findTiffBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  blocks.exif.push({ bytes, root: "ifd0" });
  const ranges = rangesOf(bytes, [XMP_TAG, IPTC_TAG, RW2_PREVIEW_TAG]);
  const xmp = ranges.get(XMP_TAG);
  if (xmp !== undefined) blocks.xmp.push(xmp);
  const iptc = ranges.get(IPTC_TAG);
  if (iptc !== undefined) blocks.iptc.push(iptc);
  const preview = ranges.get(RW2_PREVIEW_TAG);
  if (preview !== undefined) blocks.exif.push(...findJpegBlocks(preview).exif);
  return blocks;
};

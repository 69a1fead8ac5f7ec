/** GIF: XMP in an application extension, stored as plain bytes (XMP specification part 3, 1.1.2). */
import type { MetadataBlocks } from "../blocks.ts";
import { emptyBlocks, MAX_BLOCK_BYTES } from "../blocks.ts";

/** Extension introducer, application label, block size 11, identifier and authentication code. */
const XMP_EXTENSION = Buffer.from("!\xff\x0bXMP DataXMP", "latin1");

export const findGifBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(XMP_EXTENSION);
  if (found >= 0) {
    const start = found + XMP_EXTENSION.length;
    blocks.xmp.push(bytes.subarray(start, start + MAX_BLOCK_BYTES));
  }
  return blocks;
};

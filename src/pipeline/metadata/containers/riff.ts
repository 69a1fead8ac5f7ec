/** WebP: metadata sits in RIFF chunks (RFC 9649, section 2.7). */
import type { MetadataBlocks } from "../blocks.ts";
import { asciiAt, emptyBlocks, viewOf } from "../blocks.ts";

const FIRST_CHUNK = 12;
const HEADER_BYTES = 8;
/** Written by some encoders in front of the TIFF header, against the specification. */
const JPEG_EXIF_SIGNATURE = "Exif\0\0";

export const findWebpBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  const view = viewOf(bytes);
  let offset = FIRST_CHUNK;
  while (offset + HEADER_BYTES <= bytes.length) {
    const kind = asciiAt(bytes, offset, 4);
    const size = view.getUint32(offset + 4, true);
    const payload = bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + size);
    if (kind === "EXIF") {
      const hasSignature = asciiAt(payload, 0, JPEG_EXIF_SIGNATURE.length) === JPEG_EXIF_SIGNATURE;
      blocks.exif.push({ bytes: hasSignature ? payload.subarray(JPEG_EXIF_SIGNATURE.length) : payload, root: "ifd0" });
    } else if (kind === "XMP ") {
      blocks.xmp.push(payload);
    }
    offset += HEADER_BYTES + size + (size & 1);
  }
  return blocks;
};

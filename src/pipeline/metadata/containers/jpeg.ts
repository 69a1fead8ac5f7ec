/** JPEG: metadata sits in APP segments before the first scan (ITU-T T.81 annex B; CIPA DC-008, 4.7). */
import type { MetadataBlocks } from "../blocks.ts";
import { asciiAt, emptyBlocks, iptcInPhotoshopResources, viewOf } from "../blocks.ts";

const APP1 = 0xe1;
const APP13 = 0xed;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** Some writers leave out one of the two zero bytes after it. */
const EXIF_SIGNATURE = /^Exif\0{1,2}(?=II|MM)/;
const XMP_SIGNATURE = "http://ns.adobe.com/xap/1.0/\0";
const PHOTOSHOP_SIGNATURE = "Photoshop 3.0\0";

interface Segment {
  readonly marker: number;
  /** Payload without marker and length; cut when the file ends inside it. */
  readonly payload: Uint8Array;
}

function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  const view = viewOf(bytes);
  let offset = 2;
  while (offset + 4 <= bytes.length && bytes[offset] === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (marker === 0xff) {
      offset += 1; // fill byte
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return;
    const length = view.getUint16(offset + 2);
    if (length < 2) return;
    yield { marker, payload: bytes.subarray(offset + 4, offset + 2 + length) };
    offset += 2 + length;
  }
}

export const findJpegBlocks = (bytes: Uint8Array): MetadataBlocks => {
  const blocks = emptyBlocks();
  for (const { marker, payload } of segmentsOf(bytes)) {
    if (marker === APP1) {
      const exif = EXIF_SIGNATURE.exec(asciiAt(payload, 0, 8));
      if (exif !== null) blocks.exif.push({ bytes: payload.subarray(exif[0].length), root: "ifd0" });
      else if (asciiAt(payload, 0, XMP_SIGNATURE.length) === XMP_SIGNATURE) {
        blocks.xmp.push(payload.subarray(XMP_SIGNATURE.length));
      }
    } else if (marker === APP13 && asciiAt(payload, 0, PHOTOSHOP_SIGNATURE.length) === PHOTOSHOP_SIGNATURE) {
      const iptc = iptcInPhotoshopResources(payload.subarray(PHOTOSHOP_SIGNATURE.length));
      if (iptc !== undefined) blocks.iptc.push(iptc);
    }
  }
  return blocks;
};

/** Puts EXIF and XMP into encoded pictures without touching their pixels. */
import { crc32 } from "node:zlib";
import { InvalidInputError } from "../errors.ts";

export interface EmbeddedMetadata {
  /** TIFF structure, see exif-writer.ts. */
  readonly exif?: Uint8Array;
  /** XMP packet. */
  readonly xmp?: string;
}

const MAX_SEGMENT_BYTES = 65_533;

const jpegSegment = (signature: string, payload: Uint8Array): Buffer => {
  const length = 2 + signature.length + payload.length;
  if (length > MAX_SEGMENT_BYTES) {
    throw new InvalidInputError(`expected at most ${MAX_SEGMENT_BYTES} bytes for a segment, received ${length}`);
  }
  const header = Buffer.from([0xff, 0xe1, length >> 8, length & 0xff]);
  return Buffer.concat([header, Buffer.from(signature, "latin1"), payload]);
};

/** Inserts APP1 segments behind the start marker. */
export const embedInJpeg = (jpeg: Uint8Array, { exif, xmp }: EmbeddedMetadata): Buffer =>
  Buffer.concat([
    jpeg.subarray(0, 2),
    ...(exif === undefined ? [] : [jpegSegment("Exif\0\0", exif)]),
    ...(xmp === undefined ? [] : [jpegSegment("http://ns.adobe.com/xap/1.0/\0", Buffer.from(xmp))]),
    jpeg.subarray(2),
  ]);

const PNG_HEADER_END = 33;

const pngChunk = (kind: string, payload: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), payload]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(payload.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, check]);
};

/** Inserts eXIf and iTXt chunks behind IHDR. */
export const embedInPng = (png: Uint8Array, { exif, xmp }: EmbeddedMetadata): Buffer =>
  Buffer.concat([
    png.subarray(0, PNG_HEADER_END),
    ...(exif === undefined ? [] : [pngChunk("eXIf", exif)]),
    ...(xmp === undefined ? [] : [pngChunk("iTXt", Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`))]),
    png.subarray(PNG_HEADER_END),
  ]);

const riffChunk = (kind: string, payload: Uint8Array): Buffer => {
  const header = Buffer.alloc(8);
  header.write(kind, "latin1");
  header.writeUInt32LE(payload.length, 4);
  return Buffer.concat([header, payload, Buffer.alloc(payload.length & 1)]);
};

const RIFF_HEADER_BYTES = 12;
const WEBP_EXIF_FLAG = 0x08;
const WEBP_XMP_FLAG = 0x04;

/** Turns a plain WebP (one VP8 or VP8L chunk, no alpha) into an extended one with EXIF and XMP chunks. */
export const embedInWebp = (
  webp: Uint8Array,
  size: { readonly width: number; readonly height: number },
  { exif, xmp }: EmbeddedMetadata,
): Buffer => {
  const header = Buffer.alloc(10);
  header[0] = (exif === undefined ? 0 : WEBP_EXIF_FLAG) | (xmp === undefined ? 0 : WEBP_XMP_FLAG);
  header.writeUIntLE(size.width - 1, 4, 3);
  header.writeUIntLE(size.height - 1, 7, 3);
  const chunks = Buffer.concat([
    riffChunk("VP8X", header),
    webp.subarray(RIFF_HEADER_BYTES),
    ...(exif === undefined ? [] : [riffChunk("EXIF", exif)]),
    ...(xmp === undefined ? [] : [riffChunk("XMP ", Buffer.from(xmp))]),
  ]);
  return riffChunk("RIFF", Buffer.concat([Buffer.from("WEBP"), chunks]));
};

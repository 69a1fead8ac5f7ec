/** Size of a JPEG picture from its frame header (ITU-T T.81, B.2.2). */

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const MARKER_PREFIX = 0xff;
const START_OF_IMAGE = 0xd8;
const FRAME_HEADER_BYTES = 9;
/** SOF0 to SOF15 without DHT, JPG and DAC, which lie between them. */
const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** @returns undefined when the bytes are no JPEG file, or break off before the frame header */
export const jpegSize = (bytes: Uint8Array): PictureSize | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 2 || bytes[0] !== MARKER_PREFIX || bytes[1] !== START_OF_IMAGE) return undefined;
  for (let at = 2; at + FRAME_HEADER_BYTES <= bytes.length;) {
    if (bytes[at] !== MARKER_PREFIX) return undefined;
    if (isStartOfFrame(bytes[at + 1] ?? 0)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
};

/** Boxes of ISO base media files (ISO 14496-12, 4.2), bounds checked. */

export interface IsoBox {
  readonly type: string;
  /** Payload, after size and type. */
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
const MAX_BOXES = 1024;

/** The boxes that lie one after the other in `bytes`; stops at the first that does not fit. */
export const isoBoxes = (bytes: Uint8Array): readonly IsoBox[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: IsoBox[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length && boxes.length < MAX_BOXES;) {
    const shortSize = view.getUint32(at);
    const isLong = shortSize === 1 && at + LONG_HEADER_BYTES <= bytes.length;
    const headerBytes = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
    const size = isLong
      ? Number(view.getBigUint64(at + HEADER_BYTES))
      : shortSize === 0
        ? bytes.length - at
        : shortSize;
    if (size < headerBytes || at + size > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + HEADER_BYTES));
    boxes.push({ type, payload: bytes.subarray(at + headerBytes, at + size) });
    at += size;
  }
  return boxes;
};

/** Follows a path of box types down from `bytes`; every box that matches the whole path. */
export const findBoxes = (bytes: Uint8Array, path: readonly string[]): readonly Uint8Array[] => {
  const [type, ...rest] = path;
  if (type === undefined) return [bytes];
  return isoBoxes(bytes).flatMap((box) => (box.type === type ? findBoxes(box.payload, rest) : []));
};

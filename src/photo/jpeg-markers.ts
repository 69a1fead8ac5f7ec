/** The marker segments of a JPEG file (ITU-T T.81, annex B), from its first byte to its last. */
import { InternalError } from "../errors.ts";

export const JPEG_MARKERS = {
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dri: 0xdd,
  dht: 0xc4,
  app0: 0xe0,
  /** Baseline, extended and progressive. */
  startsOfFrame: [0xc0, 0xc1, 0xc2],
} as const;

export interface JpegMarker {
  /** Second byte of the marker. */
  readonly marker: number;
  /** First characters of the segment up to its first zero, as JFIF and EXIF have them; empty without a segment. */
  readonly identifier: string;
}

const { soi, eoi, sos } = JPEG_MARKERS;
const MARKER_PREFIX = 0xff;
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;
const IDENTIFIER_BYTES = 8;

const broken = (at: number): InternalError =>
  new InternalError(`Expected a whole JPEG file, received one that breaks off or goes wrong at byte ${at}.`);

const identifierOf = (segment: Uint8Array): string =>
  (Buffer.from(segment.subarray(0, IDENTIFIER_BYTES)).toString("latin1").split("\0")[0] ?? "").trim();

/** Where the entropy-coded data ends: at the next marker that is neither a stuffed byte nor a restart. */
const endOfScan = (bytes: Uint8Array, start: number): number => {
  for (let at = start; at + 1 < bytes.length; at += 1) {
    if (bytes[at] !== MARKER_PREFIX) continue;
    const next = bytes[at + 1] ?? 0;
    const isInScan = next === 0 || (next >= FIRST_RESTART && next <= LAST_RESTART);
    if (!isInScan) return at;
  }
  throw broken(bytes.length);
};

/** @throws InternalError when the bytes are no JPEG file from beginning to end */
export function* jpegMarkers(bytes: Uint8Array): Generator<JpegMarker> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 2 || view.getUint16(0) !== ((MARKER_PREFIX << 8) | soi)) throw broken(0);
  yield { marker: soi, identifier: "" };
  let at = 2;
  for (;;) {
    const marker = bytes[at + 1];
    if (bytes[at] !== MARKER_PREFIX || marker === undefined) throw broken(at);
    at += 2;
    if (marker === eoi) break;
    if (at + 2 > bytes.length) throw broken(at);
    const length = view.getUint16(at);
    if (length < 2 || at + length > bytes.length) throw broken(at);
    yield { marker, identifier: identifierOf(bytes.subarray(at + 2, at + length)) };
    at += length;
    if (marker === sos) at = endOfScan(bytes, at);
  }
  yield { marker: eoi, identifier: "" };
  if (at !== bytes.length) throw broken(at);
}

/**
 * Reads the directory structure of TIFF and of the RAW formats built on it (TIFF 6.0, section 2). Nothing in the file
 * is trusted: every offset is checked against the bytes at hand, a damaged part reads as absent.
 */

/** Tags photon reads (TIFF 6.0, TIFF/EP, DNG 1.7, CIPA DC-008, Panasonic RW2). */
export const TIFF_TAGS = {
  newSubfileType: 0x00fe,
  imageWidth: 0x0100,
  imageLength: 0x0101,
  make: 0x010f,
  stripOffsets: 0x0111,
  orientation: 0x0112,
  stripByteCounts: 0x0117,
  subIfds: 0x014a,
  jpegOffset: 0x0201,
  jpegLength: 0x0202,
  exifIfd: 0x8769,
  pixelWidth: 0xa002,
  pixelHeight: 0xa003,
  dngVersion: 0xc612,
  panasonicSensorTop: 0x0004,
  panasonicSensorLeft: 0x0005,
  panasonicSensorBottom: 0x0006,
  panasonicSensorRight: 0x0007,
  panasonicJpeg: 0x002e,
} as const;

interface TiffEntry {
  readonly type: number;
  readonly count: number;
  /** Where the value's bytes start, from the start of the TIFF structure. */
  readonly valueOffset: number;
  readonly byteLength: number;
}

export interface TiffDirectory {
  readonly entries: ReadonlyMap<number, TiffEntry>;
  /** Offset of the next directory in the chain, 0 at its end. */
  readonly next: number;
  /** True when the bytes end within the directory: entries are missing. */
  readonly isCutOff: boolean;
}

export interface Tiff {
  /** 42 in a plain TIFF; ORF and RW2 have their own. */
  readonly magic: number;
  /** Every directory that can be reached: the chain, SubIFDs and the EXIF directory. The first is IFD0. */
  readonly directories: readonly TiffDirectory[];
  /** Unsigned integers of an entry, at most 64; empty when it is absent, damaged or of another type. */
  readonly numbers: (directory: TiffDirectory, tag: number) => readonly number[];
  /** Text of an ASCII entry up to its first NUL; "" when absent. */
  readonly text: (directory: TiffDirectory, tag: number) => string;
}

const PLAIN_MAGIC = 42;
const OLYMPUS_MAGICS = [0x4f52, 0x5352];
const PANASONIC_MAGIC = 0x55;
const MAGICS = new Set([PLAIN_MAGIC, ...OLYMPUS_MAGICS, PANASONIC_MAGIC]);

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  10: 8, // SRATIONAL
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
};
const ASCII = 2;
const SHORT = 3;
const LONG_TYPES = new Set([4, 13]);
const MAX_DIRECTORIES = 64;
const MAX_ENTRIES = 2048;
const MAX_NUMBERS = 64;
const MAX_TEXT_BYTES = 256;

const readDirectory = (view: DataView, offset: number, littleEndian: boolean): TiffDirectory | undefined => {
  if (offset < HEADER_BYTES || offset + 2 > view.byteLength) return undefined;
  const count = view.getUint16(offset, littleEndian);
  if (count === 0 || count > MAX_ENTRIES) return undefined;
  const entries = new Map<number, TiffEntry>();
  for (let index = 0; index < count; index += 1) {
    const at = offset + 2 + index * ENTRY_BYTES;
    if (at + ENTRY_BYTES > view.byteLength) break;
    const type = view.getUint16(at + 2, littleEndian);
    const valueCount = view.getUint32(at + 4, littleEndian);
    const byteLength = valueCount * (TYPE_BYTES[type] ?? 0);
    const valueOffset = byteLength <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian);
    entries.set(view.getUint16(at, littleEndian), { type, count: valueCount, valueOffset, byteLength });
  }
  const end = offset + 2 + count * ENTRY_BYTES;
  const isCutOff = end + 4 > view.byteLength;
  return { entries, next: isCutOff ? 0 : view.getUint32(end, littleEndian), isCutOff };
};

/** Undefined when the bytes do not start with a TIFF header. A cut-off structure gives the directories it still holds. */
export const readTiff = (bytes: Uint8Array): Tiff | undefined => {
  if (bytes.byteLength < HEADER_BYTES) return undefined;
  const order = String.fromCharCode(...bytes.subarray(0, 2));
  if (order !== "II" && order !== "MM") return undefined;
  const littleEndian = order === "II";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint16(2, littleEndian);
  if (!MAGICS.has(magic)) return undefined;

  const numbers: Tiff["numbers"] = (directory, tag) => {
    const entry = directory.entries.get(tag);
    if (entry === undefined || (entry.type !== SHORT && !LONG_TYPES.has(entry.type))) return [];
    const size = entry.type === SHORT ? 2 : 4;
    const count = Math.min(entry.count, MAX_NUMBERS);
    if (entry.valueOffset + count * size > view.byteLength) return [];
    return Array.from({ length: count }, (_, index) =>
      size === 2
        ? view.getUint16(entry.valueOffset + index * 2, littleEndian)
        : view.getUint32(entry.valueOffset + index * 4, littleEndian),
    );
  };
  const text: Tiff["text"] = (directory, tag) => {
    const entry = directory.entries.get(tag);
    if (entry?.type !== ASCII || entry.valueOffset >= view.byteLength) return "";
    const length = Math.min(entry.byteLength, MAX_TEXT_BYTES);
    const value = bytes.subarray(entry.valueOffset, entry.valueOffset + length);
    return (String.fromCharCode(...value).split("\0")[0] ?? "").trim();
  };

  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  const queue = [view.getUint32(4, littleEndian)];
  while (queue.length > 0 && seen.size < MAX_DIRECTORIES) {
    const offset = queue.shift() ?? 0;
    if (seen.has(offset)) continue;
    seen.add(offset);
    const directory = readDirectory(view, offset, littleEndian);
    if (directory === undefined) continue;
    directories.push(directory);
    queue.push(
      ...numbers(directory, TIFF_TAGS.subIfds),
      ...numbers(directory, TIFF_TAGS.exifIfd),
      ...(directory.next === 0 ? [] : [directory.next]),
    );
  }
  return { magic, directories, numbers, text };
};

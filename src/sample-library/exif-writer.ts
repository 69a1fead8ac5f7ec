/** Writes EXIF the way cameras do: a TIFF structure with IFD0, Exif and GPS directories (CIPA DC-008, 4.6). */

/** TIFF 6.0, section 2. */
const TYPE = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7, signedRational: 10 } as const;
type ExifType = keyof typeof TYPE;
export type Rational = readonly [numerator: number, denominator: number];

export interface ExifEntry {
  readonly tag: number;
  readonly type: ExifType;
  readonly value: string | readonly number[] | readonly Rational[] | Uint8Array;
}

export interface ExifDirectories {
  readonly ifd0: readonly ExifEntry[];
  readonly exif?: readonly ExifEntry[];
  readonly gps?: readonly ExifEntry[];
}

const EXIF_POINTER = 0x8769;
const GPS_POINTER = 0x8825;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;

/** Reads a type's bytes as numbers are written: 2 for short, 4 for long. */
const numberBytes = (value: number, size: 1 | 2 | 4): Buffer => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value >>> 0, 0, size);
  return bytes;
};

const isRational = (item: number | Rational): item is Rational => typeof item !== "number";

const valueBytes = ({ type, value }: ExifEntry): Buffer => {
  if (typeof value === "string") return Buffer.from(`${value}\0`, "utf8");
  if (value instanceof Uint8Array) return Buffer.from(value);
  const size = type === "short" ? 2 : type === "byte" || type === "undefined" ? 1 : 4;
  return Buffer.concat(
    value.map((item: number | Rational) =>
      isRational(item) ? Buffer.concat(item.map((part) => numberBytes(part, 4))) : numberBytes(item, size),
    ),
  );
};

const countOf = (entry: ExifEntry, bytes: Buffer): number =>
  typeof entry.value === "string" || entry.value instanceof Uint8Array ? bytes.length : entry.value.length;

const directoryBytes = (entries: readonly ExifEntry[]): number =>
  2 +
  entries.length * ENTRY_BYTES +
  4 +
  entries.map((entry) => valueBytes(entry).length).reduce((sum, size) => sum + (size > 4 ? size + (size & 1) : 0), 0);

/** One directory with its values behind it, at `offset` of the structure. */
const writeDirectory = (entries: readonly ExifEntry[], offset: number): Buffer => {
  const sorted = entries.toSorted((left, right) => left.tag - right.tag);
  const table = Buffer.alloc(2 + sorted.length * ENTRY_BYTES + 4);
  table.writeUInt16BE(sorted.length, 0);
  const values: Buffer[] = [];
  let valueOffset = offset + table.length;
  for (const [index, entry] of sorted.entries()) {
    const at = 2 + index * ENTRY_BYTES;
    const bytes = valueBytes(entry);
    table.writeUInt16BE(entry.tag, at);
    table.writeUInt16BE(TYPE[entry.type], at + 2);
    table.writeUInt32BE(countOf(entry, bytes), at + 4);
    if (bytes.length <= 4) {
      table.set(bytes, at + 8);
      continue;
    }
    table.writeUInt32BE(valueOffset, at + 8);
    const padded = bytes.length & 1 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes;
    values.push(padded);
    valueOffset += padded.length;
  }
  return Buffer.concat([table, ...values]);
};

/** The TIFF structure, big-endian. */
export const writeExif = ({ ifd0, exif = [], gps = [] }: ExifDirectories): Buffer => {
  const pointer = (tag: number, target: number): ExifEntry => ({ tag, type: "long", value: [target] });
  const withPointers = (exifAt: number, gpsAt: number): readonly ExifEntry[] => [
    ...ifd0,
    ...(exif.length > 0 ? [pointer(EXIF_POINTER, exifAt)] : []),
    ...(gps.length > 0 ? [pointer(GPS_POINTER, gpsAt)] : []),
  ];
  const exifAt = HEADER_BYTES + directoryBytes(withPointers(0, 0));
  const gpsAt = exifAt + (exif.length > 0 ? directoryBytes(exif) : 0);
  return Buffer.concat([
    Buffer.from("4d4d002a00000008", "hex"),
    writeDirectory(withPointers(exifAt, gpsAt), HEADER_BYTES),
    ...(exif.length > 0 ? [writeDirectory(exif, exifAt)] : []),
    ...(gps.length > 0 ? [writeDirectory(gps, gpsAt)] : []),
  ]);
};

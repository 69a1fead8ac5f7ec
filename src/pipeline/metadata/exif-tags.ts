/** Reads EXIF directories with ExifReader and hides its shapes from the rest. */
import type { ExifBlock } from "./blocks.ts";
import { viewOf } from "./blocks.ts";
import { decodeText } from "./clean-text.ts";

/** Tags photon reads, by number (CIPA DC-008-2024; TIFF 6.0; XP tags and Rating: Microsoft). */
const EXIF_TAGS = {
  imageDescription: 0x010e,
  make: 0x010f,
  model: 0x0110,
  orientation: 0x0112,
  dateTime: 0x0132,
  rating: 0x4746,
  exposureTime: 0x829a,
  fNumber: 0x829d,
  iso: 0x8827,
  recommendedExposureIndex: 0x8832,
  isoSpeed: 0x8833,
  dateTimeOriginal: 0x9003,
  dateTimeDigitized: 0x9004,
  offsetTimeOriginal: 0x9011,
  offsetTimeDigitized: 0x9012,
  subSecTimeOriginal: 0x9291,
  subSecTimeDigitized: 0x9292,
  shutterSpeedValue: 0x9201,
  apertureValue: 0x9202,
  focalLength: 0x920a,
  xpTitle: 0x9c9b,
  xpKeywords: 0x9c9e,
  lensSpecification: 0xa432,
  lensModel: 0xa434,
  /** Panasonic RW2 keeps its ISO here, in the first directory. */
  panasonicIso: 0x0017,
} as const;
const GPS_TAGS = {
  latitudeRef: 0x0001,
  latitude: 0x0002,
  longitudeRef: 0x0003,
  longitude: 0x0004,
  altitudeRef: 0x0005,
  altitude: 0x0006,
} as const;
const POINTERS = [0x8769, 0x8825];

/** Values of tags. Rationals are divided; NaN stands for a denominator of 0. */
export interface ExifTags {
  readonly text: (tag: keyof typeof EXIF_TAGS) => string | undefined;
  readonly numbers: (tag: keyof typeof EXIF_TAGS) => readonly number[];
  readonly gpsText: (tag: keyof typeof GPS_TAGS) => string | undefined;
  readonly gpsNumbers: (tag: keyof typeof GPS_TAGS) => readonly number[];
}

/** More reads than any sane block needs; a tag that claims millions of values ends the block instead of the pipeline. */
const MAX_READS = 300_000;
const MAX_BLOCKS = 8;
const MAX_NUMBERS = 16;
/** ExifReader's word for a value that lies outside the block. */
const FAULTY = "<faulty value>";

type RawValues = ReadonlyMap<string, unknown>;

/**
 * What ExifReader asks of a DataView, over a part of the file and without copying it. Answers 42 at offset 2, where
 * ORF and RW2 have their own magic number but the same structure.
 */
const createBoundedView = (bytes: Uint8Array): DataView => {
  const view = viewOf(bytes);
  let reads = 0;
  const counted = (offset: number): number => {
    reads += 1;
    if (reads > MAX_READS) throw new RangeError("expected a metadata block of sane size, received more values");
    return offset;
  };
  const bounded = {
    byteLength: bytes.length,
    getUint8: (offset: number) => view.getUint8(counted(offset)),
    getUint16: (offset: number, little?: boolean) => (offset === 2 ? 42 : view.getUint16(counted(offset), little)),
    getUint32: (offset: number, little?: boolean) => view.getUint32(counted(offset), little),
    getInt32: (offset: number, little?: boolean) => view.getInt32(counted(offset), little),
  };
  // ExifReader calls nothing else of a view when it reads EXIF directories; its own Buffer wrapper has just these.
  return bounded as unknown as DataView;
};

const INCLUDED = [...Object.values(EXIF_TAGS), ...Object.values(GPS_TAGS), ...POINTERS];

const isFaulty = (value: unknown): boolean => value === FAULTY || (Array.isArray(value) && value[0] === FAULTY);

const keyOf = (name: string, id: number, root: ExifBlock["root"]): string =>
  root === "gps" || name.startsWith("GPS") ? `gps:${id}` : name.startsWith("Interop") ? "" : `exif:${id}`;

const readBlock = async ({ bytes, root }: ExifBlock): Promise<RawValues> => {
  const { default: exifReader } = await import("exifreader");
  const values = new Map<string, unknown>();
  try {
    const options = { expanded: true, computed: true, includeUnknown: true, includeTags: { exif: INCLUDED } } as const;
    for (const [name, tag] of Object.entries(exifReader.loadView(createBoundedView(bytes), options).exif ?? {})) {
      if (!isFaulty(tag.computed)) values.set(keyOf(name, tag.id, root), tag.computed);
    }
  } catch {
    return values; // no TIFF header here: the block has nothing to give
  }
  return values;
};

/** Rationals with denominator 0 arrive as null and become NaN, which every reader of numbers drops. */
const numbersIn = (value: unknown): readonly number[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_NUMBERS) : [value];
  return items.flatMap((item) => (typeof item === "number" ? [item] : item === null ? [Number.NaN] : []));
};

/** ASCII arrives split at its NULs; text of type BYTE or UNDEFINED as numbers, UTF-16 in the XP tags. */
const textIn = (value: unknown, isUtf16: boolean): string | undefined => {
  if (typeof value === "string") return value;
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  if (typeof items[0] === "string") return items[0];
  const bytes = Buffer.from(items.filter((item) => typeof item === "number"));
  if (bytes.length === 0) return undefined;
  return isUtf16 ? bytes.toString("utf16le") : decodeText(bytes);
};

/** Reads the blocks in order; where two hold the same tag the first one counts. */
export const readExifTags = async (blocks: readonly ExifBlock[]): Promise<ExifTags> => {
  const sources = await Promise.all(blocks.slice(0, MAX_BLOCKS).map(readBlock));
  const valueOf = (key: string): unknown => sources.find((source) => source.has(key))?.get(key);
  return {
    text: (tag) => textIn(valueOf(`exif:${EXIF_TAGS[tag]}`), tag.startsWith("xp")),
    numbers: (tag) => numbersIn(valueOf(`exif:${EXIF_TAGS[tag]}`)),
    gpsText: (tag) => textIn(valueOf(`gps:${GPS_TAGS[tag]}`), false),
    gpsNumbers: (tag) => numbersIn(valueOf(`gps:${GPS_TAGS[tag]}`)),
  };
};

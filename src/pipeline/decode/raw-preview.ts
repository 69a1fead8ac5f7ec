/**
 * Finds the largest JPEG that a camera embedded in a RAW file. Containers: TIFF (CR2, NEF, ARW, DNG, ORF, RW2), Fuji RAF
 * and Canon CR3 (ISO base media). Where the directories name no JPEG of useful size (some makers hide it in their own
 * notes) the file is searched for JPEG headers.
 */
import type { Tiff, TiffDirectory } from "../../photo/tiff.ts";
import { readTiff, TIFF_TAGS } from "../../photo/tiff.ts";
import { MIN_LONG_EDGE } from "./decode-target.ts";
import { findBoxes, isoBoxes } from "./iso-boxes.ts";
import { readJpegHeader } from "./jpeg-header.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface RawPreview extends Size {
  /** The JPEG stream; `width` and `height` are its own, as stored. */
  readonly jpeg: Uint8Array;
  /** Orientation tag of the RAW file, 1 when it has none. */
  readonly orientation: number;
  /** Size of the photo itself as stored, when the file tells. */
  readonly photo: Size | undefined;
}

/** What one container tells. */
interface RawContents {
  /** Parts that may be JPEG streams. */
  readonly candidates: readonly Uint8Array[];
  readonly orientation: number;
  /** Best first. */
  readonly sizes: readonly Size[];
}

const part = (bytes: Uint8Array, offset: number | undefined, length: number | undefined): readonly Uint8Array[] =>
  offset === undefined || length === undefined || length === 0 || offset + length > bytes.length
    ? []
    : [bytes.subarray(offset, offset + length)];

const sizeOf = (width: number | undefined, height: number | undefined): readonly Size[] =>
  width === undefined || height === undefined || width <= 0 || height <= 0 ? [] : [{ width, height }];

const area = ({ width, height }: Size): number => width * height;

const directoryCandidates = (bytes: Uint8Array, tiff: Tiff, directory: TiffDirectory): readonly Uint8Array[] => {
  const first = (tag: number): number | undefined => tiff.numbers(directory, tag)[0];
  const strips = tiff.numbers(directory, TIFF_TAGS.stripOffsets);
  const panasonic = directory.entries.get(TIFF_TAGS.panasonicJpeg);
  return [
    ...part(bytes, first(TIFF_TAGS.jpegOffset), first(TIFF_TAGS.jpegLength)),
    ...(strips.length === 1 ? part(bytes, strips[0], first(TIFF_TAGS.stripByteCounts)) : []),
    ...part(bytes, panasonic?.valueOffset, panasonic?.byteLength),
  ];
};

/** EXIF states the picture's own size; the directories of sensor data include masked borders. */
const tiffSizes = (tiff: Tiff): readonly Size[] => {
  const sizes = (widthTag: number, heightTag: number): readonly Size[] =>
    tiff.directories.flatMap((directory) =>
      sizeOf(tiff.numbers(directory, widthTag)[0], tiff.numbers(directory, heightTag)[0]),
    );
  const sensor = tiff.directories.slice(0, 1).flatMap((directory) => {
    const [top = 0, left = 0, bottom = 0, right = 0] = [
      TIFF_TAGS.panasonicSensorTop,
      TIFF_TAGS.panasonicSensorLeft,
      TIFF_TAGS.panasonicSensorBottom,
      TIFF_TAGS.panasonicSensorRight,
    ].map((tag) => tiff.numbers(directory, tag)[0]);
    return sizeOf(right - left, bottom - top);
  });
  const pictures = sizes(TIFF_TAGS.imageWidth, TIFF_TAGS.imageLength).toSorted((a, b) => area(b) - area(a));
  return [...sizes(TIFF_TAGS.pixelWidth, TIFF_TAGS.pixelHeight), ...sensor, ...pictures];
};

const tiffContents = (bytes: Uint8Array, tiff: Tiff): RawContents => {
  const [first] = tiff.directories;
  return {
    candidates: tiff.directories.flatMap((directory) => directoryCandidates(bytes, tiff, directory)),
    orientation: (first === undefined ? undefined : tiff.numbers(first, TIFF_TAGS.orientation)[0]) ?? 1,
    sizes: tiffSizes(tiff),
  };
};

const RAF_JPEG_OFFSET = 84;
const RAF_SENSOR_OFFSET = 92;
const RAF_HEADER_BYTES = 100;
const RAF_CROPPED_SIZE = 0x0111;
const RAF_MAX_RECORDS = 256;

/** RAF: a fixed header names the JPEG; a list of records (tag, length, value) names the size, height first. */
const rafContents = (bytes: Uint8Array): RawContents => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < RAF_HEADER_BYTES) return { candidates: [], orientation: 1, sizes: [] };
  const sizes: Size[] = [];
  let at = view.getUint32(RAF_SENSOR_OFFSET) + 4;
  const records = at <= bytes.length ? Math.min(view.getUint32(at - 4), RAF_MAX_RECORDS) : 0;
  for (let record = 0; record < records && at + 8 <= bytes.length; record += 1) {
    if (view.getUint16(at) === RAF_CROPPED_SIZE) sizes.push(...sizeOf(view.getUint16(at + 6), view.getUint16(at + 4)));
    at += 4 + view.getUint16(at + 2);
  }
  const jpeg = part(bytes, view.getUint32(RAF_JPEG_OFFSET), view.getUint32(RAF_JPEG_OFFSET + 4));
  return { candidates: jpeg, orientation: 1, sizes };
};

const CANON_BOX = "85c0b687820f11e08111f4ce462b6a48";
const CANON_PREVIEW_BOX = "eaf42b5e1c984b88b9fbb7dc406e4d16";
const UUID_BYTES = 16;
/** The small headers before the JPEG in THMB and PRVW boxes are shorter than this. */
const MAX_PREVIEW_HEADER_BYTES = 64;

const uuidPayloads = (bytes: Uint8Array, path: readonly string[], uuid: string): readonly Uint8Array[] =>
  findBoxes(bytes, [...path, "uuid"])
    .filter((payload) => Buffer.from(payload.subarray(0, UUID_BYTES)).toString("hex") === uuid)
    .map((payload) => payload.subarray(UUID_BYTES));

const jpegWithin = (payload: Uint8Array): readonly Uint8Array[] => {
  for (let at = 0; at < Math.min(MAX_PREVIEW_HEADER_BYTES, payload.length); at += 1) {
    if (payload[at] === 0xff && payload[at + 1] === 0xd8 && payload[at + 2] === 0xff) return [payload.subarray(at)];
  }
  return [];
};

/** The first sample of every track; one of them is the full-size JPEG. */
const trackSamples = (bytes: Uint8Array): readonly Uint8Array[] =>
  findBoxes(bytes, ["moov", "trak", "mdia", "minf", "stbl"]).flatMap((table) => {
    const [sizes] = findBoxes(table, ["stsz"]);
    const [longOffsets] = findBoxes(table, ["co64"]);
    const [shortOffsets] = findBoxes(table, ["stco"]);
    const offsets = longOffsets ?? shortOffsets;
    if (sizes === undefined || offsets === undefined || sizes.length < 12 || offsets.length < 16) return [];
    const sizesView = new DataView(sizes.buffer, sizes.byteOffset, sizes.byteLength);
    const offsetsView = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
    const sharedSize = sizesView.getUint32(4);
    const size = sharedSize !== 0 || sizes.length < 16 ? sharedSize : sizesView.getUint32(12);
    const offset = longOffsets === undefined ? offsetsView.getUint32(8) : Number(offsetsView.getBigUint64(8));
    return part(bytes, offset, size);
  });

const cr3Contents = (bytes: Uint8Array): RawContents => {
  const canon = uuidPayloads(bytes, ["moov"], CANON_BOX);
  const tiffs = canon
    .flatMap((payload) => ["CMT1", "CMT2"].flatMap((type) => findBoxes(payload, [type])))
    .map((payload) => readTiff(payload))
    .filter((tiff) => tiff !== undefined);
  const [main] = tiffs;
  const orientation = main?.directories[0] && main.numbers(main.directories[0], TIFF_TAGS.orientation)[0];
  const thumbnails = canon.flatMap((payload) => findBoxes(payload, ["THMB"]));
  // eight bytes (version and count) precede the PRVW box
  const previews = uuidPayloads(bytes, [], CANON_PREVIEW_BOX).flatMap((payload) =>
    findBoxes(payload.subarray(8), ["PRVW"]),
  );
  return {
    candidates: [...trackSamples(bytes), ...[...previews, ...thumbnails].flatMap(jpegWithin)],
    orientation: orientation ?? 1,
    sizes: tiffs.flatMap(tiffSizes).toSorted((a, b) => area(b) - area(a)),
  };
};

const contentsOf = (bytes: Uint8Array): RawContents => {
  const tiff = readTiff(bytes);
  if (tiff !== undefined) return tiffContents(bytes, tiff);
  return isoBoxes(bytes)[0]?.type === "ftyp" ? cr3Contents(bytes) : rafContents(bytes);
};

const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const MAX_SEARCH_HITS = 256;

const searchJpegs = (bytes: Uint8Array): readonly Uint8Array[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = buffer.indexOf(JPEG_START); at !== -1 && found.length < MAX_SEARCH_HITS;) {
    found.push(bytes.subarray(at));
    at = buffer.indexOf(JPEG_START, at + 1);
  }
  return found;
};

const largestPicture = (candidates: readonly Uint8Array[]): (Size & { readonly jpeg: Uint8Array }) | undefined =>
  candidates
    .flatMap((jpeg) => {
      const header = readJpegHeader(jpeg);
      return header?.isPicture === true ? [{ jpeg, width: header.width, height: header.height }] : [];
    })
    .toSorted((a, b) => area(b) - area(a))[0];

/** Undefined when the file holds no JPEG that photon can decode. */
export const findRawPreview = (bytes: Uint8Array): RawPreview | undefined => {
  const { candidates, orientation, sizes } = contentsOf(bytes);
  const named = largestPicture(candidates);
  const isUseful = named !== undefined && Math.max(named.width, named.height) >= MIN_LONG_EDGE;
  const best = isUseful ? named : largestPicture([...candidates, ...searchJpegs(bytes)]);
  if (best === undefined) return undefined;
  const longEdge = Math.max(best.width, best.height);
  const photo = sizes.find(({ width, height }) => Math.max(width, height) >= longEdge);
  return { ...best, orientation, photo };
};

/** Turns a painted scene into the bytes of a photo file. */
import type { EmbeddedMetadata } from "./embed-metadata.ts";
import { embedInJpeg, embedInPng, embedInWebp } from "./embed-metadata.ts";
import type { ExifEntry, Rational } from "./exif-writer.ts";
import { writeExif } from "./exif-writer.ts";
import type { PaintedScene } from "./paint-scene.ts";
import type { PlannedFile } from "./plan.ts";
import { createRandom } from "./random.ts";
import { writeXmp } from "./xmp-writer.ts";

const BMP_HEADER_BYTES = 54;

/** Degrees, minutes and seconds with four decimals. */
const sexagesimal = (degrees: number): readonly Rational[] => {
  const tenThousandths = Math.round(Math.abs(degrees) * 36_000_000);
  const [whole, rest] = [Math.floor(tenThousandths / 36_000_000), tenThousandths % 36_000_000];
  return [
    [whole, 1],
    [Math.floor(rest / 600_000), 1],
    [rest % 600_000, 10_000],
  ];
};

const gpsEntries = ({ gps }: PlannedFile): readonly ExifEntry[] =>
  gps === undefined
    ? []
    : [
        { tag: 0x0000, type: "byte", value: [2, 3, 0, 0] },
        { tag: 0x0001, type: "ascii", value: gps.latitude < 0 ? "S" : "N" },
        { tag: 0x0002, type: "rational", value: sexagesimal(gps.latitude) },
        { tag: 0x0003, type: "ascii", value: gps.longitude < 0 ? "W" : "E" },
        { tag: 0x0004, type: "rational", value: sexagesimal(gps.longitude) },
      ];

/** Plausible exposure for the scene's light; the seed decides within it. */
const exposureEntries = (file: PlannedFile): readonly ExifEntry[] => {
  const random = createRandom(file.paintSeed);
  const isDark = file.words.includes("night");
  const time: Rational = isDark
    ? random.pick<Rational>([
        [1, 15],
        [1, 8],
        [2, 1],
      ])
    : random.pick<Rational>([
        [1, 125],
        [1, 250],
        [1, 500],
        [1, 1000],
      ]);
  return [
    { tag: 0x829a, type: "rational", value: [time] },
    {
      tag: 0x829d,
      type: "rational",
      value: [
        random.pick<Rational>([
          [18, 10],
          [28, 10],
          [4, 1],
          [56, 10],
          [8, 1],
        ]),
      ],
    },
    {
      tag: 0x8827,
      type: "short",
      value: [isDark ? random.pick([800, 1600, 3200]) : random.pick([100, 160, 200, 400])],
    },
    { tag: 0x920a, type: "rational", value: [[random.pick([24, 35, 50, 70]), 1]] },
  ];
};

const exifOf = (file: PlannedFile): Buffer | undefined => {
  const { camera, capturedAt } = file;
  if (camera === undefined || capturedAt === undefined) return undefined;
  const [local, offset] = [capturedAt.slice(0, 19), capturedAt.slice(19)];
  const date = local.replace("T", " ").replaceAll("-", ":");
  const hasRating = file.rating !== undefined && file.sidecar === undefined;
  return writeExif({
    ifd0: [
      { tag: 0x010f, type: "ascii", value: camera.make },
      { tag: 0x0110, type: "ascii", value: camera.model },
      { tag: 0x0112, type: "short", value: [file.orientation ?? 1] },
      { tag: 0x0132, type: "ascii", value: date },
      ...(hasRating ? [{ tag: 0x4746, type: "short" as const, value: [file.rating ?? 0] }] : []),
    ],
    exif: [
      ...exposureEntries(file),
      { tag: 0x9003, type: "ascii", value: date },
      { tag: 0x9004, type: "ascii", value: date },
      ...(offset === "" ? [] : [{ tag: 0x9011, type: "ascii" as const, value: offset }]),
      { tag: 0xa434, type: "ascii", value: camera.lens },
    ],
    gps: gpsEntries(file),
  });
};

/** The packet of the file itself or of its sidecar. */
export const xmpOf = (file: PlannedFile): string | undefined => {
  const { rating, title, keywords } = file;
  if (rating === undefined || title === undefined || keywords === undefined) return undefined;
  return writeXmp({ rating, title, keywords });
};

const metadataOf = (file: PlannedFile): EmbeddedMetadata => {
  const exif = exifOf(file);
  const xmp = file.sidecar === undefined ? xmpOf(file) : undefined;
  return { ...(exif === undefined ? {} : { exif }), ...(xmp === undefined ? {} : { xmp }) };
};

/** 24 bits, bottom-up, rows padded to four bytes (BITMAPINFOHEADER). */
const encodeBmp = ({ width, height, data }: PaintedScene): Buffer => {
  const stride = (width * 3 + 3) & ~3;
  const bytes = Buffer.alloc(BMP_HEADER_BYTES + stride * height);
  bytes.write("BM", "latin1");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(BMP_HEADER_BYTES, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [from, to] = [(y * width + x) * 3, BMP_HEADER_BYTES + (height - 1 - y) * stride + x * 3];
      for (let channel = 0; channel < 3; channel += 1) bytes[to + channel] = data[from + 2 - channel] ?? 0;
    }
  }
  return bytes;
};

/** How to turn upright pixels so that a viewer that applies the orientation turns them back: angle, then mirrors. */
const STORED_TURN: Readonly<Record<number, readonly [angle: number, flip: boolean, flop: boolean]>> = {
  2: [0, false, true],
  3: [180, false, false],
  4: [0, true, false],
  5: [90, false, true],
  6: [270, false, false],
  7: [90, true, false],
  8: [90, false, false],
};

export const encodeFile = async (file: PlannedFile, scene: PaintedScene): Promise<Buffer> => {
  if (file.format === "bmp") return encodeBmp(scene);
  const { default: sharp } = await import("sharp");
  const { width, height } = scene;
  const upright = sharp(scene.data, { raw: { width, height, channels: 3 } });
  const [angle, flip, flop] = STORED_TURN[file.orientation ?? 1] ?? [0, false, false];
  const stored = upright.rotate(angle).flip(flip).flop(flop);
  const metadata = metadataOf(file);
  switch (file.format) {
    case "jpeg":
      return embedInJpeg(
        await stored.jpeg({ quality: file.nearDuplicateOf === undefined ? 88 : 72 }).toBuffer(),
        metadata,
      );
    case "png":
      return embedInPng(await stored.png().toBuffer(), metadata);
    case "webp":
      return embedInWebp(await stored.webp({ quality: 84 }).toBuffer(), scene, metadata);
    case "tiff":
      return stored.tiff({ compression: "lzw" }).toBuffer();
    case "gif":
      return stored.gif().toBuffer();
    case "avif":
      return stored.avif({ quality: 55, effort: 2 }).toBuffer();
    default:
      throw file.format satisfies never;
  }
};

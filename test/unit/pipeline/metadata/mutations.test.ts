import { describe, expect, test } from "vitest";
import type { PhotoFormat } from "../../../../src/photo/types.ts";
import { readMetadata, readSidecar } from "../../../../src/pipeline/metadata/read-metadata.ts";
import { embedInPng, embedInWebp } from "../../../../src/sample-library/embed-metadata.ts";
import { writeExif } from "../../../../src/sample-library/exif-writer.ts";
import type { Random } from "../../../../src/sample-library/random.ts";
import { createRandom } from "../../../../src/sample-library/random.ts";
import { ascii, box, iptcDataSets, jpegWith, photoshopResources, rational, short, xmpPacket } from "./fixtures.ts";

const MUTATIONS_PER_FORMAT = 150;
/** CPU milliseconds of this thread; the promise is 50, the rest is for the first runs of cold code. */
const MAX_CPU_MS = 50;

const XMP = xmpPacket(
  `<dc:title>Harbour</dc:title><dc:subject><rdf:Bag>${"<rdf:li>boat</rdf:li>".repeat(20)}</rdf:Bag></dc:subject>`,
  ` xmp:Rating="4" exif:GPSLatitude="38,42.8N"`,
);
const DIRECTORIES = {
  ifd0: [ascii(0x010e, "A long description ".repeat(40)), ascii(0x010f, "Maker"), short(0x0112, 6), short(0x4746, 3)],
  exif: [
    ascii(0x9003, "2024:07:15 14:32:00"),
    ascii(0x9011, "+02:00"),
    rational(0x829a, [1, 250]),
    rational(0xa432, [18, 1], [55, 1], [35, 10], [56, 10]),
    short(0x8827, 100, 200),
  ],
  gps: [ascii(1, "N"), rational(2, [38, 1], [42, 1], [5, 1]), ascii(3, "W"), rational(4, [9, 1], [8, 1], [2, 1])],
};
const EXIF = writeExif(DIRECTORIES);
const IPTC = photoshopResources(iptcDataSets([0x05, "Harbour"], [0x19, "boat"]));
const segment = Buffer.concat([
  Buffer.from([0xff, 0xed, 0, IPTC.length + 16]),
  Buffer.from("Photoshop 3.0\0", "latin1"),
  IPTC,
]);
const PNG_START = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(17)]);
const WEBP = Buffer.concat([Buffer.from("RIFF....WEBPVP8 ", "latin1"), Buffer.alloc(4)]);
const jpeg = jpegWith(DIRECTORIES, XMP);

const ORIGINALS: readonly (readonly [name: string, format: PhotoFormat, bytes: Buffer])[] = [
  ["JPEG", "jpeg", Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2), Buffer.alloc(100)])],
  [
    "TIFF",
    "tiff",
    writeExif({ ...DIRECTORIES, ifd0: [...DIRECTORIES.ifd0, { tag: 0x02bc, type: "byte", value: Buffer.from(XMP) }] }),
  ],
  ["PNG", "png", embedInPng(PNG_START, { exif: EXIF, xmp: XMP })],
  ["WebP", "webp", embedInWebp(WEBP, { width: 9, height: 9 }, { exif: EXIF, xmp: XMP })],
  [
    "HEIC",
    "heic",
    Buffer.concat([
      box("ftyp", Buffer.from("heic")),
      box(
        "meta",
        Buffer.alloc(4),
        box(
          "iinf",
          Buffer.from([0, 0, 0, 0, 0, 1]),
          box("infe", Buffer.from([2, 0, 0, 0, 0, 1, 0, 0]), Buffer.from("Exif\0")),
        ),
        box("iloc", Buffer.from([1, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 16, 0])),
        box("idat", Buffer.alloc(4), EXIF),
      ),
    ]),
  ],
  [
    "CR3",
    "raw",
    Buffer.concat([
      box("ftyp", Buffer.from("crx ")),
      box(
        "moov",
        box("uuid", Buffer.from("85c0b687820f11e08111f4ce462b6a48", "hex"), box("CMT1", EXIF), box("CMT4", EXIF)),
      ),
    ]),
  ],
];

const INTERESTING = [0, 1, 0x7f, 0x80, 0xfe, 0xff] as const;

const mutate = (bytes: Buffer, random: Random): Buffer => {
  const mutated = Buffer.from(bytes);
  for (let change = random.integer(1, 12); change > 0; change -= 1) {
    const at = random.integer(0, mutated.length - 1);
    const length = random.pick([1, 1, 2, 4]);
    for (let index = at; index < Math.min(at + length, mutated.length); index += 1) {
      mutated[index] = random.chance(0.6) ? random.pick(INTERESTING) : random.integer(0, 255);
    }
  }
  return random.chance(0.25) ? mutated.subarray(0, random.integer(0, mutated.length)) : mutated;
};

const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
};

describe("damaged metadata never fails a photo nor holds up the pipeline", () => {
  test.each(ORIGINALS)("%s", async (_name, format, bytes) => {
    expect((await readMetadata(bytes, format)).metadata.cameraMake).toBe("Maker");
    const random = createRandom(20_240_715);
    for (let index = 0; index < MUTATIONS_PER_FORMAT; index += 1) {
      const mutated = mutate(bytes, random);
      expect(await cpuOf(() => readMetadata(mutated, format))).toBeLessThan(MAX_CPU_MS);
    }
  });

  test("XMP sidecar", async () => {
    const random = createRandom(7);
    for (let index = 0; index < MUTATIONS_PER_FORMAT; index += 1) {
      const mutated = mutate(Buffer.from(XMP), random);
      expect(await cpuOf(() => readSidecar(mutated))).toBeLessThan(MAX_CPU_MS);
    }
  });

  test("a tag that claims millions of values in a large TIFF", async () => {
    const bytes = Buffer.concat([EXIF, Buffer.alloc(40 * 1024 * 1024, 0x41)]);
    bytes.writeUInt32BE(30 * 1024 * 1024, 8 + 2 + 4); // count of ImageDescription
    expect(await cpuOf(() => readMetadata(bytes, "tiff"))).toBeLessThan(MAX_CPU_MS * 2);
  });

  test("any bytes in any format", async () => {
    const random = createRandom(3);
    const noise = Buffer.from(Array.from({ length: 4096 }, () => random.integer(0, 255)));
    const formats = ["jpeg", "png", "webp", "gif", "tiff", "bmp", "avif", "heic", "raw"] as const;
    for (const format of formats) {
      for (const length of [0, 1, 3, 7, 11, 50, 4096]) {
        expect((await readMetadata(noise.subarray(0, length), format)).exif).toEqual({});
      }
    }
  });
});

import { expect, test } from "vitest";
import exifReader from "exifreader";
import { embedInJpeg, embedInPng, embedInWebp } from "../../../src/sample-library/embed-metadata.ts";
import { writeExif } from "../../../src/sample-library/exif-writer.ts";
import { InvalidInputError } from "../../../src/errors.ts";

const EXIF = writeExif({
  ifd0: [
    { tag: 0x0112, type: "short", value: [6] },
    { tag: 0x010f, type: "ascii", value: "Odd" },
    { tag: 0x0110, type: "ascii", value: "A longer model name" },
  ],
  exif: [
    { tag: 0x829a, type: "rational", value: [[1, 250]] },
    { tag: 0x9003, type: "ascii", value: "2024:07:15 14:32:00" },
    { tag: 0x9204, type: "signedRational", value: [[-1, 3]] },
  ],
  gps: [
    { tag: 1, type: "ascii", value: "S" },
    {
      tag: 2,
      type: "rational",
      value: [
        [38, 1],
        [30, 1],
        [0, 1],
      ],
    },
    { tag: 3, type: "ascii", value: "E" },
    { tag: 4, type: "rational", value: [[9, 1]] },
  ],
});
const JPEG = Buffer.from("ffd8ffd9", "hex");

test("what it writes an independent reader reads back", () => {
  const { exif, gps } = exifReader.load(embedInJpeg(JPEG, { exif: EXIF }), { expanded: true });
  expect(exif?.Make?.value).toEqual(["Odd"]);
  expect(exif?.Model?.value).toEqual(["A longer model name"]);
  expect(exif?.Orientation?.value).toBe(6);
  expect(exif?.ExposureTime?.value).toEqual([1, 250]);
  expect(exif?.DateTimeOriginal?.value).toEqual(["2024:07:15 14:32:00"]);
  expect(exif?.ExposureBiasValue?.value).toEqual([-1, 3]);
  expect(gps?.Latitude).toBe(-38.5);
});

test("directories are sorted by tag, as the format demands", () => {
  const tags = [0, 1, 2].map((index) => EXIF.readUInt16BE(10 + index * 12));
  expect(tags).toEqual(tags.toSorted((left, right) => left - right));
});

test("a block that no segment can hold is refused", () => {
  expect(() => embedInJpeg(JPEG, { exif: new Uint8Array(70_000) })).toThrow(InvalidInputError);
});

test("PNG and WebP carry it too", () => {
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(17)]);
  expect(exifReader.load(embedInPng(png, { exif: EXIF }), { expanded: true }).exif?.Orientation?.value).toBe(6);
  const webp = Buffer.concat([Buffer.from("RIFF....WEBPVP8 ", "latin1"), Buffer.alloc(4)]);
  const extended = embedInWebp(webp, { width: 300, height: 200 }, { exif: EXIF });
  const { exif, riff } = exifReader.load(extended, { expanded: true });
  expect(exif?.Orientation?.value).toBe(6);
  expect(riff?.ImageWidth?.value).toBe(300);
});

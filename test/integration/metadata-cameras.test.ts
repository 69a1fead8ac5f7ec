import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { expect, test } from "vitest";
import type { PhotoFormat } from "../../src/photo/types.ts";
import { readMetadata } from "../../src/pipeline/metadata/read-metadata.ts";

const CAMERAS = join(import.meta.dirname, "../../../shared/photos/cameras");
const ORIENTATION = join(import.meta.dirname, "../../../shared/photos/orientation");
const FORMATS: Readonly<Record<string, PhotoFormat>> = {
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".tiff": "tiff",
  ".heic": "heic",
  ".heif": "heic",
};
const realPhotos = test.skipIf(!existsSync(CAMERAS));

const read = (name: string, folder = CAMERAS) =>
  readMetadata(readFileSync(join(folder, name)), FORMATS[extname(name).toLowerCase()] ?? "raw");

realPhotos("a Nikon with GPS gives everything (skipped when ../shared/photos is absent)", async () => {
  const { metadata, exif } = await read("gps-DSCN0010.jpg");
  expect(metadata).toMatchObject({
    capturedAt: { local: "2008-10-22T16:28:39" },
    cameraMake: "NIKON",
    cameraModel: "COOLPIX P6000",
    iso: 64,
    aperture: 5.9,
    focalLengthMm: 24,
  });
  expect(metadata.gps?.latitude).toBeCloseTo(43.467448, 5);
  expect(metadata.gps?.longitude).toBeCloseTo(11.885127, 5);
  expect(exif.shutter_speed).toBe("1/75");
});

realPhotos("an iPhone's HEIC gives time with offset and sub-seconds, lens and place", async () => {
  const { metadata } = await read("heic-IMG_5195.HEIC");
  expect(metadata).toMatchObject({
    capturedAt: { local: "2021-04-11T15:47:53.054", offset: "-05:00" },
    cameraModel: "iPhone 11 Pro Max",
    lens: "iPhone 11 Pro Max back triple camera 4.25mm f/1.8",
    gps: { latitude: expect.closeTo(39.0513444, 5), longitude: expect.closeTo(-94.2887722, 5) },
  });
});

realPhotos("a phone that writes empty strings gives no empty fields", async () => {
  const { metadata, exif } = await read("tests-67-0_length_string.jpg");
  expect(metadata).toMatchObject({ cameraMake: "samsung", cameraModel: "SM-G930F" });
  expect(metadata.capturedAt).toBeUndefined();
  expect(exif.captured_at).toBe("2016-09-12 10:05:31");
});

realPhotos("a broken GPS directory gives no place and costs nothing else", async () => {
  const { metadata } = await read("tests-45-gps_ifd.jpg");
  expect(metadata.gps).toBeUndefined();
  expect(metadata).toMatchObject({ cameraModel: "Gran Turismo 5", capturedAt: { local: "2012-06-23T06:55:49" } });
});

realPhotos("a photo with XMP alone gives its time, title and keywords, and no exif record", async () => {
  const { metadata } = await read("xmp-no_exif.jpg");
  expect(metadata).toMatchObject({
    capturedAt: { local: "2013-09-23T10:09:46", offset: "+02:00" },
    title: "Der Goalie bin ig",
    keywords: ["tag"],
  });
  for (const name of ["invalid-image00971.jpg", "invalid-image01137.jpg", "invalid-image02206.jpg"]) {
    const invalid = await read(name);
    expect(invalid.exif).toEqual({});
    expect(invalid.metadata.capturedAt).toBeDefined();
  }
});

realPhotos("a press photo's description is kept whole", async () => {
  const { metadata } = await read("long_description.jpg");
  expect(metadata.caption).toMatch(/^Operation Mountain Viper .* \(Released\)$/);
});

realPhotos("every file of the folder is read, with clean and finite values", async () => {
  const names = readdirSync(CAMERAS);
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) {
    const { metadata } = await read(name);
    for (const value of Object.values(metadata).flatMap((field) => (Array.isArray(field) ? field : [field]))) {
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
      if (typeof value === "string") expect(value).toMatch(/^[^\s"\p{Cc}](?:[^\p{Cc}]|\n)*$/u);
    }
  }
});

realPhotos("the orientation of all test photos is the one in their name", async () => {
  for (const name of readdirSync(ORIENTATION)) {
    const expected = Number(/_(\d)\.jpg$/.exec(name)?.[1]);
    const { exif } = await read(name, ORIENTATION);
    expect([name, exif.orientation]).toEqual([name, expected === 0 ? undefined : expected]);
  }
});

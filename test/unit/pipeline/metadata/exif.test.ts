import { describe, expect, test } from "vitest";
import { readMetadata } from "../../../../src/pipeline/metadata/read-metadata.ts";
import { formatAperture, formatExposure } from "../../../../src/pipeline/metadata/exif-fields.ts";
import type { ExifDirectories } from "../../../../src/sample-library/exif-writer.ts";
import { ascii, jpegWith, rational, short, xmpPacket } from "./fixtures.ts";

const read = (directories: Partial<ExifDirectories>, xmp?: string) => readMetadata(jpegWith(directories, xmp), "jpeg");

const DATE = "2024:07:15 14:32:00";

describe("capture time", () => {
  test("is the original time with sub-seconds and offset when the file states them", async () => {
    const { metadata, exif } = await read({
      exif: [ascii(0x9003, DATE), ascii(0x9291, "25"), ascii(0x9011, "+02:00"), ascii(0x9004, "2020:01:01 00:00:00")],
    });
    expect(metadata.capturedAt).toEqual({ local: "2024-07-15T14:32:00.25", offset: "+02:00" });
    expect(exif.captured_at).toBe("2024-07-15 14:32:00");
  });

  test("has no offset when the file states none, also when GPS knows UTC", async () => {
    const { metadata } = await read({
      exif: [ascii(0x9003, DATE)],
      gps: [ascii(0x001d, "2024:07:15"), rational(0x0007, [12, 1], [32, 1], [0, 1])],
    });
    expect(metadata.capturedAt).toEqual({ local: "2024-07-15T14:32:00" });
  });

  test("falls back to the digitized time with its own offset", async () => {
    const { metadata } = await read({
      exif: [
        ascii(0x9003, "    :  :     :  :  "),
        ascii(0x9004, DATE),
        ascii(0x9292, "7"),
        ascii(0x9012, "-05:30"),
        ascii(0x9011, "+09:00"),
      ],
    });
    expect(metadata.capturedAt).toEqual({ local: "2024-07-15T14:32:00.7", offset: "-05:30" });
  });

  test("falls back to XMP, never to the modification time", async () => {
    const { metadata, exif } = await read(
      { ifd0: [ascii(0x0132, DATE)] },
      xmpPacket("", ` xmp:CreateDate="2001-02-03T04:05:06Z"`),
    );
    expect(metadata.capturedAt).toEqual({ local: "2001-02-03T04:05:06", offset: "Z" });
    expect(exif.captured_at).toBe("2024-07-15 14:32:00");
  });

  test.each(["0000:00:00 00:00:00", "2024:02:30 10:00:00", "2024:07:15 25:00:00", "2024:13:01 00:00:00", "hello", ""])(
    "drops the impossible date %j",
    async (date) => {
      const { metadata, exif } = await read({ exif: [ascii(0x9003, date)] });
      expect(metadata.capturedAt).toBeUndefined();
      expect(exif).toEqual({});
    },
  );
});

describe("camera settings", () => {
  test("reads what the camera wrote and formats the record", async () => {
    const { metadata, exif } = await read({
      ifd0: [ascii(0x010f, "FUJIFILM"), ascii(0x0110, "X-T5"), short(0x0112, 6)],
      exif: [
        rational(0x829a, [1, 1000]),
        rational(0x829d, [18, 10]),
        short(0x8827, 160),
        rational(0x920a, [425, 100]),
        ascii(0xa434, "XF16-55mmF2.8 R LM WR"),
      ],
    });
    expect(metadata).toEqual({
      cameraMake: "FUJIFILM",
      cameraModel: "X-T5",
      lens: "XF16-55mmF2.8 R LM WR",
      iso: 160,
      aperture: 1.8,
      exposureSeconds: 0.001,
      focalLengthMm: 4.25,
      orientation: 6,
    });
    expect(Object.entries(exif)).toEqual([
      ["camera_make", "FUJIFILM"],
      ["camera_model", "X-T5"],
      ["iso", 160],
      ["aperture", "f/1.8"],
      ["shutter_speed", "1/1000"],
      ["focal_length", 4.25],
      ["orientation", 6],
    ]);
  });

  test("computes aperture and exposure from APEX values when there is nothing else", async () => {
    const { metadata } = await read({ exif: [rational(0x9202, [5, 1]), rational(0x9201, [8, 1])] });
    expect(metadata).toEqual({ aperture: 5.7, exposureSeconds: 0.00391 });
  });

  test("drops values with a zero denominator and zeros", async () => {
    const { metadata } = await read({
      exif: [rational(0x829a, [0, 0]), rational(0x829d, [5, 0]), rational(0x920a, [0, 1]), short(0x8827, 0)],
    });
    expect(metadata).toEqual({});
  });

  test("takes the first usable of several ISO values, and the long one when the short one overflows", async () => {
    expect((await read({ exif: [short(0x8827, 0, 200)] })).metadata.iso).toBe(200);
    expect((await read({ exif: [short(0x8827, 100, 100)] })).metadata.iso).toBe(100);
    const overflown = { exif: [short(0x8827, 65_535), { tag: 0x8832, type: "long", value: [102_400] }] } as const;
    expect((await read(overflown)).metadata.iso).toBe(102_400);
  });

  test("describes a lens by its specification when it has no name, and prefers a name in XMP", async () => {
    const zoom = { exif: [rational(0xa432, [18, 1], [55, 1], [35, 10], [56, 10])] };
    expect((await read(zoom)).metadata.lens).toBe("18-55mm f/3.5-5.6");
    expect((await read(zoom, xmpPacket("", ` aux:Lens="Kit zoom"`))).metadata.lens).toBe("Kit zoom");
    const prime = { exif: [rational(0xa432, [50, 1], [50, 1], [0, 0], [0, 0])] };
    expect((await read(prime)).metadata.lens).toBe("50mm");
  });

  test.each([0, 9, 65_535])("drops the orientation %i", async (value) => {
    expect((await read({ ifd0: [short(0x0112, value)] })).metadata.orientation).toBeUndefined();
  });

  test.each([
    [1 / 1000, "1/1000"],
    [1 / 60, "1/60"],
    [0.6, "1/1.7"],
    [0.4, "1/2.5"],
    [1, "1"],
    [2.5, "2.5"],
    [30, "30"],
  ])("shows an exposure of %d seconds as %s", (seconds, text) => {
    expect(formatExposure(seconds)).toBe(text);
  });

  test("shows apertures without needless digits", () => {
    expect([1.8, 8, 2.75, 1.7799].map(formatAperture)).toEqual(["f/1.8", "f/8", "f/2.8", "f/1.8"]);
  });
});

describe("position", () => {
  const position = (latitude: readonly (readonly [number, number])[], latitudeRef = "S", longitudeRef = "W") =>
    read({
      gps: [
        ascii(0x0001, latitudeRef),
        rational(0x0002, ...latitude),
        ascii(0x0003, longitudeRef),
        rational(0x0004, [9, 1], [8, 1], [2184, 100]),
        { tag: 0x0005, type: "byte", value: [1] },
        rational(0x0006, [425, 10]),
      ],
    });

  test("takes its signs from the references and knows heights below the sea", async () => {
    const { metadata, exif } = await position([
      [38, 1],
      [42, 1],
      [50, 1],
    ]);
    expect(metadata.gps?.latitude).toBeCloseTo(-38.71389, 4);
    expect(metadata.gps?.longitude).toBeCloseTo(-9.1394, 4);
    expect(metadata.gps?.altitude).toBe(-42.5);
    expect(exif.gps_latitude).toBe(metadata.gps?.latitude);
  });

  test("may have one or two numbers only", async () => {
    expect((await position([[387_139, 10_000]], "N", "E")).metadata.gps?.latitude).toBeCloseTo(38.7139, 6);
    const two = await position([
      [38, 1],
      [4283, 100],
    ]);
    expect(two.metadata.gps?.latitude).toBeCloseTo(-38.71383, 4);
  });

  test("keeps its minutes when the seconds are 0/0", async () => {
    const { metadata } = await position([
      [38, 1],
      [30, 1],
      [0, 0],
    ]);
    expect(metadata.gps?.latitude).toBe(-38.5);
  });

  test.each([[[[0, 0]]], [[[91, 1]]], [[[5, 0]]]] as const)("is dropped for the latitude %j", async (latitude) => {
    expect((await position(latitude)).metadata.gps).toBeUndefined();
  });

  test("is dropped when the hemisphere is unknown", async () => {
    expect((await position([[38, 1]], "", "W")).metadata.gps).toBeUndefined();
  });
});

describe("texts", () => {
  test("are cut at the first NUL and freed of blanks, quotes and control characters", async () => {
    const { metadata } = await read({
      ifd0: [
        ascii(0x010f, `  "NIKON"  \0garbage`),
        ascii(0x0110, "\0\0\0"),
        ascii(0x010e, "Two\r\nlines\u0007 and a \u202ereversal"),
      ],
    });
    expect(metadata).toEqual({ cameraMake: "NIKON", caption: "Two\nlines  and a  reversal" });
  });

  test("are read as UTF-8, else as Windows-1252", async () => {
    const latin = { tag: 0x010e, type: "ascii", value: Buffer.from("Caf\xe9 \x93M\xfcller\x94", "latin1") } as const;
    expect((await read({ ifd0: [ascii(0x010e, "Café 猫")] })).metadata.caption).toBe("Café 猫");
    expect((await read({ ifd0: [latin] })).metadata.caption).toBe("Café “Müller”");
  });

  test("are capped", async () => {
    const { metadata } = await read({ ifd0: [ascii(0x010f, "m".repeat(5000)), ascii(0x010e, "é".repeat(30_000))] });
    expect(metadata.cameraMake).toHaveLength(200);
    expect(metadata.caption).toHaveLength(2000);
  });

  test("that cameras write by themselves are no captions", async () => {
    for (const text of ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", "DCIM\\100MEDIA\\DJI_0001.JPG"]) {
      expect((await read({ ifd0: [ascii(0x010e, text)] })).metadata.caption).toBeUndefined();
    }
  });

  test("of Windows give title and keywords", async () => {
    const wide = (tag: number, text: string) =>
      ({ tag, type: "byte", value: Buffer.from(`${text}\0`, "utf16le") }) as const;
    const { metadata } = await read({
      ifd0: [wide(0x9c9b, "Hafen"), wide(0x9c9e, "Boot;Meer; boot"), short(0x4746, 4)],
    });
    expect(metadata).toEqual({ rating: 4, title: "Hafen", keywords: ["Boot", "Meer"] });
  });
});

test("what the camera measured comes from EXIF, what people wrote from XMP", async () => {
  const { metadata } = await read(
    {
      ifd0: [ascii(0x010f, "Canon"), ascii(0x010e, "from EXIF"), short(0x4746, 2)],
      exif: [ascii(0x9003, DATE), short(0x8827, 100)],
    },
    xmpPacket(
      `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">from XMP</rdf:li></rdf:Alt></dc:description>`,
      ` tiff:Make="Other" tiff:Model="Only in XMP" xmp:Rating="5" exif:DateTimeOriginal="1999-01-01T00:00:00"`,
    ),
  );
  expect(metadata).toEqual({
    capturedAt: { local: "2024-07-15T14:32:00" },
    cameraMake: "Canon",
    cameraModel: "Only in XMP",
    iso: 100,
    rating: 5,
    caption: "from XMP",
  });
});

import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { PhotoFormat } from "../../../../src/photo/types.ts";
import { readMetadata } from "../../../../src/pipeline/metadata/read-metadata.ts";
import { embedInPng, embedInWebp } from "../../../../src/sample-library/embed-metadata.ts";
import { writeExif } from "../../../../src/sample-library/exif-writer.ts";
import { ascii, box, iptcDataSets, jpegWith, photoshopResources, short, xmpPacket } from "./fixtures.ts";

const EXIF = writeExif({
  ifd0: [ascii(0x010f, "Maker"), ascii(0x0110, "Model"), short(0x0112, 3)],
  exif: [ascii(0x9003, "2024:07:15 14:32:00")],
  gps: [
    ascii(0x0001, "S"),
    { tag: 0x0002, type: "rational", value: [[10, 1]] },
    ascii(0x0003, "W"),
    { tag: 0x0004, type: "rational", value: [[20, 1]] },
  ],
});
const FROM_EXIF = {
  cameraMake: "Maker",
  cameraModel: "Model",
  orientation: 3,
  capturedAt: { local: "2024-07-15T14:32:00" },
  gps: { latitude: -10, longitude: -20 },
};
const XMP = xmpPacket(`<dc:subject><rdf:Bag><rdf:li>boat</rdf:li></rdf:Bag></dc:subject>`, ` xmp:Rating="4"`);
const FROM_XMP = { rating: 4, keywords: ["boat"] };
const IPTC = iptcDataSets([0x05, "Harbour"], [0x78, "Boats in the morning"], [0x19, "boat"], [0x19, "sea"]);
const FROM_IPTC = { title: "Harbour", caption: "Boats in the morning", keywords: ["boat", "sea"] };

const read = async (bytes: Uint8Array, format: PhotoFormat) => (await readMetadata(bytes, format)).metadata;
const text = (value: string): Buffer => Buffer.from(value, "latin1");
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const segment = (marker: number, payload: Buffer): Buffer => {
  const length = payload.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 0xff]), payload]);
};

describe("JPEG", () => {
  test("reads EXIF, XMP and IPTC segments, past fill bytes and unknown segments", async () => {
    const jpeg = Buffer.concat([
      Buffer.from("ffd8ffff", "hex"),
      segment(0xe0, text("JFIF\0")),
      segment(0xe1, Buffer.concat([text("Exif\0\0"), EXIF])),
      Buffer.from("ffff", "hex"),
      segment(0xe1, text(`http://ns.adobe.com/xap/1.0/\0${xmpPacket("", ` xmp:Rating="2"`)}`)),
      segment(0xed, Buffer.concat([text("Photoshop 3.0\0"), photoshopResources(IPTC)])),
      Buffer.from("ffd9", "hex"),
    ]);
    expect(await read(jpeg, "jpeg")).toEqual({ ...FROM_EXIF, ...FROM_IPTC, rating: 2 });
  });

  test("yields what lies before the cut of a truncated file", async () => {
    const whole = jpegWith({ ifd0: [ascii(0x010f, "Maker")], exif: [ascii(0x9003, "2024:07:15 14:32:00")] });
    expect(await read(whole.subarray(0, whole.length - 30), "jpeg")).toEqual({ cameraMake: "Maker" });
  });

  test("does not look behind the start of the picture data", async () => {
    const jpeg = Buffer.concat([
      Buffer.from("ffd8", "hex"),
      segment(0xda, Buffer.alloc(4)),
      segment(0xe1, Buffer.concat([text("Exif\0\0"), EXIF])),
    ]);
    expect(await read(jpeg, "jpeg")).toEqual({});
  });
});

describe("PNG", () => {
  const chunk = (kind: string, payload: Buffer): Buffer =>
    Buffer.concat([uint32(payload.length), text(kind), payload, Buffer.alloc(4)]);
  const png = (...chunks: readonly Buffer[]): Buffer =>
    Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", Buffer.alloc(13)), ...chunks]);

  test("reads eXIf and XMP chunks", async () => {
    expect(await read(embedInPng(png(chunk("IEND", Buffer.alloc(0))), { exif: EXIF, xmp: XMP }), "png")).toEqual({
      ...FROM_EXIF,
      ...FROM_XMP,
    });
  });

  test("reads compressed XMP", async () => {
    const payload = Buffer.concat([text("XML:com.adobe.xmp\0\u0001\0\0\0"), deflateSync(XMP)]);
    expect(await read(png(chunk("iTXt", payload)), "png")).toEqual(FROM_XMP);
  });

  test("reads raw profiles in hexadecimal", async () => {
    const profile = (kind: string, bytes: Buffer): Buffer => {
      const hex = (bytes.toString("hex").match(/.{1,72}/g) ?? []).join("\n");
      const body = deflateSync(`\n${kind}\n    ${bytes.length}\n${hex}\n`);
      return chunk("zTXt", Buffer.concat([text(`Raw profile type ${kind}\0\0`), body]));
    };
    const exif = Buffer.concat([text("Exif\0\0"), EXIF]);
    const bytes = png(profile("exif", exif), profile("iptc", photoshopResources(IPTC)));
    expect(await read(bytes, "png")).toEqual({ ...FROM_EXIF, ...FROM_IPTC });
  });

  test("survives a text bomb", async () => {
    const bomb = Buffer.concat([text("XML:com.adobe.xmp\0\u0001\0\0\0"), deflateSync(Buffer.alloc(64 * 1024 * 1024))]);
    expect(await read(png(chunk("iTXt", bomb)), "png")).toEqual({});
  });
});

test("WebP: reads EXIF and XMP chunks, with or without the JPEG signature", async () => {
  const plain = Buffer.concat([text("RIFF"), Buffer.alloc(4), text("WEBP"), text("VP8 "), Buffer.alloc(4)]);
  const size = { width: 10, height: 10 };
  const expected = { ...FROM_EXIF, ...FROM_XMP };
  expect(await read(embedInWebp(plain, size, { exif: EXIF, xmp: XMP }), "webp")).toEqual(expected);
  const signed = Buffer.concat([text("Exif\0\0"), EXIF]);
  expect(await read(embedInWebp(plain, size, { exif: signed, xmp: XMP }), "webp")).toEqual(expected);
});

test("GIF: reads the XMP application extension", async () => {
  const trailer = Buffer.from(Array.from({ length: 258 }, (_, index) => (index === 0 ? 1 : Math.max(0, 256 - index))));
  const gif = Buffer.concat([text("GIF89a"), Buffer.alloc(7), text("!\xff\x0bXMP DataXMP"), Buffer.from(XMP), trailer]);
  expect(await read(gif, "gif")).toEqual(FROM_XMP);
});

test("BMP has no metadata", async () => {
  expect(await readMetadata(text("BM"), "bmp")).toEqual({ metadata: {}, exif: {} });
});

describe("TIFF and RAW", () => {
  const tiff = writeExif({
    ifd0: [
      ascii(0x010f, "Maker"),
      { tag: 0x02bc, type: "byte", value: Buffer.from(XMP) },
      { tag: 0x83bb, type: "undefined", value: IPTC },
    ],
    exif: [ascii(0x9003, "2024:07:15 14:32:00")],
  });

  test("reads EXIF, XMP and IPTC tags", async () => {
    expect(await read(tiff, "tiff")).toEqual({
      cameraMake: "Maker",
      capturedAt: { local: "2024-07-15T14:32:00" },
      title: "Harbour",
      caption: "Boats in the morning",
      ...FROM_XMP,
    });
  });

  test.each([
    ["ORF", "MMOR"],
    ["RW2", "MM\0U"],
  ])("reads %s, which has a magic number of its own", async (_name, magic) => {
    const raw = Buffer.concat([text(magic), EXIF.subarray(4)]);
    expect(await read(raw, "raw")).toEqual(FROM_EXIF);
  });

  test("reads the EXIF of the JPEG inside RW2, after its own", async () => {
    const preview = jpegWith({ ifd0: [ascii(0x010f, "Ignored"), ascii(0x0110, "From preview")] });
    const raw = writeExif({
      ifd0: [ascii(0x010f, "Panasonic"), short(0x0017, 640), { tag: 0x002e, type: "undefined", value: preview }],
    });
    expect(await read(raw, "raw")).toEqual({ cameraMake: "Panasonic", cameraModel: "From preview", iso: 640 });
  });

  test("reads the JPEG inside RAF", async () => {
    const jpeg = jpegWith({ ifd0: [ascii(0x010f, "FUJIFILM")] });
    const header = Buffer.alloc(100);
    header.write("FUJIFILMCCD-RAW 0201", "latin1");
    header.writeUInt32BE(100, 84);
    header.writeUInt32BE(jpeg.length, 88);
    expect(await read(Buffer.concat([header, jpeg]), "raw")).toEqual({ cameraMake: "FUJIFILM" });
  });

  test("reads the directories of CR3", async () => {
    const uuid = Buffer.from("85c0b687820f11e08111f4ce462b6a48", "hex");
    const gps = writeExif({
      ifd0: [
        ascii(1, "N"),
        { tag: 2, type: "rational", value: [[10, 1]] },
        ascii(3, "E"),
        { tag: 4, type: "rational", value: [[20, 1]] },
      ],
    });
    const cr3 = Buffer.concat([
      box("ftyp", text("crx ")),
      box(
        "moov",
        box(
          "uuid",
          uuid,
          box("CMT1", writeExif({ ifd0: [ascii(0x010f, "Canon")] })),
          box("CMT2", writeExif({ ifd0: [ascii(0x9003, "2024:07:15 14:32:00"), short(0x8827, 200)] })),
          box("CMT4", gps),
        ),
      ),
      box("uuid", Buffer.from("be7acfcb97a942e89c71999491e3afac", "hex"), Buffer.from(XMP)),
    ]);
    expect(await read(cr3, "raw")).toEqual({
      cameraMake: "Canon",
      capturedAt: { local: "2024-07-15T14:32:00" },
      iso: 200,
      gps: { latitude: 10, longitude: 20 },
      ...FROM_XMP,
    });
  });
});

describe("HEIC and AVIF", () => {
  const infe = (id: number, kind: string, more = ""): Buffer =>
    box("infe", Buffer.from([2, 0, 0, 0, 0, id, 0, 0]), text(`${kind}\0${more}`));
  const iinf = box("iinf", Buffer.from([0, 0, 0, 0, 0, 2]), infe(1, "Exif"), infe(2, "mime", "application/rdf+xml\0"));
  const exifItem = Buffer.concat([uint32(6), text("Exif\0\0"), EXIF]);
  /** iloc version 1: offsets and lengths of four bytes, no base, no index. */
  const iloc = (method: number, ...items: readonly (readonly (readonly [number, number])[])[]): Buffer =>
    box(
      "iloc",
      Buffer.from([1, 0, 0, 0, 0x44, 0, 0, items.length]),
      ...items.map((extents, index) =>
        Buffer.concat([
          Buffer.from([0, index + 1, 0, method, 0, 0, 0, extents.length]),
          ...extents.flat().map((value) => uint32(value)),
        ]),
      ),
    );
  const ftyp = box("ftyp", text("heic"));

  test("read items in the file, also when an item is stored in pieces", async () => {
    const data = Buffer.concat([exifItem, Buffer.from(XMP)]);
    const build = (start: number): Buffer =>
      Buffer.concat([
        ftyp,
        box(
          "meta",
          Buffer.alloc(4),
          iinf,
          iloc(
            0,
            [
              [start, 20],
              [start + 20, exifItem.length - 20],
            ],
            [[start + exifItem.length, Buffer.byteLength(XMP)]],
          ),
        ),
        box("mdat", data),
      ]);
    const start = build(0).length - data.length;
    expect(await read(build(start), "heic")).toEqual({ ...FROM_EXIF, ...FROM_XMP });
  });

  test("read items inside the meta box", async () => {
    const file = Buffer.concat([
      ftyp,
      box("meta", Buffer.alloc(4), iinf, iloc(1, [[0, exifItem.length]]), box("idat", exifItem)),
    ]);
    expect(await read(file, "avif")).toEqual(FROM_EXIF);
  });
});

import { expect, test } from "vitest";
import { assertBarePicture, encodeProviderImage } from "../../../src/photo/provider-image.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { meanDifference, paintScene, resizeScene, sharpOf } from "../../support/images.ts";

const SETTINGS = { maxEdge: 1024, quality: 80 };

const segment = (marker: number, content: string): Buffer => {
  const body = Buffer.from(content, "latin1");
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

/** A picture file with one more segment behind its beginning. */
const withSegment = (bytes: Buffer, extra: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, 2), extra, bytes.subarray(2)]);

test.each([
  ["landscape", { width: 1500, height: 1000 }, { width: 1024, height: 683 }],
  ["portrait", { width: 900, height: 1500 }, { width: 614, height: 1024 }],
  ["panorama", { width: 2000, height: 100 }, { width: 1024, height: 51 }],
  ["small, which is not enlarged", { width: 120, height: 90 }, { width: 120, height: 90 }],
])("a %s fits into 1024 pixels and shows the same", async (_name, { width, height }, expected) => {
  const scene = paintScene(width, height);

  const made = await encodeProviderImage(scene, SETTINGS);

  expect({ width: made.width, height: made.height }).toEqual(expected);
  const sharp = await loadSharp();
  const { data, info } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ ...expected, channels: 3 });
  const seen = { width: info.width, height: info.height, data };
  expect(meanDifference(seen, await resizeScene(scene, info.width, info.height))).toBeLessThan(8);
});

test("settings go below the limit, never above it", async () => {
  const scene = paintScene(2000, 1000);

  const smaller = await encodeProviderImage(scene, { maxEdge: 768, quality: 80 });
  const larger = await encodeProviderImage(scene, { maxEdge: 4000, quality: 80 });

  expect([smaller.width, smaller.height]).toEqual([768, 384]);
  expect([larger.width, larger.height]).toEqual([1024, 512]);
});

test("what is made holds nothing but the picture", async () => {
  const sharp = await loadSharp();

  const { bytes } = await encodeProviderImage(paintScene(400, 300), SETTINGS);

  expect(() => assertBarePicture(bytes)).not.toThrow();
  const { exif, icc, xmp, iptc, comments, orientation } = await sharp(bytes).metadata();
  expect([exif, icc, xmp, iptc, comments, orientation]).toEqual(Array.from({ length: 6 }, () => undefined));
});

test.each([
  ["EXIF", segment(0xe1, "Exif\0\0MM")],
  ["XMP", segment(0xe1, "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")],
  ["IPTC", segment(0xed, "Photoshop 3.0\0")],
  ["a colour profile", segment(0xe2, "ICC_PROFILE\0")],
  ["a comment", segment(0xfe, "who took it")],
  ["a thumbnail of JFIF", segment(0xe0, "JFXX\0\x10")],
])("a file with %s is no bare picture", async (_name, extra) => {
  const { bytes } = await encodeProviderImage(paintScene(80, 60), SETTINGS);

  expect(() => assertBarePicture(withSegment(bytes, extra))).toThrow(/without metadata/);
});

test("bytes behind the end, a cut-off file and other formats are refused", async () => {
  const { bytes } = await encodeProviderImage(paintScene(80, 60), SETTINGS);
  const png = await (await sharpOf(paintScene(8, 8))).png().toBuffer();

  expect(() => assertBarePicture(Buffer.concat([bytes, Buffer.from("GPS")]))).toThrow(/whole JPEG/);
  expect(() => assertBarePicture(bytes.subarray(0, -2))).toThrow(/whole JPEG/);
  expect(() => assertBarePicture(png)).toThrow(/whole JPEG/);
  expect(() => assertBarePicture(Buffer.alloc(0))).toThrow(/whole JPEG/);
});

test("metadata that sharp keeps when asked to is noticed", async () => {
  const kept = await (
    await sharpOf(paintScene(80, 60))
  )
    .jpeg()
    .withExif({ IFD0: { Copyright: "MARKER" } })
    .toBuffer();

  expect(() => assertBarePicture(kept)).toThrow(/0xffe1/);
});

import { beforeAll, describe, expect, test } from "vitest";
import { readJpegHeader, withOrientation } from "../../../../src/pipeline/decode/jpeg-header.ts";
import { findRawPreview } from "../../../../src/pipeline/decode/raw-preview.ts";
import { encodeJpeg, paintScene } from "../../../support/images.ts";
import { encodeRaw, RAW_EXTENSIONS } from "../../../support/raw-files.ts";

let jpeg: Buffer;
let thumbnail: Buffer;
beforeAll(async () => {
  [jpeg, thumbnail] = await Promise.all([encodeJpeg(paintScene(600, 400)), encodeJpeg(paintScene(160, 120))]);
});
const rawOf = (extension: (typeof RAW_EXTENSIONS)[number], orientation = 6): Buffer =>
  encodeRaw(extension, { jpeg, thumbnail, orientation, width: 1200, height: 800 });

describe("findRawPreview", () => {
  test.each(RAW_EXTENSIONS)("takes the largest JPEG of a %s file, not its sensor data", (extension) => {
    const preview = findRawPreview(rawOf(extension));
    expect(preview).toMatchObject({ width: 600, height: 400 });
    expect(Buffer.from(preview?.jpeg.subarray(0, jpeg.length) ?? []).equals(jpeg)).toBe(true);
    expect(preview?.photo).toEqual({ width: 1200, height: 800 });
    expect(preview?.orientation).toBe(extension === "raf" ? 1 : 6);
  });

  test.each(RAW_EXTENSIONS)("reads every cut of a %s file without an error", (extension) => {
    const bytes = rawOf(extension);
    for (let length = 0; length < bytes.length; length += 97) {
      expect(() => findRawPreview(bytes.subarray(0, length))).not.toThrow();
    }
  });

  test("finds nothing where there is no JPEG", () => {
    expect(findRawPreview(encodeRaw("nef", { jpeg: Buffer.alloc(100), width: 1200, height: 800 }))).toBeUndefined();
  });
});

describe("readJpegHeader", () => {
  test("gives the size of a picture", () => {
    expect(readJpegHeader(jpeg)).toEqual({ width: 600, height: 400, isPicture: true });
  });

  test("tells lossless frames from pictures", () => {
    const lossless = Buffer.from("ffd8ffc3000b0e0010002001011100ffda0008", "hex");
    expect(readJpegHeader(lossless)).toEqual({ width: 32, height: 16, isPicture: false });
  });

  test("gives nothing for streams without a frame", () => {
    expect(readJpegHeader(Buffer.from("ffd8ffd9000000000000000000", "hex"))).toBeUndefined();
    expect(readJpegHeader(Buffer.from("ffd8".padEnd(4000, "ff"), "hex"))).toBeUndefined();
    expect(readJpegHeader(Buffer.alloc(0))).toBeUndefined();
  });
});

test("withOrientation leaves the picture as it is", () => {
  expect(readJpegHeader(withOrientation(jpeg, 6))).toEqual({ width: 600, height: 400, isPicture: true });
});

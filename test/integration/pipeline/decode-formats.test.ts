/** Every listed extension decodes a generated or a real file, and every kind of picture becomes upright sRGB on white. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SUPPORTED_EXTENSIONS } from "../../../src/photo/formats.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { hammingDistance, perceptualHash } from "../../../src/photo/perceptual-hash.ts";
import { identifyFormat } from "../../../src/photo/sniff.ts";
import type { DecodedImage, RgbImage } from "../../../src/photo/types.ts";
import { decodePhoto } from "../../../src/pipeline/decode/decode-photo.ts";
import { encodeBmp } from "../../support/bmp-files.ts";
import {
  encodeJpeg,
  encodeOriented,
  LIMITS,
  meanDifference,
  NEEDS,
  ORIENTATIONS,
  paintScene,
  pixelAt,
  resizeScene,
  sharpOf,
} from "../../support/images.ts";
import type { RawExtension } from "../../support/raw-files.ts";
import { encodeRaw, RAW_EXTENSIONS } from "../../support/raw-files.ts";

const REAL_PHOTOS = join(import.meta.dirname, "../../../../shared/photos");
const noRealPhotos = !existsSync(REAL_PHOTOS);

const decode = (bytes: Buffer, name: string): Promise<DecodedImage> =>
  decodePhoto(bytes, identifyFormat(bytes, name), {
    needs: NEEDS,
    limits: LIMITS,
    signal: new AbortController().signal,
  });
const readReal = (path: string): Buffer => readFileSync(join(REAL_PHOTOS, path));

const scene = paintScene(800, 600);
const expectScene = async (decoded: DecodedImage, difference = 4): Promise<void> => {
  expect([decoded.originalWidth, decoded.originalHeight]).toEqual([scene.width, scene.height]);
  expect(meanDifference(decoded, await resizeScene(scene, 384, 288))).toBeLessThan(difference);
};

const GENERATED: Readonly<Record<string, () => Promise<Buffer>>> = {
  jpg: () => encodeJpeg(scene),
  jpeg: () => encodeJpeg(scene),
  png: async () => (await sharpOf(scene)).png().toBuffer(),
  webp: async () => (await sharpOf(scene)).webp({ quality: 90 }).toBuffer(),
  gif: async () => (await sharpOf(scene)).gif().toBuffer(),
  tif: async () => (await sharpOf(scene)).tiff({ compression: "lzw" }).toBuffer(),
  tiff: async () => (await sharpOf(scene)).tiff({ compression: "jpeg", quality: 90 }).toBuffer(),
  bmp: () => Promise.resolve(encodeBmp(scene, { bits: 24 })),
  avif: async () => (await sharpOf(scene)).avif({ quality: 70, effort: 0 }).toBuffer(),
};

describe("decodePhoto", () => {
  test.each(Object.keys(GENERATED))("decodes a generated %s file", async (extension) => {
    const bytes = (await GENERATED[extension]?.()) ?? Buffer.alloc(0);
    await expectScene(await decode(bytes, `photo.${extension}`));
  });

  test.each(RAW_EXTENSIONS)("decodes the preview of a generated %s file", async (extension) => {
    const jpeg = await encodeJpeg(paintScene(600, 450));
    const decoded = await decode(encodeRaw(extension, { jpeg, width: 800, height: 600 }), `photo.${extension}`);
    await expectScene(decoded);
  });

  test("has a generated file of every extension but those of HEIC, which nothing here can encode", () => {
    const generated = [...Object.keys(GENERATED), ...RAW_EXTENSIONS];
    expect(SUPPORTED_EXTENSIONS.filter((extension) => !generated.includes(extension))).toEqual(["heic", "heif"]);
  });

  test("decodes a picture under a wrong extension by its content", async () => {
    const png = await (await sharpOf(scene)).png().toBuffer();
    expect(identifyFormat(png, "photo.jpg")).toBe("png");
    await expectScene(await decode(png, "photo.jpg"));
    const jpeg = await encodeJpeg(scene);
    expect(identifyFormat(jpeg, "photo.nef")).toBe("jpeg");
    await expectScene(await decode(jpeg, "photo.nef"));
  });

  test("leaves the bytes it was given as they are", async () => {
    for (const bytes of [encodeBmp(scene, { bits: 24 }), await encodeJpeg(scene)]) {
      const copy = Buffer.from(bytes);
      await decode(bytes, "photo");
      expect(bytes.equals(copy)).toBe(true);
    }
  });

  test("never enlarges", async () => {
    const decoded = await decode(await encodeJpeg(paintScene(40, 30)), "photo.jpg");
    expect(decoded).toMatchObject({ width: 40, height: 30, originalWidth: 40, originalHeight: 30 });
  });
});

describe("orientation", () => {
  test.each(ORIENTATIONS)("%i is applied", async (orientation) => {
    const decoded = await decode(await encodeOriented(scene, orientation), "photo.jpg");
    expect(decoded).toMatchObject({ width: 384, height: 288, orientation });
    await expectScene(decoded);
    const upright = perceptualHash(await decode(await encodeOriented(scene, 1), "photo.jpg"));
    expect(hammingDistance(perceptualHash(decoded), upright)).toBeLessThanOrEqual(4);
  });

  test.each(["png", "webp", "tiff", "avif"] as const)("of a %s file is applied once", async (format) => {
    const stored = (await sharpOf(scene)).withMetadata({ orientation: 3 });
    const decoded = await decode(await stored[format]().toBuffer(), `photo.${format}`);
    const turned = await (await sharpOf(scene)).rotate(180).raw().toBuffer();
    const expected = await resizeScene({ ...scene, data: turned }, 384, 288);
    expect(meanDifference(decoded, expected)).toBeLessThan(5);
    expect(decoded.orientation).toBe(format === "avif" ? 1 : 3); // AVIF turns pixels by its container
  });

  test.each(RAW_EXTENSIONS.filter((extension) => extension !== "raf"))(
    "of a %s file is applied to a preview that states none",
    async (extension: RawExtension) => {
      const jpeg = await encodeJpeg(paintScene(600, 450));
      const decoded = await decode(
        encodeRaw(extension, { jpeg, width: 1200, height: 900, orientation: 6 }),
        `photo.${extension}`,
      );
      expect(decoded).toMatchObject({ originalWidth: 900, originalHeight: 1200, orientation: 6, width: 288 });
      const turned = await (await sharpOf(scene)).rotate(90).raw().toBuffer();
      const expected = await resizeScene({ width: 600, height: 800, data: turned }, 288, 384);
      expect(meanDifference(decoded, expected)).toBeLessThan(4);
    },
  );

  test("that a preview states itself is applied once", async () => {
    const jpeg = await encodeOriented(paintScene(450, 600), 6);
    const decoded = await decode(encodeRaw("nef", { jpeg, width: 1200, height: 900, orientation: 6 }), "photo.nef");
    expect(decoded).toMatchObject({
      originalWidth: 900,
      originalHeight: 1200,
      orientation: 6,
      width: 288,
      height: 384,
    });
  });

  test.skipIf(noRealPhotos).each(["Landscape", "Portrait"])(
    "is applied to real photos (%s, needs ../shared/photos)",
    async (name) => {
      const photos = await Promise.all(
        Array.from({ length: 9 }, (_, number) => decode(readReal(`orientation/${name}_${number}.jpg`), "photo.jpg")),
      );
      const [first] = photos;
      for (const photo of photos) {
        expect([photo.width, photo.height]).toEqual([first?.width, first?.height]);
        expect(meanDifference(photo, first ?? scene)).toBeLessThan(4);
        expect(hammingDistance(perceptualHash(photo), perceptualHash(first ?? scene))).toBeLessThanOrEqual(4);
      }
    },
  );
});

describe("colours", () => {
  const flat = async (
    build: (image: RgbImage) => Promise<Buffer>,
    colour: readonly number[],
  ): Promise<DecodedImage> => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => colour[at % 3] ?? 0);
    return decode(await build({ width: 64, height: 64, data }), "photo");
  };
  const near = (actual: readonly number[], expected: readonly number[], tolerance = 3): void => {
    actual.forEach((value, channel) =>
      expect(Math.abs(value - (expected[channel] ?? 0))).toBeLessThanOrEqual(tolerance),
    );
  };

  test("of a Display P3 profile become sRGB", async () => {
    const build = async (image: RgbImage): Promise<Buffer> =>
      (await sharpOf(image)).withIccProfile("p3").png().toBuffer();
    near(pixelAt(await flat(build, [200, 80, 60]), 10, 10), [200, 80, 60]);
    const ignored = await (
      await loadSharp()
    )(await build({ width: 1, height: 1, data: Uint8Array.of(200, 80, 60) }), {
      ignoreIcc: true,
    })
      .raw()
      .toBuffer();
    expect(Math.abs((ignored[0] ?? 0) - 200)).toBeGreaterThan(5); // the stored numbers do differ
  });

  test("of a CMYK JPEG become sRGB", async () => {
    const build = async (image: RgbImage): Promise<Buffer> =>
      (await sharpOf(image)).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
    const bytes = await build(scene);
    expect((await (await loadSharp())(bytes).metadata()).space).toBe("cmyk");
    const decoded = await decode(bytes, "photo.jpg");
    expect(decoded.data).toHaveLength(384 * 288 * 3);
    const [red = 0, green = 0, blue = 0] = pixelAt(await flat(build, [60, 120, 190]), 10, 10);
    expect(blue).toBeGreaterThan(green);
    expect(green).toBeGreaterThan(red);
  });

  test("of 16 bits become 8", async () => {
    const build = async (image: RgbImage): Promise<Buffer> =>
      (await sharpOf(image)).toColourspace("rgb16").png().toBuffer();
    near(pixelAt(await flat(build, [200, 80, 60]), 10, 10), [200, 80, 60]);
  });

  test("of grey and palette pictures become RGB", async () => {
    const grey = async (image: RgbImage): Promise<Buffer> =>
      (await sharpOf(image)).toColourspace("b-w").png().toBuffer();
    const [red, green, blue] = pixelAt(await flat(grey, [90, 90, 90]), 10, 10);
    expect([green, blue]).toEqual([red, red]);
    near([red ?? 0], [90]);
    const palette = async (image: RgbImage): Promise<Buffer> =>
      (await sharpOf(image)).png({ palette: true }).toBuffer();
    near(pixelAt(await flat(palette, [200, 80, 60]), 10, 10), [200, 80, 60]);
  });

  test.each(["png", "webp", "avif", "gif", "tiff"] as const)(
    "that are transparent in a %s file lie on white",
    async (format) => {
      const sharp = await loadSharp();
      const picture = sharp({
        create: { width: 64, height: 64, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0 } },
      });
      const bytes = await (format === "tiff" ? picture.tiff({ compression: "lzw" }) : picture[format]()).toBuffer();
      near(pixelAt(await decode(bytes, "photo"), 32, 32), [255, 255, 255]);
    },
  );

  test("that are half transparent mix with white, in 8 and 16 bits and in BMP", async () => {
    const sharp = await loadSharp();
    const half = sharp({
      create: { width: 64, height: 64, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0.5 } },
    });
    near(pixelAt(await decode(await half.clone().png().toBuffer(), "photo"), 32, 32), [228, 128, 128]);
    const deep = await half.clone().toColourspace("rgb16").png().toBuffer();
    near(pixelAt(await decode(deep, "photo"), 32, 32), [228, 128, 128]);
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000] as const;
    const bmp = async (image: RgbImage): Promise<Buffer> =>
      Promise.resolve(encodeBmp(image, { bits: 32, headerBytes: 124, masks, alpha: 128 }));
    near(pixelAt(await flat(bmp, [200, 0, 0]), 10, 10), [228, 128, 128]);
  });

  test.each(["gif", "webp"] as const)("of an animated %s file are those of its first frame", async (format) => {
    const sharp = await loadSharp();
    const frame = (background: string): Promise<Buffer> =>
      sharp({ create: { width: 64, height: 64, channels: 3, background } })
        .png()
        .toBuffer();
    const animation = sharp(await Promise.all(["#c83c28", "#28c83c", "#3c28c8"].map(frame)), {
      join: { animated: true },
    });
    const bytes = await animation[format]({ delay: [100, 100, 100] }).toBuffer();
    const decoded = await decode(bytes, `photo.${format}`);
    expect(decoded).toMatchObject({ width: 64, height: 64, originalHeight: 64 });
    near(pixelAt(decoded, 32, 32), [200, 60, 40], 6);
  });
});

describe.skipIf(noRealPhotos)("real photos (needs ../shared/photos)", () => {
  test.each([
    ["cameras/heic-IMG_5195.HEIC", 2566, 3313],
    ["cameras/heic-mobile-HMD_Nokia_8.3_5G_hdr.heif", 4608, 3456],
    ["cameras/heic-samplefilehub.heif", 640, 426],
    ["oracle/IMG_2927.HEIC", 3024, 4032],
    ["oracle/cheers_1440x960.heic", 1440, 960],
  ])("%s decodes", async (path, originalWidth, originalHeight) => {
    const bytes = readReal(path);
    expect(identifyFormat(bytes, path)).toBe("heic");
    const decoded = await decode(bytes, path);
    expect(decoded).toMatchObject({ originalWidth, originalHeight, orientation: 1 });
    expect(Math.max(decoded.width, decoded.height)).toBe(384);
    expect(new Set(decoded.data).size).toBeGreaterThan(100); // a picture, not one flat colour
  });

  test("an iPhone's HEIC is converted from Display P3", async () => {
    const bytes = readReal("cameras/heic-IMG_5195.HEIC");
    const decoded = await decode(bytes, "photo.heic");
    const profile = (await (await loadSharp())(bytes).metadata()).icc ?? Buffer.alloc(0);
    expect(profile.toString("latin1")).toContain("Display P3");
    const violet = Array.from({ length: decoded.width * decoded.height }, (_, pixel) =>
      decoded.data.subarray(pixel * 3, pixel * 3 + 3),
    ).filter(([red = 0, green = 0, blue = 0]) => blue > 150 && blue - green > 80 && red > green);
    expect(violet.length).toBeGreaterThan(1000); // the flowers
  });

  test("all others decode", async () => {
    const names = ["cameras", "oracle"].flatMap((folder) =>
      readdirSync(join(REAL_PHOTOS, folder))
        .filter((name) => !/\.(txt|heic|heif)$/i.test(name))
        .map((name) => join(folder, name)),
    );
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) {
      const decoded = await decode(readReal(name), name);
      expect(decoded.data).toHaveLength(decoded.width * decoded.height * 3);
    }
  });
});

/** What the stages make of one decode: hash, thumbnail, perceptual hash, model input. */
import { describe, expect, test } from "vitest";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { prepareModelInput } from "../../../src/photo/model-input.ts";
import { hammingDistance } from "../../../src/photo/perceptual-hash.ts";
import { encodeThumbnail } from "../../../src/photo/rendition.ts";
import type { ModelInputSpec, RgbImage } from "../../../src/photo/types.ts";
import { toTiffWithProfile } from "../../../src/pipeline/decode/icc.ts";
import type { PhotoDraft, StageContext } from "../../../src/pipeline/stage.ts";
import { contentHash } from "../../../src/pipeline/stages/content-hash.ts";
import { decode } from "../../../src/pipeline/stages/decode.ts";
import { perceptualHash } from "../../../src/pipeline/stages/perceptual-hash.ts";
import { thumbnail } from "../../../src/pipeline/stages/thumbnail.ts";
import {
  encodeOriented,
  LIMITS,
  meanDifference,
  ORIENTATIONS,
  paintScene,
  pixelAt,
  sharpOf,
} from "../../support/images.ts";

const context: StageContext = {
  limits: LIMITS,
  thumbnail: { size: 256, format: "webp", quality: 80 },
  encoder: undefined,
  tagger: undefined,
  signal: new AbortController().signal,
};
const draftOf = (bytes: Uint8Array): PhotoDraft => ({ absolutePath: Buffer.from("/photo.jpg"), bytes, format: "jpeg" });

describe("contentHash", () => {
  /** Official vectors of BLAKE3: input byte n is n % 251. */
  test.each([
    [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
    [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
    [1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"],
    [102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"],
  ])("is BLAKE3 (%i bytes)", async (length, expected) => {
    const draft = draftOf(Uint8Array.from({ length }, (_, index) => index % 251));
    await contentHash.run(draft, context);
    expect(draft.contentHash).toBe(expected);
  });
});

describe("decode, thumbnail and perceptual hash", () => {
  const run = async (bytes: Uint8Array): Promise<PhotoDraft> => {
    const draft = draftOf(bytes);
    for (const stage of [decode, thumbnail, perceptualHash]) {
      expect(await stage.run(draft, context)).toEqual({ status: "done" });
    }
    return draft;
  };

  test("are nearly the same for all eight orientations of a scene", async () => {
    const scene = paintScene(640, 480);
    const drafts = await Promise.all(
      ORIENTATIONS.map(async (orientation) => run(await encodeOriented(scene, orientation))),
    );
    const sharp = await loadSharp();
    const pixelsOf = async (draft: PhotoDraft): Promise<RgbImage> => {
      const { data, info } = await sharp(draft.thumbnail?.bytes).raw().toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, data };
    };
    const first = await pixelsOf(drafts[0] ?? draftOf(new Uint8Array()));
    for (const draft of drafts) {
      expect(draft.thumbnail).toMatchObject({ width: 256, height: 192, size: 256, format: "webp", quality: 80 });
      expect(meanDifference(await pixelsOf(draft), first)).toBeLessThan(3);
      const hashes = [draft.perceptualHash, drafts[0]?.perceptualHash].map((hash) => hash ?? new Uint8Array());
      expect(hammingDistance(hashes[0] ?? new Uint8Array(), hashes[1] ?? new Uint8Array(18))).toBeLessThanOrEqual(4);
    }
  });

  test("have keys that name what they depend on", () => {
    expect([decode, thumbnail, perceptualHash, contentHash].map((stage) => stage.key(context))).toEqual([
      "384",
      "256/webp/80",
      "double-gradient/9x9",
      "blake3",
    ]);
    expect(thumbnail.key({ ...context, thumbnail: undefined })).toBeUndefined();
  });

  test("are skipped with a reason when there is nothing to do", async () => {
    const outcome = { status: "skipped", reason: expect.any(String) };
    expect(await thumbnail.run(draftOf(new Uint8Array()), { ...context, thumbnail: undefined })).toEqual(outcome);
    expect(await thumbnail.run(draftOf(new Uint8Array()), context)).toEqual(outcome);
    expect(await perceptualHash.run(draftOf(new Uint8Array()), context)).toEqual(outcome);
  });
});

describe("encodeThumbnail", () => {
  test.each(["webp", "jpeg"] as const)("writes a %s file without metadata", async (format) => {
    const encoded = await encodeThumbnail(paintScene(384, 288), { size: 100, format, quality: 70 });
    const metadata = await (await loadSharp())(encoded.bytes).metadata();
    expect(metadata).toMatchObject({ format, width: 100, height: 75 });
    expect([metadata.exif, metadata.icc, metadata.xmp, metadata.iptc]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("never enlarges", async () => {
    const encoded = await encodeThumbnail(paintScene(40, 30), { size: 256, format: "webp", quality: 80 });
    expect(encoded).toMatchObject({ width: 40, height: 30, size: 256 });
  });

  test("grows with its quality", async () => {
    const scene = paintScene(384, 288);
    const [low, high] = await Promise.all(
      [30, 95].map(
        async (quality) => (await encodeThumbnail(scene, { size: 256, format: "webp", quality })).bytes.length,
      ),
    );
    expect(high).toBeGreaterThan((low ?? 0) * 1.3);
  });
});

describe("prepareModelInput", () => {
  const spec = (resize: ModelInputSpec["resize"], kernel: ModelInputSpec["kernel"] = "bicubic"): ModelInputSpec => ({
    size: 64,
    resize,
    kernel,
  });
  /** Left third red, middle green, right blue; 300 x 100. */
  const stripes: RgbImage = {
    width: 300,
    height: 100,
    data: Uint8Array.from({ length: 300 * 100 * 3 }, (_, at) =>
      Math.floor((Math.floor(at / 3) % 300) / 100) === at % 3 ? 250 : 0,
    ),
  };
  const prepare = async (image: RgbImage, model: ModelInputSpec): Promise<RgbImage> => {
    const data = await prepareModelInput(image, model);
    expect(data).toHaveLength(model.size * model.size * 3);
    return { width: model.size, height: model.size, data };
  };

  test("squash shows the whole picture, aspect ignored", async () => {
    const input = await prepare(stripes, spec("squash"));
    expect([5, 32, 58].map((x) => pixelAt(input, x, 32))).toEqual([
      [250, 0, 0],
      [0, 250, 0],
      [0, 0, 250],
    ]);
    expect(pixelAt(input, 5, 1)).toEqual([250, 0, 0]);
  });

  test("short-side-crop shows the middle", async () => {
    const input = await prepare(stripes, spec("short-side-crop"));
    expect([3, 32, 60].map((x) => pixelAt(input, x, 32))).toEqual([
      [0, 250, 0],
      [0, 250, 0],
      [0, 250, 0],
    ]);
  });

  test("pad shows the whole picture between grey bars", async () => {
    const input = await prepare(stripes, spec("pad"));
    expect(pixelAt(input, 32, 2)).toEqual([128, 128, 128]);
    expect(pixelAt(input, 32, 61)).toEqual([128, 128, 128]);
    expect(pixelAt(input, 5, 32)).toEqual([250, 0, 0]);
  });

  test.each(["bilinear", "bicubic", "lanczos3"] as const)("%s is antialiased", async (kernel) => {
    const checkers: RgbImage = {
      width: 512,
      height: 512,
      data: Uint8Array.from({ length: 512 * 512 * 3 }, (_, at) => {
        const pixel = Math.floor(at / 3);
        return ((pixel % 512) + Math.floor(pixel / 512)) % 2 === 0 ? 255 : 0;
      }),
    };
    const input = await prepare(checkers, spec("squash", kernel));
    for (const value of input.data) expect(Math.abs(value - 128)).toBeLessThan(12);
  });

  test("enlarges a small picture", async () => {
    await prepare(paintScene(10, 7), spec("squash"));
    await prepare(paintScene(10, 7), spec("short-side-crop", "lanczos3"));
    await prepare(paintScene(1, 1), spec("pad", "bilinear"));
  });
});

test("toTiffWithProfile carries pixels and profile to libvips", async () => {
  const sharp = await loadSharp();
  const colour = Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => [200, 80, 60][at % 3] ?? 0);
  const p3 = await (await sharpOf({ width: 16, height: 16, data: colour })).withIccProfile("p3").png().toBuffer();
  const profile = (await sharp(p3).metadata()).icc ?? Buffer.alloc(0);
  const stored = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
  const tiff = toTiffWithProfile({ width: 16, height: 16, data: stored }, profile);
  const converted = await sharp(tiff).toColourspace("srgb").raw().toBuffer();
  expect([...stored.subarray(0, 3)]).not.toEqual([200, 80, 60]);
  [200, 80, 60].forEach((value, channel) => expect(Math.abs((converted[channel] ?? 0) - value)).toBeLessThanOrEqual(3));
});

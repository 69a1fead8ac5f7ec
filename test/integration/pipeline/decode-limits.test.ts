/** Limits hold before and during the decode, and damaged files are named as such. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { identifyFormat } from "../../../src/photo/sniff.ts";
import type { DecodedImage, DecodeLimits } from "../../../src/photo/types.ts";
import { decodePhoto } from "../../../src/pipeline/decode/decode-photo.ts";
import { createPixelWorkers } from "../../../src/pipeline/decode/pixel-workers.ts";
import { encodeBmp } from "../../support/bmp-files.ts";
import { encodeJpeg, LIMITS, NEEDS, paintScene, sharpOf } from "../../support/images.ts";
import { encodeRaw } from "../../support/raw-files.ts";

const decode = (
  bytes: Buffer,
  limits: Partial<DecodeLimits> = {},
  signal = new AbortController().signal,
): Promise<DecodedImage> =>
  decodePhoto(bytes, identifyFormat(bytes, "photo.nef"), { needs: NEEDS, limits: { ...LIMITS, ...limits }, signal });

const pngChunk = (type: string, payload: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), payload]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(payload.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
};
/** A PNG that says it is huge and holds next to nothing. */
const pngBomb = (width: number, height: number): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", Buffer.from("789c63000100000500010d0a2db4", "hex")),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
};
/** Rewrites the size in the frame header. */
const jpegBomb = (jpeg: Buffer, size: number): Buffer => {
  const bytes = Buffer.from(jpeg);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(size, frame + 5);
  bytes.writeUInt16BE(size, frame + 7);
  return bytes;
};
const bmpBomb = (): Buffer => {
  const bytes = encodeBmp(paintScene(2, 2), { bits: 24 });
  bytes.writeInt32LE(50_000, 18);
  bytes.writeInt32LE(50_000, 22);
  return bytes;
};
const gifBomb = (): Buffer =>
  Buffer.from("474946383961ffffffff800000000000ffffff2c00000000ffffffff0002024401003b", "hex");

describe("limits", () => {
  test("the file's size counts to the byte", async () => {
    const jpeg = await encodeJpeg(paintScene(64, 48));
    await expect(decode(jpeg, { maxFileBytes: jpeg.length })).resolves.toMatchObject({ width: 64 });
    await expect(decode(jpeg, { maxFileBytes: jpeg.length - 1 })).rejects.toMatchObject({ failure: "too_large" });
  });

  test("edges and pixels count from the header", async () => {
    const jpeg = await encodeJpeg(paintScene(640, 480));
    await expect(decode(jpeg, { maxDimension: 640, maxPixels: 640 * 480 })).resolves.toMatchObject({ width: 384 });
    await expect(decode(jpeg, { maxDimension: 639 })).rejects.toMatchObject({ failure: "too_many_pixels" });
    await expect(decode(jpeg, { maxPixels: 640 * 480 - 1 })).rejects.toMatchObject({ failure: "too_many_pixels" });
    const raw = encodeRaw("nef", { jpeg, width: 40_000, height: 30_000 });
    await expect(decode(raw)).rejects.toMatchObject({ failure: "too_many_pixels" });
  });

  test("a picture that claims 50,000 x 50,000 pixels is refused at once", async () => {
    const jpeg = await encodeJpeg(paintScene(64, 48));
    const bombs = [pngBomb(50_000, 50_000), jpegBomb(jpeg, 50_000), bmpBomb(), gifBomb(), pngBomb(1, 50_000)];
    const start = performance.now();
    for (const bomb of bombs) await expect(decode(bomb)).rejects.toMatchObject({ failure: "too_many_pixels" });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test("a decode that takes too long is ended", async () => {
    const png = await (await sharpOf(paintScene(3000, 2000))).png({ compressionLevel: 1 }).toBuffer();
    await expect(decode(png, { timeoutMs: 1 })).rejects.toMatchObject({ failure: "decode_timeout" });
    const bmp = encodeBmp(paintScene(1500, 1000), { bits: 24 });
    await expect(decode(bmp, { timeoutMs: 1 })).rejects.toMatchObject({ failure: "decode_timeout" });
    await expect(decode(bmp)).resolves.toMatchObject({ originalWidth: 1500 }); // the next one has a new worker
  });

  test("an abort ends a decode with the signal's reason", async () => {
    const png = await (await sharpOf(paintScene(3000, 2000))).png({ compressionLevel: 1 }).toBuffer();
    const bmp = encodeBmp(paintScene(1500, 1000), { bits: 24 });
    for (const bytes of [png, bmp]) {
      const controller = new AbortController();
      const work = decode(bytes, {}, controller.signal);
      setImmediate(() => controller.abort(new Error("enough")));
      await expect(work).rejects.toThrow("enough");
      await expect(decode(bytes, {}, controller.signal)).rejects.toThrow("enough");
    }
  });
});

describe("damaged files", () => {
  const cases: Readonly<Record<string, () => Promise<Buffer>>> = {
    JPEG: () => encodeJpeg(paintScene(640, 480)),
    "progressive JPEG": async () => (await sharpOf(paintScene(640, 480))).jpeg({ progressive: true }).toBuffer(),
    PNG: async () => (await sharpOf(paintScene(640, 480))).png().toBuffer(),
    WebP: async () => (await sharpOf(paintScene(640, 480))).webp().toBuffer(),
    GIF: async () => (await sharpOf(paintScene(640, 480))).gif().toBuffer(),
    TIFF: async () => (await sharpOf(paintScene(640, 480))).tiff({ compression: "lzw" }).toBuffer(),
    AVIF: async () => (await sharpOf(paintScene(640, 480))).avif({ effort: 0 }).toBuffer(),
    BMP: () => Promise.resolve(encodeBmp(paintScene(640, 480), { bits: 24 })),
    RAW: async () => {
      const jpeg = await encodeJpeg(paintScene(640, 480));
      return encodeRaw("raf", { jpeg: jpeg.subarray(0, jpeg.length / 2), width: 640, height: 480 });
    },
  };

  test.each(Object.keys(cases))("a %s file cut in half is no photo", async (name) => {
    const bytes = (await cases[name]?.()) ?? Buffer.alloc(0);
    const cut = name === "RAW" ? bytes : bytes.subarray(0, bytes.length / 2);
    await expect(decode(cut)).rejects.toMatchObject({
      failure: "decode_failed",
      message: expect.stringMatching(/^Expected [^/]*\.$/),
    });
  });

  test("the reason is told once, without names of the library's parts", async () => {
    const bytes = await encodeJpeg(paintScene(640, 480));
    await expect(decode(bytes.subarray(0, 100))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Expected a complete JPEG file, received a damaged one: (?!.*vips)[^;]+(; [^;]+)?\.$/i,
      ),
    });
  });

  test("a RAW file without a preview says so", async () => {
    const bytes = encodeRaw("arw", { jpeg: Buffer.alloc(64), width: 640, height: 480 });
    await expect(decode(bytes)).rejects.toMatchObject({
      failure: "decode_failed",
      message: expect.stringContaining("embedded JPEG preview"),
    });
  });

  const heic = join(import.meta.dirname, "../../../../shared/photos/cameras/heic-samplefilehub.heif");
  test.skipIf(!existsSync(heic))("a HEIC file cut in half is no photo (needs ../shared/photos)", async () => {
    const bytes = readFileSync(heic);
    await expect(decode(bytes.subarray(0, bytes.length / 2))).rejects.toMatchObject({ failure: "decode_failed" });
    await expect(decode(bytes)).resolves.toMatchObject({ originalWidth: 640 });
    await expect(decode(bytes, { timeoutMs: 1 })).rejects.toMatchObject({ failure: "decode_timeout" });
  });
});

describe("pixel workers", () => {
  const job = {
    decoder: "bmp",
    bytes: encodeBmp(paintScene(8, 8), { bits: 24 }),
    width: 8,
    height: 8,
    page: 0,
  } as const;
  const options = { timeoutMs: 5000, signal: new AbortController().signal };

  test("more jobs than workers wait their turn without their time running", async () => {
    const workers = createPixelWorkers({ size: 1, idleMs: 50 });
    const images = await Promise.all(Array.from({ length: 20 }, () => workers.decode(job, options)));
    expect(images.map((image) => image.width)).toEqual(Array.from({ length: 20 }, () => 8));
  });

  test("a broken job harms no other", async () => {
    const workers = createPixelWorkers({ size: 1, idleMs: 50 });
    const broken = workers.decode({ ...job, bytes: job.bytes.subarray(0, 60) }, options);
    const good = workers.decode(job, options);
    await expect(broken).rejects.toThrow(/cut off/);
    await expect(good).resolves.toMatchObject({ width: 8 });
  });

  test("do not keep a process alive", async () => {
    const module = join(import.meta.dirname, "../../../src/pipeline/decode/pixel-workers.ts");
    const bytes = [...job.bytes].join(",");
    const program = `
      const { pixelWorkers } = await import(${JSON.stringify(module)});
      const job = { decoder: "bmp", bytes: Uint8Array.of(${bytes}), width: 8, height: 8, page: 0 };
      const image = await pixelWorkers.decode(job, { timeoutMs: 5000, signal: new AbortController().signal });
      process.stdout.write(String(image.width));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 15_000, // far below the 30 s after which an idle worker would end
    });
    expect(stdout).toBe("8");
  });
});

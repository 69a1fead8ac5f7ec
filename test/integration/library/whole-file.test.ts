import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WholeFileReply } from "../../../src/library/scan/whole-file.ts";
import { checkWhole } from "../../../src/library/scan/whole-file.ts";
import { FORMATS } from "../../../src/photo/formats.ts";
import { encodeBmp } from "../../support/bmp-files.ts";
import { encodeJpeg, paintScene, sharpOf } from "../../support/images.ts";
import { encodeRaw, RAW_EXTENSIONS } from "../../support/raw-files.ts";

const REAL_PHOTOS = join(import.meta.dirname, "../../../../shared/photos");
const noRealPhotos = !existsSync(REAL_PHOTOS);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-whole-"));
});
afterAll(() => rm(folder, { recursive: true }));

const check = async (name: string, bytes: Uint8Array): Promise<WholeFileReply> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return checkWhole(Buffer.from(path), new AbortController().signal);
};
const statusOf = async (name: string, bytes: Uint8Array): Promise<string> => (await check(name, bytes)).status;

/** Noise, so that no encoder can make much of it less. */
const noisy = (() => {
  const scene = paintScene(400, 300);
  let state = 1;
  const data = scene.data.map((value) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (value + (state >> 16)) & 0xff;
  });
  return { ...scene, data };
})();

const rawFiles = RAW_EXTENSIONS.map((extension): [string, () => Promise<Buffer>] => [
  extension,
  async () => encodeRaw(extension, { jpeg: await encodeJpeg(noisy), width: 800, height: 600 }),
]);

const FILES: Readonly<Record<string, () => Promise<Buffer>>> = {
  jpg: () => encodeJpeg(noisy),
  "progressive.jpg": async () => (await sharpOf(noisy)).jpeg({ progressive: true }).toBuffer(),
  png: async () => (await sharpOf(noisy)).png().toBuffer(),
  gif: async () => (await sharpOf(noisy)).gif().toBuffer(),
  webp: async () => (await sharpOf(noisy)).webp({ quality: 95 }).toBuffer(),
  "lossless.webp": async () => (await sharpOf(noisy)).webp({ lossless: true }).toBuffer(),
  avif: async () => (await sharpOf(noisy)).avif({ quality: 95, effort: 0 }).toBuffer(),
  tif: async () => (await sharpOf(noisy)).tiff({ compression: "lzw" }).toBuffer(),
  "plain.tif": async () => (await sharpOf(noisy)).tiff({ compression: "none" }).toBuffer(),
  bmp: () => Promise.resolve(encodeBmp(noisy, { bits: 24 })),
  ...Object.fromEntries(rawFiles),
};
const make = async (name: string): Promise<Buffer> => (await FILES[name]?.()) ?? Buffer.alloc(0);

/** The file as it is while a program writes it that reserved the space first. */
const reserved = (bytes: Buffer, written: number): Buffer =>
  Buffer.concat([bytes.subarray(0, written), Buffer.alloc(bytes.length - written)]);

/** Of the others the structure names places only; what is in them may as well be black. */
const TELLS_CONTENT = ["jpg", "progressive.jpg", "png", "gif", "webp", "lossless.webp", "avif", "tif", "cr3"];

describe.each(Object.keys(FILES))("a %s file", (name) => {
  test("is whole at its full length", async () => {
    expect(await check(`whole.${name}`, await make(name))).toEqual({ status: "whole" });
  });

  test("is unfinished at any shorter length", async () => {
    const bytes = await make(name);
    for (const share of [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
      expect(await statusOf(`short.${name}`, bytes.subarray(0, Math.floor(bytes.length * share)))).toBe("unfinished");
    }
  });
});

test.each(TELLS_CONTENT)("a %s file is unfinished while its space is reserved and not filled", async (name) => {
  const bytes = await make(name);
  for (const share of [0, 0.05, 0.3, 0.6]) {
    expect(await statusOf(`reserved.${name}`, reserved(bytes, Math.floor(bytes.length * share)))).toBe("unfinished");
  }
});

describe("what follows the end of a picture is free", () => {
  test.each(["jpg", "png", "gif", "webp"])("in a %s file", async (name) => {
    const video = Buffer.from("\0\0\0\x18ftypmp42 and so on");
    expect(await statusOf(`motion.${name}`, Buffer.concat([await make(name), video]))).toBe("whole");
  });
});

test("an end marker inside the metadata of a JPEG is none", async () => {
  const bytes = await make("jpg");
  const thumbnail = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 2 + thumbnail.length]), thumbnail]);
  const withThumbnail = Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
  expect(await statusOf("thumbnail.jpg", withThumbnail)).toBe("whole");
  expect(await statusOf("half.jpg", withThumbnail.subarray(0, withThumbnail.length / 2))).toBe("unfinished");
});

test("an empty file is not yet a photo", async () => {
  expect(await check("empty.jpg", Buffer.alloc(0))).toEqual({ status: "unfinished", reason: "The file is empty." });
});

test("what is no photo, or a damaged one, is for the decoder to refuse", async () => {
  expect(await statusOf("text.jpg", Buffer.from("this is no picture at all, and never will be"))).toBe("whole");
  const damaged = await make("jpg");
  damaged.fill(0x55, 20, 60);
  expect(await statusOf("damaged.jpg", damaged)).toBe("whole");
});

test("a file that is gone, and what is no file", async () => {
  const { signal } = new AbortController();
  expect(await checkWhole(Buffer.from(join(folder, "gone.jpg")), signal)).toEqual({ status: "gone" });
  expect(await checkWhole(Buffer.from(folder), signal)).toMatchObject({ status: "unreadable" });
});

test("an aborted check rejects", async () => {
  await expect(checkWhole(Buffer.from(folder), AbortSignal.abort())).rejects.toThrow();
});

test("every format has a check that was tried here, but for HEIC, which nothing here can encode", () => {
  const tried = Object.keys(FILES).map((name) => name.slice(name.lastIndexOf(".") + 1));
  const untried = FORMATS.filter(({ extensions }) => !extensions.some((extension) => tried.includes(extension)));
  expect(untried.map(({ format }) => format)).toEqual(["heic"]);
});

describe.skipIf(noRealPhotos)("real photos (skipped without the folder shared/photos)", () => {
  const photos = noRealPhotos
    ? []
    : readdirSync(REAL_PHOTOS, { recursive: true, encoding: "utf8" }).filter((name) =>
        /\.(jpe?g|heic|heif|tiff?|png)$/i.test(name),
      );
  test("are whole", async () => {
    const { signal } = new AbortController();
    const replies = await Promise.all(
      photos.map(async (name) => [name, (await checkWhole(Buffer.from(join(REAL_PHOTOS, name)), signal)).status]),
    );
    expect(replies.filter(([, status]) => status !== "whole")).toEqual([]);
    expect(replies.length).toBeGreaterThan(30);
  });

  test.each(photos.filter((name) => /\.hei[cf]$/i.test(name)))(
    "%s is unfinished when it is cut or reserved",
    async (name) => {
      const { readFile } = await import("node:fs/promises");
      const bytes = await readFile(join(REAL_PHOTOS, name));
      for (const share of [0.1, 0.5, 0.8]) {
        const written = Math.floor(bytes.length * share);
        expect(await statusOf("cut.heic", bytes.subarray(0, written))).toBe("unfinished");
        expect(await statusOf("reserved.heic", reserved(bytes, written))).toBe("unfinished");
      }
    },
  );
});

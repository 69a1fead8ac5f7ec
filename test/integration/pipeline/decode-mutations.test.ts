/** A thousand damaged files, the same in every run: each is a picture or a named failure; nothing crashes or hangs. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PHOTO_FAILURE_CODES, UnreadablePhotoError } from "../../../src/errors.ts";
import { identifyFormat } from "../../../src/photo/sniff.ts";
import type { DecodedImage } from "../../../src/photo/types.ts";
import { decodePhoto } from "../../../src/pipeline/decode/decode-photo.ts";
import { encodeBmp } from "../../support/bmp-files.ts";
import { encodeJpeg, encodeOriented, LIMITS, NEEDS, paintScene, sharpOf } from "../../support/images.ts";
import { encodeRaw, RAW_EXTENSIONS } from "../../support/raw-files.ts";

const MUTATIONS = 1000;
const SEED = 20_240_715;
const IN_FLIGHT = 4;

/** Mulberry32. */
const createRandom = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
};

interface Specimen {
  readonly name: string;
  readonly bytes: Buffer;
}

const goodFiles = async (): Promise<readonly Specimen[]> => {
  const scene = paintScene(96, 72);
  const sharp = await sharpOf(scene);
  const jpeg = await encodeJpeg(scene);
  const palette = [
    [0, 0, 0],
    [90, 120, 250],
    [40, 110, 30],
    [255, 230, 90],
  ] as const;
  const shared = join(import.meta.dirname, "../../../../shared/photos");
  const heic = ["cameras/heic-samplefilehub.heif", "oracle/cheers_1440x960.heic"]
    .map((path) => join(shared, path))
    .filter((path) => existsSync(path));
  return [
    { name: "a.jpg", bytes: await encodeOriented(scene, 6) },
    { name: "b.jpg", bytes: await sharp.clone().jpeg({ progressive: true }).toBuffer() },
    { name: "c.png", bytes: await sharp.clone().withIccProfile("p3").png().toBuffer() },
    { name: "d.png", bytes: await sharp.clone().png({ palette: true }).toBuffer() },
    { name: "e.webp", bytes: await sharp.clone().webp().toBuffer() },
    { name: "f.webp", bytes: await sharp.clone().webp({ lossless: true }).toBuffer() },
    { name: "g.gif", bytes: await sharp.clone().gif().toBuffer() },
    { name: "h.tif", bytes: await sharp.clone().tiff({ compression: "lzw" }).toBuffer() },
    { name: "i.tif", bytes: await sharp.clone().tiff({ compression: "none" }).toBuffer() },
    { name: "j.bmp", bytes: encodeBmp(scene, { bits: 24 }) },
    { name: "k.bmp", bytes: encodeBmp(scene, { bits: 8, palette, runLengths: true }) },
    { name: "l.bmp", bytes: encodeBmp(scene, { bits: 4, palette, headerBytes: 124 }) },
    { name: "m.avif", bytes: await sharp.clone().avif({ effort: 0 }).toBuffer() },
    ...RAW_EXTENSIONS.map((extension) => ({
      name: `n.${extension}`,
      bytes: encodeRaw(extension, { jpeg, thumbnail: jpeg, orientation: 6, width: 96, height: 72 }),
    })),
    ...heic.map((path) => ({ name: path, bytes: readFileSync(path) })),
  ];
};

const HEADER_BYTES = 200;

const mutate = (bytes: Buffer, random: (below: number) => number): Buffer => {
  const mutated = Buffer.from(bytes);
  const flip = (within: number): void => {
    const at = random(Math.min(within, mutated.length));
    mutated[at] = (mutated[at] ?? 0) ^ (1 << random(8));
  };
  switch (random(6)) {
    case 0:
      for (let count = 1 + random(8); count > 0; count -= 1) flip(mutated.length);
      return mutated;
    case 1:
      flip(HEADER_BYTES);
      return mutated;
    case 2:
      mutated.fill(random(2) * 255, random(HEADER_BYTES), random(HEADER_BYTES) + 4);
      return mutated;
    case 3:
      return mutated.subarray(0, random(mutated.length));
    case 4: {
      const at = random(mutated.length);
      return Buffer.concat([mutated.subarray(0, at), Buffer.alloc(1 + random(64)), mutated.subarray(at)]);
    }
    default: {
      const at = random(mutated.length);
      return Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1 + random(64))]);
    }
  }
};

/** The outcome as one word; anything but a picture or a named failure throws. */
const outcomeOf = async ({ name, bytes }: Specimen): Promise<string> => {
  let decoded: DecodedImage;
  try {
    decoded = await decodePhoto(bytes, identifyFormat(bytes, name), {
      needs: NEEDS,
      limits: LIMITS,
      signal: new AbortController().signal,
    });
  } catch (error) {
    if (!(error instanceof UnreadablePhotoError)) throw new Error(`${name}: unexpected failure`, { cause: error });
    expect(PHOTO_FAILURE_CODES).toContain(error.failure);
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    return error.failure;
  }
  expect(decoded.data, name).toHaveLength(decoded.width * decoded.height * 3);
  return "picture";
};

test("a thousand mutated files are pictures or named failures", { timeout: 180_000 }, async () => {
  const random = createRandom(SEED);
  const files = await goodFiles();
  for (const file of files) expect(await outcomeOf(file), file.name).toBe("picture");
  const specimens = Array.from({ length: MUTATIONS }, (_, index) => {
    const { name, bytes } = files[index % files.length] ?? { name: "", bytes: Buffer.alloc(0) };
    return { name, bytes: mutate(bytes, random) };
  });
  const counts = new Map<string, number>();
  const queue = specimens.values();
  const drain = async (): Promise<void> => {
    for (const specimen of queue) {
      const outcome = await outcomeOf(specimen);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, drain));
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(MUTATIONS);
  expect(counts.get("picture")).toBeGreaterThan(100);
  expect(counts.get("decode_failed")).toBeGreaterThan(100);
  expect(counts.get("decode_timeout") ?? 0).toBe(0);
});

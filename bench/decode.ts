/** One decode for every derived picture against one sharp pipeline per picture. */
import { join } from "node:path";
import sharp from "sharp";
import { prepareModelInput } from "../src/photo/model-input.ts";
import { perceptualHash } from "../src/photo/perceptual-hash.ts";
import { encodeThumbnail } from "../src/photo/rendition.ts";
import { decodePhoto } from "../src/pipeline/decode/decode-photo.ts";
import { createReadBuffers } from "../src/pipeline/decode/read-buffers.ts";
import { readPhotoFile } from "../src/pipeline/decode/read-photo-file.ts";
import type { Bench } from "./support/bench.ts";
import { atLeast, median } from "./support/bench.ts";
import { generatePhotos, TWELVE_MEGAPIXELS } from "./support/photos.ts";

const IN_FLIGHT = 4;
const ROUNDS = 9;
const THUMBNAIL = { size: 256, format: "webp", quality: 80 } as const;
const MODEL_INPUT = { size: 224, resize: "squash", kernel: "bicubic" } as const;
const LIMITS = { maxFileBytes: 1e8, maxDimension: 30_000, maxPixels: 2e8, timeoutMs: 15_000 };

const buffers = createReadBuffers(IN_FLIGHT);

const derive = async (path: string): Promise<void> => {
  const needs = { thumbnailSize: THUMBNAIL.size, modelInput: MODEL_INPUT };
  const { signal } = new AbortController();
  const { bytes } = await readPhotoFile(Buffer.from(path), { limits: LIMITS, signal, buffers });
  const decoded = await decodePhoto(bytes, "jpeg", { needs, limits: LIMITS, signal });
  buffers.giveBack(bytes);
  await encodeThumbnail(decoded, THUMBNAIL);
  await prepareModelInput(decoded, MODEL_INPUT);
  perceptualHash(decoded);
};

/** What one writes first: a pipeline from the file for each of the three. */
const deriveNaively = async (path: string): Promise<void> => {
  await sharp(path).rotate().resize(256, 256, { fit: "inside" }).webp({ quality: THUMBNAIL.quality }).toBuffer();
  await sharp(path).rotate().resize(224, 224, { fit: "fill" }).removeAlpha().raw().toBuffer();
  await sharp(path).rotate().greyscale().resize(9, 9, { fit: "fill" }).raw().toBuffer();
};

interface Pace {
  readonly photosPerSecond: number;
  /** Processor time of all threads: less disturbed by other programs than the clock. */
  readonly cpuMsPerPhoto: number;
}

/** With four in flight. */
const paceOf = async (paths: readonly string[], work: (path: string) => Promise<void>): Promise<Pace> => {
  const waiting = [...paths];
  const start = performance.now();
  const cpuBefore = process.cpuUsage();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) await work(path);
    }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    photosPerSecond: (paths.length / (performance.now() - start)) * 1000,
    cpuMsPerPhoto: (user + system) / 1000 / paths.length,
  };
};

export const decodeBench: Bench = {
  name: "decode",
  about:
    "Thumbnail, model input and perceptual hash of 12-megapixel JPEGs (3 to 4 MB), four in flight: from one shrunk decode, and the naive way with one sharp pipeline per output from the file. Medians of nine alternating rounds.",
  async run({ quick, directory, log }) {
    const photos = join(directory, "decode");
    const paths = await generatePhotos(photos, { count: quick ? 8 : 48, ...TWELVE_MEGAPIXELS });
    const ours: Pace[] = [];
    const naive: Pace[] = [];
    for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
      ours.push(await paceOf(paths, derive));
      naive.push(await paceOf(paths, deriveNaively));
      const [mine, theirs] = [ours, naive].map((paces) => paces.at(-1)?.photosPerSecond.toFixed(1));
      log(`round ${round + 1}: ${mine} photos/s, naive ${theirs}`);
    }
    const ratios = ours.map((pace, round) => pace.photosPerSecond / (naive[round]?.photosPerSecond ?? Number.NaN));
    const cpu = median(ours.map((pace) => pace.cpuMsPerPhoto));
    const naiveCpu = median(naive.map((pace) => pace.cpuMsPerPhoto));
    return [
      atLeast("one decode", median(ours.map((pace) => pace.photosPerSecond)), "photos/s", 45),
      atLeast("one decode over naive", median(ratios), "x", 2.4),
      { metric: "one decode, processor time", value: cpu, unit: "ms per photo" },
      { metric: "naive, processor time", value: naiveCpu, unit: "ms per photo" },
      { metric: "processor time, naive over one decode", value: naiveCpu / cpu, unit: "x" },
    ];
  },
};

/** Full `process` against transformers.js on the same photos and the same ONNX file. */
import { join } from "node:path";
import type { Table } from "@lancedb/lancedb";
import sharp from "sharp";
import { env, pipeline } from "transformers-reference";
import { installRandomEncoder, VIT_B_16 } from "../test/support/encoders.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast, atMost, secondsOf } from "./support/bench.ts";
import { openBenchPhoton, processFolder } from "./support/photon.ts";
import { watchMainLoop } from "./support/main-loop.ts";
import { generatePhotos, TWELVE_MEGAPIXELS } from "./support/photos.ts";

const BATCH_SIZES = [1, 4, 8] as const;
const NAIVE_PHOTOS = 24;
const DTYPE = { fp32: "fp32", int8: "q8" } as const;
const OVER_EXTRACTION = { fp32: 1.25, int8: 1.6 } as const;

type Variant = keyof typeof DTYPE;
type Extractor = (images: string[]) => Promise<{ readonly data: ArrayLike<number>; dispose(): void }>;

const openExtractor = async (modelDirectory: string, variant: Variant): Promise<Extractor> => {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = "/";
  const extract = await pipeline("image-feature-extraction", modelDirectory, { dtype: DTYPE[variant], device: "cpu" });
  return async (images) => extract(images) as ReturnType<Extractor>; // the pipeline's return type covers every task
};

/** Photos per second of nothing but feature extraction, at the best batch size. */
const extractionRate = async (
  extract: Extractor,
  paths: readonly string[],
  log: (line: string) => void,
): Promise<number> => {
  let best = 0;
  for (const size of BATCH_SIZES) {
    const seconds = await secondsOf(async () => {
      for (let start = 0; start < paths.length; start += size) await extract(paths.slice(start, start + size));
    });
    const rate = paths.length / seconds;
    log(`transformers.js, batches of ${size}: ${rate.toFixed(2)} photos/s`);
    best = Math.max(best, rate);
  }
  return best;
};

/** One photo after the other: features, metadata, thumbnail, one row added to a table. */
const naiveRate = async (extract: Extractor, paths: readonly string[], directory: string): Promise<number> => {
  const lancedb = await import("@lancedb/lancedb"); // after bench/main.ts has set its log level
  const connection = await lancedb.connect(join(directory, "naive"));
  let table: Table | undefined;
  const seconds = await secondsOf(async () => {
    for (const path of paths) {
      const { width, height } = await sharp(path).metadata();
      const thumbnail = await sharp(path).resize(256, 256, { fit: "inside" }).webp({ quality: 80 }).toBuffer();
      const vector = Array.from((await extract([path])).data);
      const row = { path, width, height, thumbnail: thumbnail.toString("base64"), vector };
      if (table === undefined) table = await connection.createTable("photos", [row], { mode: "overwrite" });
      else await table.add([row]);
    }
  });
  connection.close();
  return paths.length / seconds;
};

interface PhotonPace {
  readonly rate: number;
  readonly longestPauseMs: number;
  readonly mostWorkMs: number;
}

const photonPace = async (
  photos: string,
  warmUp: string,
  library: { readonly directory: string; readonly model: string },
): Promise<PhotonPace> => {
  await using photon = await openBenchPhoton(library);
  await processFolder(photon, warmUp); // hosts, label bank and tables are there
  const stopWatching = watchMainLoop();
  let count = 0;
  const seconds = await secondsOf(async () => {
    count = await processFolder(photon, photos);
  });
  return { rate: count / seconds, ...stopWatching() };
};

export const processBench: Bench = {
  name: "process",
  about:
    "12-megapixel JPEGs through the whole of `photon process` (hash, metadata, thumbnail, perceptual hash, embedding, 4,000-term tags, catalogue, index) with a ViT-B/16 of random weights, against @huggingface/transformers doing nothing but image-feature-extraction with the same ONNX file at its best batch size, and against a naive one-by-one ingest built on it (extraction, two sharp calls, one LanceDB add per photo).",
  async run({ quick, directory, log }) {
    const photos = join(directory, "process");
    const warmUp = join(directory, "process-warm-up");
    const paths = await generatePhotos(photos, { count: quick ? 8 : 192, ...TWELVE_MEGAPIXELS });
    await generatePhotos(warmUp, { count: 4, width: 640, height: 480 });
    const results: BenchResult[] = [];
    for (const variant of ["fp32", "int8"] as const) {
      const home = join(directory, `process-${variant}`);
      const model = await installRandomEncoder(join(home, "models"), { shape: VIT_B_16, variant });
      const library = { directory: home, model: model.manifest.id };
      const { rate, longestPauseMs, mostWorkMs } = await photonPace(photos, warmUp, library);
      log(`photon ${variant}: ${rate.toFixed(2)} photos/s, longest pause ${longestPauseMs.toFixed(0)} ms`);
      const extract = await openExtractor(model.directory, variant);
      await extract(paths.slice(0, 1));
      const extraction = await extractionRate(extract, paths.slice(0, quick ? 4 : 48), log);
      const naive = await naiveRate(extract, paths.slice(0, quick ? 4 : NAIVE_PHOTOS), home);
      log(`naive ingest: ${naive.toFixed(2)} photos/s`);
      results.push(
        { metric: `${variant}: photon`, value: rate, unit: "photos/s" },
        { metric: `${variant}: transformers.js, extraction only`, value: extraction, unit: "photos/s" },
        { metric: `${variant}: naive ingest`, value: naive, unit: "photos/s" },
        atLeast(`${variant}: photon over extraction`, rate / extraction, "x", OVER_EXTRACTION[variant]),
        ...(variant === "int8" ? [atLeast("int8: photon over naive", rate / naive, "x", 3.3)] : []),
        atMost(`${variant}: longest pause of the main loop`, longestPauseMs, "ms", 50),
        { metric: `${variant}: of it the main thread's own work, at most`, value: mostWorkMs, unit: "ms" },
      );
    }
    return results;
  },
};

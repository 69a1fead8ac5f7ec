/** The built-in model by itself, and how soon it has tagged a first photo. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureBuiltInModel } from "../models/embedding/built-in-model.ts";
import { openImageTower } from "../models/embedding/image-tower.ts";
import type { InstalledModel } from "../models/embedding/installed-models.ts";
import { fileOfRole } from "../models/embedding/manifest.ts";
import { openTextTower } from "../models/embedding/text-tower.ts";
import { createRandom } from "../src/sample-library/random.ts";
import { generateSampleLibrary } from "../src/sample-library/generate.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast, atMost, median, secondsOf } from "./support/bench.ts";

const THREADS = 2;
const IMAGES_PER_RUN = 4;
const LAUNCHER = join(import.meta.dirname, "../bin/photon.js");
const BARS = { imagesPerSecond: 250, queryMs: 5, firstTagsSeconds: 2 } as const;
const QUERIES = ["dog", "a red car in the snow", "sunset over the sea", "people at a birthday party"];
const MIB = 1024 * 1024;

const settings = { threads: THREADS, device: "cpu" } as const;

const randomPixels = (size: number, seed: number): Uint8Array => {
  const random = createRandom(seed);
  return Uint8Array.from({ length: size * size * 3 }, () => random.integer(0, 255));
};

const imagesPerSecond = async ({ manifest, directory }: InstalledModel, runs: number): Promise<number> => {
  const { image, dimension } = manifest;
  const path = join(directory, fileOfRole(manifest, "vision").path);
  const tower = await openImageTower({ ...settings, path, image, dimension, output: manifest.output.vision });
  const images = Array.from({ length: IMAGES_PER_RUN }, (_, seed) => randomPixels(image.size, seed));
  await tower.run(images);
  const seconds = await secondsOf(async () => {
    for (let run = 0; run < runs; run += 1) await tower.run(images);
  });
  return (runs * IMAGES_PER_RUN) / seconds;
};

/** Tokenizer and graph, without the process around them. */
const queryMilliseconds = async ({ manifest, directory }: InstalledModel, rounds: number): Promise<number> => {
  const { text, dimension } = manifest;
  const pathOf = (role: "text" | "tokenizer"): string => join(directory, fileOfRole(manifest, role).path);
  const tower = await openTextTower({
    ...settings,
    path: pathOf("text"),
    tokenizerPath: pathOf("tokenizer"),
    text,
    dimension,
    output: manifest.output.text,
  });
  await tower.run([QUERIES]);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const query = QUERIES[round % QUERIES.length] ?? "";
    times.push(1000 * (await secondsOf(() => tower.run([[query]]))));
  }
  return median(times);
};

/** Seconds from the start of `photon process` in an empty home to its first record; the record has tags. */
const firstTags = async (home: string, photos: string): Promise<number> => {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "config.toml"), '[embedding]\nmodel = "photon-mini"\n[tagging]\nmin_confidence = 0\n');
  const start = performance.now();
  const child = spawn(process.execPath, [LAUNCHER, "process", photos, "--format", "jsonl", "--quiet"], {
    env: { ...process.env, PHOTON_HOME: home, PHOTON_CONFIG: join(home, "config.toml") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  let seconds = Number.NaN;
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
    if (Number.isNaN(seconds) && output.includes("\n")) seconds = (performance.now() - start) / 1000;
  });
  await once(child, "close");
  const { tags } = JSON.parse(output.slice(0, output.indexOf("\n"))) as { readonly tags: readonly unknown[] };
  if (tags.length === 0) throw new Error("Expected tags in the first record, received none.");
  return seconds;
};

export const photonMiniBench: Bench = {
  name: "photon-mini",
  about: `The built-in model: image tower alone on ${THREADS} threads in runs of ${IMAGES_PER_RUN}, one text query, memory of both towers, and \`photon process\` in an empty home from its start to the first record with tags.`,
  async run({ quick, directory, log }) {
    const model = await ensureBuiltInModel(join(directory, "photon-mini-models"));
    const before = process.memoryUsage().rss;
    const rate = await imagesPerSecond(model, quick ? 25 : 500);
    log(`image tower: ${rate.toFixed(0)} images/s`);
    const query = await queryMilliseconds(model, quick ? 20 : 400);
    log(`text query: ${query.toFixed(2)} ms`);
    const towers: BenchResult = {
      metric: "memory of both towers",
      value: (process.memoryUsage().rss - before) / MIB,
      unit: "MiB",
    };
    const photos = join(directory, "photon-mini-photos");
    await generateSampleLibrary(photos, { count: 4 });
    const starts: number[] = [];
    for (let round = 0; round < (quick ? 1 : 5); round += 1) {
      starts.push(await firstTags(join(directory, `photon-mini-home-${round}`), photos));
      log(`first tags: ${starts.at(-1)?.toFixed(2)} s`);
    }
    return [
      atLeast("image tower", rate, "images/s", BARS.imagesPerSecond),
      atMost("text query", query, "ms", BARS.queryMs),
      atMost("first tags in an empty home", median(starts), "s", BARS.firstTagsSeconds),
      towers,
    ];
  },
};

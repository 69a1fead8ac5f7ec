/** What describing photos takes from processing them: nothing that could be noticed, whatever the provider does. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { VitShape } from "../test/support/encoders.ts";
import { installRandomEncoder, SMALL_VIT, VIT_B_16 } from "../test/support/encoders.ts";
import type { Photon } from "../src/app.ts";
import type { Bench, BenchOptions, BenchResult } from "./support/bench.ts";
import { atLeast, median } from "./support/bench.ts";
import { benchConfigPath, openBenchPhoton, processFolder } from "./support/photon.ts";
import { generatePhotos, TWELVE_MEGAPIXELS } from "./support/photos.ts";

/** undefined = without `--llm`. */
const BEHAVIOURS = [undefined, "hang", "ok"] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

const LEAST_SHARE = 0.95;

const nameOf = (behaviour: Behaviour): string => (behaviour === undefined ? "without --llm" : `stub/${behaviour}`);

/** Seconds until every photo is done, while its description is asked for, as `photon process --llm` does. */
const describedSeconds = async (photon: Photon, photos: string, directory: string): Promise<number> => {
  const stop = new AbortController();
  await using run = await photon.enrichPhotos({
    kinds: ["image_tag"],
    explicit: true,
    force: false,
    wait: true,
    costs: false,
    filter: {},
    workerEnvironment: { ...process.env, PHOTON_CONFIG: benchConfigPath({ directory }) },
    workingDirectory: directory,
    signal: stop.signal,
  });
  const reading = (async () => {
    for await (const result of run.results(stop.signal))
      if (result.status === "failed") throw new Error("A description failed.");
  })();
  const start = performance.now();
  let end = start;
  await processFolder(photon, photos, {
    alongside: run.ask,
    onPhoto: run.follow,
    onDone: () => {
      end = performance.now();
      stop.abort(); // what is described now is no longer beside the photos
    },
  });
  await reading;
  return (end - start) / 1000;
};

const plainSeconds = async (photon: Photon, photos: string): Promise<number> => {
  const start = performance.now();
  let end = start;
  await processFolder(photon, photos, { onDone: () => void (end = performance.now()) });
  return (end - start) / 1000;
};

interface CoreSize {
  readonly name: string;
  readonly photos: { readonly count: number; readonly width: number; readonly height: number };
  readonly shape: VitShape;
  readonly rounds: number;
}

/** Photos per second of each behaviour, by rounds in which they take turns. */
const measureRates = async (
  { name, photos: size, shape, rounds }: CoreSize,
  { directory, log }: Pick<BenchOptions, "directory" | "log">,
): Promise<readonly BenchResult[]> => {
  const photos = join(directory, name);
  const warmUp = join(directory, `${name}-warm-up`);
  await generatePhotos(photos, size);
  await generatePhotos(warmUp, { count: 4, width: 640, height: 480 });
  const rates = new Map<Behaviour, number[]>(BEHAVIOURS.map((behaviour) => [behaviour, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const behaviour of BEHAVIOURS) {
      const home = join(directory, `${name}-${round}-${behaviour ?? "none"}`);
      const model = await installRandomEncoder(join(home, "models"), { shape, variant: "int8" });
      const stub = behaviour === undefined ? {} : { stub: behaviour };
      await using photon = await openBenchPhoton({ directory: home, model: model.manifest.id, ...stub });
      await processFolder(photon, warmUp); // hosts, label bank and tables are there
      const seconds =
        behaviour === undefined ? await plainSeconds(photon, photos) : await describedSeconds(photon, photos, home);
      rates.get(behaviour)?.push(size.count / seconds);
      log(`${nameOf(behaviour)}: ${(size.count / seconds).toFixed(2)} photos/s`);
    }
  }
  await rm(photos, { recursive: true });
  const rateOf = (behaviour: Behaviour): number => median(rates.get(behaviour) ?? []);
  return BEHAVIOURS.flatMap((behaviour): readonly BenchResult[] => [
    { metric: nameOf(behaviour), value: rateOf(behaviour), unit: "photos/s" },
    ...(behaviour === undefined
      ? []
      : [atLeast(`${nameOf(behaviour)} over without`, rateOf(behaviour) / rateOf(undefined), "x", LEAST_SHARE)]),
  ]);
};

export const llmCoreBench: Bench = {
  name: "llm-core",
  about:
    "12-megapixel JPEGs through the whole of `photon process` with a ViT-B/16 of random weights: without language models, with a provider that never answers, and with one that answers at once. Photos per second until the last photo has its record; medians of runs that take turns.",
  run({ quick, ...options }) {
    const photos = quick ? { count: 8, width: 1280, height: 960 } : { count: 192, ...TWELVE_MEGAPIXELS };
    return measureRates({ name: "llm-core", photos, shape: VIT_B_16, rounds: quick ? 1 : 5 }, options);
  },
};

export const llmCoreManyBench: Bench = {
  name: "llm-core-5000",
  about:
    "The same over 5,000 JPEGs of 1280 pixels with a smaller vision transformer, so that it ends in a quarter of an hour: the start of the worker counts for nothing, and the backlog of its jobs grows long.",
  isLong: true,
  run({ quick, ...options }) {
    const photos = { count: quick ? 100 : 5000, width: 1280, height: 960 };
    return measureRates({ name: "llm-core-5000", photos, shape: SMALL_VIT, rounds: quick ? 1 : 3 }, options);
  },
};

/** Tags of stored vectors: a whole library anew, and single photos against vocabularies of two sizes. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { bankKeyOf, bankPathOf } from "../models/embedding/label-bank.ts";
import { writeLabelBank } from "../models/embedding/label-bank-file.ts";
import type { TagCalibration } from "../models/embedding/tag-calibration.ts";
import type { HostedTagger } from "../models/embedding/tagger.ts";
import { createTagger } from "../models/embedding/tagger.ts";
import type { VocabularyEntry } from "../models/embedding/vocabulary.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { openCatalogue } from "../src/catalogue/catalogue.ts";
import type { PhotoUpdate } from "../src/catalogue/photo-row.ts";
import { retag } from "../src/pipeline/retag.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atMost, median, secondsOf } from "./support/bench.ts";
import type { MainLoopPauses } from "./support/main-loop.ts";
import { watchMainLoop } from "./support/main-loop.ts";

const DIMENSION = 768;
const VECTOR_KEY = "bench@00000000/fp32/p1";
const PHOTOS = 100_000;
const QUICK_PHOTOS = 4000;
const STORE_LOT = 500;
const TERMS = 4000;
const MANY_TERMS = 68_000;
const SINGLE_PHOTOS = 200;
const RETAG_SECONDS = 60;
const PAUSE_MS = 50;
const MICROSECONDS = 1_000_000;
const LARGEST = 2 ** 32;

/** xorshift32 in place of a slow generator: millions of values are needed. */
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / LARGEST - 0.5;
  };
};

const randomUnit = (random: () => number, leaning?: Float32Array): Float32Array => {
  const vector = Float32Array.from({ length: DIMENSION }, () => random());
  if (leaning !== undefined) vector.forEach((value, place) => (vector[place] = value + 4 * (leaning[place] ?? 0)));
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
};

const vocabularyOf = (count: number): readonly VocabularyEntry[] =>
  Array.from({ length: count }, (_, term) => ({
    id: `bench/${term}`,
    name: `term ${term}`,
    category: "object",
    ancestors: [`group ${term % 100}`],
    synonyms: [],
    prompts: [`term ${term}`],
  }));

interface BenchTagger {
  readonly tagger: HostedTagger;
  readonly rows: Float32Array;
}

/** A tagger on a bank of random rows, calibrated with z as a fitted one is. */
const openTagger = async (bankDir: string, count: number, minConfidence: number): Promise<BenchTagger> => {
  const random = createRandom(count);
  const vocabulary = vocabularyOf(count);
  const encoder = {
    vectorKey: VECTOR_KEY,
    textKey: "bench",
    dimension: DIMENSION,
    calibration: { id: "bench", scale: 1, bias: 0, noMatchBelow: 0, goodFrom: 1 },
    embedTexts: () => Promise.reject(new Error("the bank is there")),
  };
  const key = await bankKeyOf(encoder, vocabulary);
  const rows = new Float32Array(count * DIMENSION);
  for (let term = 0; term < count; term += 1) rows.set(randomUnit(random), term * DIMENSION);
  const termIds = vocabulary.map(({ id }) => id);
  await mkdir(bankDir, { recursive: true });
  await writeLabelBank(bankPathOf(bankDir, key), {
    header: { key, count, dimension: DIMENSION, dtype: "float32", termIds },
    rows,
  });
  const reference = new Float32Array(256 * DIMENSION);
  for (let photo = 0; photo < 256; photo += 1) reference.set(randomUnit(random), photo * DIMENSION);
  const calibration: TagCalibration = {
    id: "bench",
    calibrated: true,
    weights: { z: 2, cosine: 0, level: 0, offset: -6 },
    reference,
  };
  const settings = { minConfidence, maxTags: 15, deduplicateAncestors: true };
  return { tagger: await createTagger({ encoder, vocabulary, bankDir, settings, calibration }), rows };
};

const storePhotos = async (catalogue: Catalogue, count: number, rows: Float32Array): Promise<void> => {
  const random = createRandom(11);
  for (let start = 0; start < count; start += STORE_LOT) {
    const updates = Array.from({ length: Math.min(STORE_LOT, count - start) }, (_, place): PhotoUpdate => {
      const term = (start + place) % TERMS;
      const vector = randomUnit(random, rows.subarray(term * DIMENSION, (term + 1) * DIMENSION));
      return {
        contentHash: randomBytes(32).toString("hex"),
        format: "jpeg",
        fileSize: 3_000_000,
        size: { width: 4032, height: 3024, orientation: 1 },
        embedding: { vectorKey: VECTOR_KEY, vector },
        stageKeys: new Map([["embed", VECTOR_KEY]]),
      };
    });
    await catalogue.photos.commit({ updates, files: [] });
  }
};

interface RetagRun extends MainLoopPauses {
  readonly seconds: number;
  /** Processor time of the main thread. */
  readonly workSeconds: number;
  readonly changed: number;
}

const retagAll = async (catalogue: Catalogue, tagger: HostedTagger): Promise<RetagRun> => {
  const { bankKey, calibrationId, resultKey } = tagger;
  const deps = {
    tags: catalogue.tags,
    tagger,
    run: { token: resultKey, vectorKey: VECTOR_KEY, bankKey, calibrationId },
    stale: { vectorKey: VECTOR_KEY, stageKey: resultKey, untaggedOnly: false },
  };
  const { signal } = new AbortController();
  await tagger.tagAll(new Float32Array(DIMENSION), { signal }); // the host has read its bank
  const stopWatching = watchMainLoop();
  let changed = 0;
  const before = process.threadCpuUsage();
  const seconds = await secondsOf(async () => {
    ({ changed } = await retag(deps, { dryRun: false, signal }));
  });
  const { user, system } = process.threadCpuUsage(before);
  return { seconds, workSeconds: (user + system) / MICROSECONDS, changed, ...stopWatching() };
};

const millisecondsPerPhoto = async (directory: string, terms: number): Promise<number> => {
  const { tagger, rows } = await openTagger(join(directory, `bank-${terms}`), terms, 0.5);
  await using _closing = tagger;
  const random = createRandom(5);
  await tagger.tag(rows.slice(0, DIMENSION));
  const times: number[] = [];
  for (let photo = 0; photo < SINGLE_PHOTOS; photo += 1) {
    const term = photo % terms;
    const vector = randomUnit(random, rows.subarray(term * DIMENSION, (term + 1) * DIMENSION));
    await wait(0);
    times.push(1000 * (await secondsOf(() => tagger.tag(vector))));
  }
  return median(times);
};

export const retagBench: Bench = {
  name: "retag",
  about:
    "Stored 768-d vectors tagged against 4,000 terms: first tags of all photos, then other thresholds, with catalogue writes and index marks; and the tags of one photo at a time, with the way to the host and back, against 4,000 and 68,000 terms.",
  async run({ quick, directory, log }) {
    const results: BenchResult[] = [];
    const photos = quick ? QUICK_PHOTOS : PHOTOS;
    const { tagger, rows } = await openTagger(join(directory, "banks"), TERMS, 0.5);
    await using _first = tagger;
    await using catalogue = await openCatalogue({ path: join(directory, "catalogue.db") });
    await storePhotos(catalogue, photos, rows);
    const { tagger: stricter } = await openTagger(join(directory, "banks"), TERMS, 0.9);
    await using _second = stricter;
    for (const [title, used] of [
      ["first tags", tagger],
      ["other thresholds", stricter],
    ] as const) {
      const { seconds, workSeconds, longestPauseMs, mostWorkMs, changed } = await retagAll(catalogue, used);
      log(
        `${title}: ${photos} photos, ${changed} changed, ${seconds.toFixed(1)} s, longest pause ${longestPauseMs.toFixed(0)} ms`,
      );
      results.push(
        atMost(`${title}, seconds for 100,000 photos`, (seconds * PHOTOS) / photos, "s", RETAG_SECONDS),
        {
          metric: `${title}, processor seconds of the main thread for 100,000 photos`,
          value: (workSeconds * PHOTOS) / photos,
          unit: "s",
        },
        atMost(`${title}, longest pause of the main loop`, longestPauseMs, "ms", PAUSE_MS),
        atMost(`${title}, most work of the main thread at once`, mostWorkMs, "ms", PAUSE_MS),
      );
    }
    for (const [terms, bar] of [
      [TERMS, 2],
      [MANY_TERMS, 15],
    ] as const) {
      const milliseconds = await millisecondsPerPhoto(directory, terms);
      log(`one photo, ${terms} terms: ${milliseconds.toFixed(2)} ms`);
      results.push(atMost(`one photo against ${terms} terms`, milliseconds, "ms", bar));
    }
    return results;
  },
};

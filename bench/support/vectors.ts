/**
 * Made-up photos for the benches of the vector index: reproducible from their number, made on demand so that a million
 * of them need no memory. Vectors are clustered and of low intrinsic dimension like real embeddings; on uniform random
 * ones every approximate index collapses.
 */
import { createHash } from "node:crypto";
import { DAY } from "../../src/clock.ts";
import type { IndexMark, IndexRow, IndexSource } from "../../src/vectors/types.ts";

const LATENT_DIMENSIONS = 32;
const CLUSTERS = 400;
/** Width of a cluster beside the distance of clusters from each other. */
const CLUSTER_WIDTH = 0.5;
const NOISE = 0.1;
export const FIRST_DAY = Date.UTC(2015, 0, 1);
const DAYS = 3_650;

/** mulberry32 with normal deviates by Box and Muller. */
const createRandom = (seed: number) => {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
};

/** Gives the unit vector of a number, the same at every call. */
export const createClusteredVectors = (dimension: number): ((number: number) => Float32Array) => {
  const fixed = createRandom(1);
  const basis = Array.from({ length: LATENT_DIMENSIONS }, () => Float32Array.from({ length: dimension }, fixed.normal));
  const centres = Array.from({ length: CLUSTERS }, () =>
    Float32Array.from({ length: LATENT_DIMENSIONS }, fixed.normal),
  );
  return (number) => {
    const { uniform, normal } = createRandom(Math.imul(number + 1, 0x9e3779b1));
    const centre = centres[Math.floor(uniform() * CLUSTERS)] ?? new Float32Array(LATENT_DIMENSIONS);
    const vector = new Float32Array(dimension);
    basis.forEach((direction, latent) => {
      const weight = (centre[latent] ?? 0) + CLUSTER_WIDTH * normal();
      for (let at = 0; at < dimension; at += 1) vector[at] = (vector[at] ?? 0) + weight * (direction[at] ?? 0);
    });
    let squares = 0;
    for (let at = 0; at < dimension; at += 1) {
      const value = (vector[at] ?? 0) + NOISE * LATENT_DIMENSIONS ** 0.5 * (uniform() - 0.5);
      vector[at] = value;
      squares += value * value;
    }
    const length = Math.sqrt(squares);
    return vector.map((value) => value / length);
  };
};

const WORDS = [
  "beach",
  "dog",
  "red",
  "car",
  "sunset",
  "snow",
  "family",
  "cake",
  "tree",
  "boat",
  "city",
  "night",
  "food",
];
const CAMERAS = ["Canon EOS 5D", "Apple iPhone 15", "Sony A7 IV", undefined];
const NUMBER_DIGITS = 8;

/** The number stands in front, so that a row can be made from its hash. */
const hashOf = (number: number): string =>
  number.toString(16).padStart(NUMBER_DIGITS, "0") +
  createHash("sha256").update(String(number)).digest("hex").slice(NUMBER_DIGITS);

const rowOf = (number: number, vector: Float32Array): IndexRow => {
  const { uniform } = createRandom(number + 77);
  const word = (): string => WORDS[Math.floor(uniform() * WORDS.length)] ?? "photo";
  const year = 2015 + (number % 10);
  return {
    contentHash: hashOf(number),
    rev: 1,
    vector,
    capturedKey: FIRST_DAY + Math.floor(uniform() * DAYS * DAY),
    folders: ["/photos", `/photos/${year}`, `/photos/${year}/trip ${number % 300}`],
    camera: CAMERAS[number % CAMERAS.length],
    lens: "50mm",
    tags: [word(), word(), `topic ${number % 1_000}`],
    latitude: uniform() * 180 - 90,
    longitude: uniform() * 360 - 180,
    favourite: number % 50 === 0,
    rating: undefined,
    format: "jpeg",
    enriched: number % 2 === 0,
    text: `a ${word()} and a ${word()} near the ${word()} DSC_${number}.jpg trip ${number % 300} ${year}`,
  };
};

export interface GeneratedSource extends IndexSource {
  /** Marks the photos with these numbers. */
  mark(from: number, count: number): void;
}

/** A catalogue of `photos` made-up photos; none is marked at first. */
export const createGeneratedSource = (photos: number, dimension: number): GeneratedSource => {
  const vectorOf = createClusteredVectors(dimension);
  const marks = new Map<string, number>();
  const numberOf = (contentHash: string): number => Number.parseInt(contentHash.slice(0, NUMBER_DIGITS), 16);
  const asMark = (contentHash: string): IndexMark => ({ contentHash, rev: 1 });
  return {
    mark: (from, count) => {
      for (let number = from; number < from + count; number += 1) marks.set(hashOf(number), 1);
    },
    takeMarks: (limit) => {
      const taken: IndexMark[] = [];
      for (const hash of marks.keys()) if (taken.push(asMark(hash)) >= limit) break;
      return Promise.resolve(taken);
    },
    rowsFor: (hashes) => Promise.resolve(hashes.map((hash) => rowOf(numberOf(hash), vectorOf(numberOf(hash))))),
    clearMarks: (cleared) => {
      for (const { contentHash } of cleared) marks.delete(contentHash);
      return Promise.resolve(true);
    },
    countMarks: () => Promise.resolve(marks.size),
    allRevisions: () => Promise.resolve(Array.from({ length: photos }, (_, number) => asMark(hashOf(number)))),
    markAgain: (hashes) => {
      for (const hash of hashes) marks.set(hash, 1);
      return Promise.resolve();
    },
  };
};

/** @param share 0..1 */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

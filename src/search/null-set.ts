/**
 * Measures what chance gives in a library: captions of things that are in none of its photos, and how near the nearest
 * photo comes to each of them. `null-calibration.ts` reads scores off it.
 */
import { createHash } from "node:crypto";
import type { NullSet } from "./null-calibration.ts";
import { MIN_NULL_CAPTIONS, MIN_NULL_PHOTOS } from "./null-calibration.ts";

export interface NullSetDeps {
  /** Vectors as searches make them. */
  readonly embedTexts: (
    texts: readonly string[],
    options: { readonly signal: AbortSignal },
  ) => Promise<readonly Float32Array[]>;
  /** For each vector the cosines of the photos nearest to it, best first. */
  readonly bestCosines: (vectors: readonly Float32Array[], limit: number) => Promise<readonly (readonly number[])[]>;
}

export interface NullSetOptions {
  readonly captions: readonly string[];
  /** Photos that are searched. */
  readonly photos: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export const NULL_CAPTIONS = 200;
/** A library that has grown or shrunk by more is measured again. */
const GROWTH = 1.2;
/** Fewer words would be measured again and again in other company. */
const LEAST_NAMES = 25;
const CAPTIONS_PER_RUN = 16;
const ID_DIGITS = 12;
/** A best cosine that chance passes less often: the caption fits a photo after all. */
const FITS_CHANCE = 0.01;
/** Photos looked at per caption: enough that one of them is left when a filter takes most of them. */
const NEAREST = 32;

/** Order that has nothing to do with the words, and is the same every time. */
const shuffled = (names: readonly string[]): readonly string[] =>
  names
    .map((name) => ({ name, place: createHash("sha256").update(name).digest("hex") }))
    .toSorted((left, right) => (left.place < right.place ? -1 : 1))
    .map(({ name }) => name);

/**
 * Captions as people type them: single terms, then pairs of them where there are too few.
 * @param names terms that no photo shows
 */
export const nullCaptions = (names: readonly string[]): readonly string[] => {
  const single = shuffled([...new Set(names)]);
  if (single.length < LEAST_NAMES) return [];
  const captions = single.slice(0, NULL_CAPTIONS);
  for (let apart = 1; apart < single.length && captions.length < NULL_CAPTIONS; apart += 1) {
    for (let place = 0; place + apart < single.length && captions.length < NULL_CAPTIONS; place += 1) {
      captions.push(`${single[place]} and ${single[place + apart]}`);
    }
  }
  return captions;
};

/** Whether the measurement still says something about a library of this size. */
export const isCurrentNullSet = (nullSet: NullSet | undefined, photos: number): boolean =>
  nullSet !== undefined && photos <= nullSet.photos * GROWTH && photos * GROWTH >= nullSet.photos;

export const isLargeEnough = (photos: number): boolean => photos >= MIN_NULL_PHOTOS;

const quantileOf = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * (sorted.length - 1))] ?? 0;

/** What the best is expected to be when each photo is kept with the chance `1 / e`. */
const bestOfFewer = (cosines: readonly number[]): number => {
  let [expected, allGone] = [0, 1];
  for (const cosine of cosines) {
    expected += allGone * (1 / Math.E) * cosine;
    allGone *= 1 - 1 / Math.E;
  }
  return expected + allGone * (cosines.at(-1) ?? 0);
};

/**
 * Without captions that fit a photo after all: the best of many is Gumbel-distributed, whose parameters follow from the
 * lower half, where such captions are not.
 */
const withoutFits = (nearest: readonly (readonly number[])[]): readonly (readonly number[])[] => {
  const sorted = nearest.map(([best = 0]) => best).toSorted((left, right) => left - right);
  const position = (share: number): number => -Math.log(-Math.log(share));
  const [quarter, half] = [quantileOf(sorted, 0.25), quantileOf(sorted, 0.5)];
  const beta = (half - quarter) / (position(0.5) - position(0.25));
  const most = half + beta * (position(1 - FITS_CHANCE) - position(0.5));
  return beta > 0 ? nearest.filter(([best = 0]) => best <= most) : nearest;
};

/** @returns undefined when too few captions are left to tell */
export const measureNullSet = async (
  { embedTexts, bestCosines }: NullSetDeps,
  { captions, photos, signal, onProgress }: NullSetOptions,
): Promise<NullSet | undefined> => {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < captions.length; start += CAPTIONS_PER_RUN) {
    signal.throwIfAborted();
    vectors.push(...(await embedTexts(captions.slice(start, start + CAPTIONS_PER_RUN), { signal })));
    onProgress?.({ done: vectors.length, total: captions.length });
  }
  const nearest = await bestCosines(vectors, NEAREST);
  const chance = withoutFits(nearest.filter((cosines) => cosines.length > 0));
  if (chance.length < MIN_NULL_CAPTIONS) return undefined;
  const best = chance.map(([cosine = 0]) => cosine).toSorted((left, right) => left - right);
  const fall = chance.reduce((sum, cosines) => sum + (cosines[0] ?? 0) - bestOfFewer(cosines), 0) / chance.length;
  const id = createHash("sha256")
    .update(JSON.stringify([photos, best]))
    .digest("hex")
    .slice(0, ID_DIGITS);
  return { id, photos, best, fall };
};

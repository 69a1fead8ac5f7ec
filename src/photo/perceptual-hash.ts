/**
 * Double-gradient perceptual hash: nearly equal pictures have hashes with few different bits. Luma, resized to 9 x 9
 * (Lanczos3), then 72 bits row by row (`right > left`) and 72 bits column by column (`lower > upper`), packed least
 * significant bit first into 18 bytes. Pure JavaScript, so that a photo has the same hash on every machine that
 * decodes it to the same pixels.
 */
import { InvalidInputError } from "../errors.ts";
import type { RgbImage } from "./types.ts";

const GRID = 9;
const BITS_PER_DIRECTION = GRID * (GRID - 1);
export const PERCEPTUAL_HASH_BYTES = (2 * BITS_PER_DIRECTION) / 8;

/** ITU-R BT.709 weights on gamma-encoded values, as integers that sum to 1 << LUMA_SHIFT. */
const LUMA_RED = 6966;
const LUMA_GREEN = 23436;
const LUMA_BLUE = 2366;
const LUMA_SHIFT = 15;

const lumaOf = ({ data, width, height }: RgbImage): Float32Array => {
  const luma = new Float32Array(width * height);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel += 1, at += 3) {
    luma[pixel] =
      ((data[at] ?? 0) * LUMA_RED + (data[at + 1] ?? 0) * LUMA_GREEN + (data[at + 2] ?? 0) * LUMA_BLUE) >> LUMA_SHIFT;
  }
  return luma;
};

const LOBES = 3;
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos3 = (x: number): number => (Math.abs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0);

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Antialiased taps of each of the nine output positions along an edge of `length` pixels; weights sum to 1. */
const tapsFor = (length: number): readonly Taps[] =>
  Array.from({ length: GRID }, (_, position) => {
    const ratio = length / GRID;
    const filterScale = Math.max(ratio, 1);
    const centre = (position + 0.5) * ratio;
    const first = Math.max(0, Math.floor(centre - LOBES * filterScale));
    const last = Math.min(length, Math.ceil(centre + LOBES * filterScale));
    const weights = Array.from({ length: last - first }, (__, tap) =>
      lanczos3((first + tap + 0.5 - centre) / filterScale),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });

/** Rows first: they are read in memory order, and nine of them are left for the second pass. */
const shrinkRows = (luma: Float32Array, width: number, height: number): Float32Array => {
  const rows = new Float32Array(GRID * width);
  tapsFor(height).forEach(({ first, weights }, row) => {
    const into = rows.subarray(row * width, (row + 1) * width);
    weights.forEach((weight, tap) => {
      const source = luma.subarray((first + tap) * width, (first + tap + 1) * width);
      for (let x = 0; x < width; x += 1) into[x] = (into[x] ?? 0) + (source[x] ?? 0) * weight;
    });
  });
  return rows;
};

/** 9 x 9 luma, rounded to whole steps: a flat picture has no gradients instead of rounding noise. */
const shrinkToGrid = (image: RgbImage): readonly number[] => {
  const rows = shrinkRows(lumaOf(image), image.width, image.height);
  const columns = tapsFor(image.width);
  return Array.from({ length: GRID * GRID }, (_, cell) => {
    const row = Math.floor(cell / GRID) * image.width;
    const { first, weights } = columns[cell % GRID] ?? { first: 0, weights: [] };
    return Math.round(weights.reduce((sum, weight, tap) => sum + weight * (rows[row + first + tap] ?? 0), 0));
  });
};

/** @returns {@link PERCEPTUAL_HASH_BYTES} bytes */
export const perceptualHash = (image: RgbImage): Uint8Array => {
  const grid = shrinkToGrid(image);
  const at = (row: number, column: number): number => grid[row * GRID + column] ?? 0;
  const hash = new Uint8Array(PERCEPTUAL_HASH_BYTES);
  const setBit = (index: number): void => {
    hash[index >> 3] = (hash[index >> 3] ?? 0) | (1 << (index & 7));
  };
  for (let line = 0; line < GRID; line += 1) {
    for (let step = 0; step < GRID - 1; step += 1) {
      const index = line * (GRID - 1) + step;
      if (at(line, step + 1) > at(line, step)) setBit(index);
      if (at(step + 1, line) > at(step, line)) setBit(BITS_PER_DIRECTION + index);
    }
  }
  return hash;
};

/** Number of different bits, 0..144 for two perceptual hashes. */
export const hammingDistance = (left: Uint8Array, right: Uint8Array): number => {
  if (left.length !== right.length) {
    throw new InvalidInputError(
      `Expected two hashes of equal length, received ${left.length} and ${right.length} bytes.`,
    );
  }
  let distance = 0;
  for (let index = 0; index < left.length; index += 1) {
    for (let bits = (left[index] ?? 0) ^ (right[index] ?? 0); bits !== 0; bits &= bits - 1) distance += 1;
  }
  return distance;
};

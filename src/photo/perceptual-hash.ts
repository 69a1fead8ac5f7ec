/**
 * Double-gradient perceptual hash: nearly equal pictures have hashes with few different bits. Luma, resized to 9 x 9
 * (block averages, then Lanczos3), then 72 bits row by row (`right > left`) and 72 bits column by column
 * (`lower > upper`), packed least significant bit first into 18 bytes. Pure JavaScript, so that a photo has the same
 * hash on every machine that decodes it to the same pixels.
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

/** Blocks per edge that the picture is averaged into before the Lanczos filter: eight for each cell of the grid. */
const MAX_BLOCKS = 8 * GRID;

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** For each pixel along an edge the block it falls into. */
const blocksAlong = (length: number): Uint8Array => {
  const blocks = Math.min(length, MAX_BLOCKS);
  return Uint8Array.from({ length }, (_, pixel) => Math.floor((pixel * blocks) / length));
};

/** Share of one pixel in the mean of its block, along one edge. */
const shareOf = (blocks: Uint8Array): Float64Array => {
  const counts = new Float64Array(MAX_BLOCKS);
  for (const block of blocks) counts[block] = (counts[block] ?? 0) + 1;
  return counts.map((count) => 1 / count);
};

/** Mean luma of each block. One pass over the pixels: a full Lanczos pass over them costs four times as much. */
const averageLuma = ({ data, width, height }: RgbImage): Plane => {
  const [columns, rows] = [blocksAlong(width), blocksAlong(height)];
  const plane = { width: Math.min(width, MAX_BLOCKS), height: Math.min(height, MAX_BLOCKS) };
  const sums = new Float64Array(plane.width * plane.height);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = (rows[y] ?? 0) * plane.width;
    for (let x = 0; x < width; x += 1, at += 3) {
      const weighted = (data[at] ?? 0) * LUMA_RED + (data[at + 1] ?? 0) * LUMA_GREEN + (data[at + 2] ?? 0) * LUMA_BLUE;
      const block = row + (columns[x] ?? 0);
      sums[block] = (sums[block] ?? 0) + (weighted >> LUMA_SHIFT);
    }
  }
  const [columnShares, rowShares] = [shareOf(columns), shareOf(rows)];
  const values = sums.map(
    (sum, block) => sum * (columnShares[block % plane.width] ?? 0) * (rowShares[Math.floor(block / plane.width)] ?? 0),
  );
  return { ...plane, values };
};

const LOBES = 3;
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos3 = (x: number): number => (Math.abs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0);

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Antialiased taps of each of the nine output positions along an edge of `length` values; weights sum to 1. */
const computeTaps = (length: number): readonly Taps[] =>
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

const USUAL_TAPS = computeTaps(MAX_BLOCKS);
const tapsFor = (length: number): readonly Taps[] => (length === MAX_BLOCKS ? USUAL_TAPS : computeTaps(length));

/** Nine values along one line of `values` that starts at `start` and goes on in steps of `stride`. */
const shrinkLine = (values: Float64Array, { start, stride, length }: Line): readonly number[] =>
  tapsFor(length).map(({ first, weights }) => {
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap += 1) {
      sum += (weights[tap] ?? 0) * (values[start + (first + tap) * stride] ?? 0);
    }
    return sum;
  });

interface Line {
  readonly start: number;
  readonly stride: number;
  readonly length: number;
}

/** 9 x 9 luma, rounded to whole steps: a flat picture has no gradients instead of rounding noise. */
const shrinkToGrid = ({ width, height, values }: Plane): readonly number[] => {
  const rows = new Float64Array(GRID * width);
  for (let x = 0; x < width; x += 1) {
    shrinkLine(values, { start: x, stride: width, length: height }).forEach((value, row) => {
      rows[row * width + x] = value;
    });
  }
  return Array.from({ length: GRID }, (_, row) =>
    shrinkLine(rows, { start: row * width, stride: 1, length: width }).map(Math.round),
  ).flat();
};

/** @returns {@link PERCEPTUAL_HASH_BYTES} bytes */
export const perceptualHash = (image: RgbImage): Uint8Array => {
  const grid = shrinkToGrid(averageLuma(image));
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

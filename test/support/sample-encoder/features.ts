/**
 * What the sample encoder sees of a picture: how much of each palette colour lies in each horizontal band, in the
 * middle, and anywhere as a patch; and how busy each band is. The image graph computes the same; a test compares them.
 */
import { CANVAS } from "./painter.ts";
import type { Colour } from "./painter.ts";

export const PALETTE: readonly Colour[] = [
  [14, 14, 18],
  [70, 70, 74],
  [128, 128, 130],
  [192, 193, 196],
  [250, 250, 250],
  [200, 36, 36],
  [240, 135, 40],
  [246, 214, 70],
  [118, 78, 46],
  [222, 192, 142],
  [28, 74, 40],
  [92, 158, 62],
  [58, 172, 180],
  [132, 188, 236],
  [34, 88, 160],
  [16, 24, 66],
  [122, 62, 150],
  [240, 150, 184],
];

/** Rows turn RGB of 0..1 into lightness and two opponent colours; colour counts more than light. */
export const OPPONENT: readonly (readonly [number, number, number])[] = [
  [0.299, 0.587, 0.114],
  [-0.236, -0.464, 0.7],
  [0.98, -0.82, -0.16],
];
/** Keeps a pixel that equals a palette colour from counting for it alone. */
export const SOFTNESS = 0.004;
/** Horizontal bands; a band is a row of as many square patches. */
export const BANDS = 8;
const MIDDLE_PATCHES = (BANDS * BANDS) / 4;
const isMiddle = (patch: number): boolean => patch >= BANDS / 4 && patch < (BANDS * 3) / 4;

const COLOURS = PALETTE.length;
/** Bands, middle and strongest patch per colour; busyness per band across, and down. */
export const FEATURES = COLOURS * (BANDS + 2) + BANDS + 1;

const opponentOf = (red: number, green: number, blue: number): readonly [number, number, number] => {
  const row = (index: number): number => {
    const [r, g, b] = OPPONENT[index] ?? [0, 0, 0];
    return r * red + g * green + b * blue;
  };
  return [row(0), row(1), row(2)];
};

export const OPPONENT_PALETTE = PALETTE.map(([red, green, blue]) => opponentOf(red / 255, green / 255, blue / 255));

const FLAT_PALETTE = Float64Array.from(OPPONENT_PALETTE.flat());

/** Writes the share of each palette colour in one pixel to `shares`. */
const fillShares = ([l, a, b]: readonly [number, number, number], shares: Float64Array): void => {
  let sum = 0;
  for (let colour = 0, at = 0; colour < COLOURS; colour += 1, at += 3) {
    const dl = l - (FLAT_PALETTE[at] ?? 0);
    const da = a - (FLAT_PALETTE[at + 1] ?? 0);
    const db = b - (FLAT_PALETTE[at + 2] ?? 0);
    const distance = dl * dl + da * da + db * db + SOFTNESS;
    const weight = 1 / (distance * distance * distance);
    shares[colour] = weight;
    sum += weight;
  }
  for (let colour = 0; colour < COLOURS; colour += 1) shares[colour] = (shares[colour] ?? 0) / sum;
};

const addTo = (sums: Float64Array, at: number, shares: Float64Array): void => {
  for (let colour = 0; colour < COLOURS; colour += 1)
    sums[at + colour] = (sums[at + colour] ?? 0) + (shares[colour] ?? 0);
};

/** Sums of colour shares per patch, and the lightness of each pixel. */
const scan = (
  pixels: ArrayLike<number>,
  size: number,
): { readonly patches: Float64Array; readonly light: Float64Array } => {
  const patches = new Float64Array(BANDS * BANDS * COLOURS);
  const light = new Float64Array(size * size);
  const shares = new Float64Array(COLOURS);
  const edge = size / BANDS;
  for (let row = 0, pixel = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1, pixel += 1) {
      const at = pixel * 3;
      const colour = opponentOf((pixels[at] ?? 0) / 255, (pixels[at + 1] ?? 0) / 255, (pixels[at + 2] ?? 0) / 255);
      light[pixel] = colour[0];
      fillShares(colour, shares);
      addTo(patches, (Math.floor(row / edge) * BANDS + Math.floor(column / edge)) * COLOURS, shares);
    }
  }
  return { patches: patches.map((sum) => sum / (edge * edge)), light };
};

/** Mean change of lightness over `step` pixels, for the rows given. */
const busyness = (
  light: Float64Array,
  { size, rows, columns, step }: { size: number; rows: readonly [number, number]; columns: number; step: number },
): number => {
  let sum = 0;
  for (let row = rows[0]; row < rows[1]; row += 1) {
    for (let pixel = row * size; pixel < row * size + columns; pixel += 1) {
      sum += Math.abs((light[pixel + step] ?? 0) - (light[pixel] ?? 0));
    }
  }
  return sum / ((rows[1] - rows[0]) * columns);
};

/** @param pixels interleaved RGB, 0..255, `size` squared; `size` is a multiple of 32 */
export const featuresOf = (pixels: ArrayLike<number>, size: number = CANVAS): Float64Array => {
  const { patches, light } = scan(pixels, size);
  const features = new Float64Array(FEATURES);
  for (let colour = 0; colour < COLOURS; colour += 1) {
    let strongest = 0;
    let middle = 0;
    for (let patch = 0; patch < BANDS * BANDS; patch += 1) {
      const row = Math.floor(patch / BANDS);
      const share = patches[patch * COLOURS + colour] ?? 0;
      const band = colour * BANDS + row;
      features[band] = (features[band] ?? 0) + share / BANDS;
      if (isMiddle(row) && isMiddle(patch % BANDS)) middle += share;
      strongest = Math.max(strongest, share);
    }
    features[COLOURS * BANDS + colour] = middle / MIDDLE_PATCHES;
    features[COLOURS * (BANDS + 1) + colour] = strongest;
  }
  // Differences over one thirty-second of the picture, so that prototypes and larger inputs agree.
  const reach = size / CANVAS;
  const height = size / BANDS;
  for (let band = 0; band < BANDS; band += 1) {
    const rows = [band * height, (band + 1) * height] as const;
    features[COLOURS * (BANDS + 2) + band] = busyness(light, { size, rows, columns: size - reach, step: reach });
  }
  features[FEATURES - 1] = busyness(light, { size, rows: [0, size - reach], columns: size, step: reach * size });
  return features;
};

/** A very small canvas for the prototype pictures of the sample encoder. Only exact arithmetic: the same bytes anywhere. */

/** Edge of a prototype in pixels. */
export const CANVAS = 32;
const CHANNELS = 3;

/** sRGB, 0..255 */
export type Colour = readonly [number, number, number];

/** Uniform numbers, the same on every machine (mulberry32). */
export type Random = () => number;

export const createRandom = (seed: number): Random => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const JITTER = 22;

/** Coordinates are fractions of the canvas: x to the right, y down. */
export interface Painter {
  readonly random: Random;
  /** Interleaved RGB, 0..255. */
  readonly pixels: Float32Array;
  readonly between: (low: number, high: number) => number;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  /** Near the colour given. */
  readonly shade: (colour: Colour) => Colour;
  /** From `top` to `bottom`, full width. */
  readonly gradient: (top: number, bottom: number, from: Colour, to?: Colour) => void;
  readonly box: (x: number, y: number, width: number, height: number, colour: Colour) => void;
  readonly disc: (x: number, y: number, radius: number, colour: Colour) => void;
  /** Symmetric, its tip at (x, y). */
  readonly triangle: (x: number, y: number, halfWidth: number, height: number, colour: Colour) => void;
  /** Small squares at random places of a band. */
  readonly speckle: (
    count: number,
    band: readonly [number, number],
    size: number,
    colours: readonly [Colour, ...Colour[]],
  ) => void;
}

const mix = (from: Colour, to: Colour, share: number): Colour => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

export const createPainter = (random: Random): Painter => {
  const pixels = new Float32Array(CANVAS * CANVAS * CHANNELS);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const shade = ([red, green, blue]: Colour): Colour => {
    const light = between(-JITTER, JITTER);
    const near = (value: number): number =>
      Math.min(255, Math.max(0, value + light + between(-JITTER / 3, JITTER / 3)));
    return [near(red), near(green), near(blue)];
  };
  /** Colours every pixel whose centre lies inside; `inside` gets fractions. */
  const fill = (inside: (x: number, y: number) => boolean, colour: (y: number) => Colour): void => {
    for (let row = 0; row < CANVAS; row += 1) {
      for (let column = 0; column < CANVAS; column += 1) {
        const y = (row + 0.5) / CANVAS;
        if (!inside((column + 0.5) / CANVAS, y)) continue;
        const at = (row * CANVAS + column) * CHANNELS;
        [pixels[at], pixels[at + 1], pixels[at + 2]] = colour(y);
      }
    }
  };
  const box: Painter["box"] = (left, top, width, height, colour) =>
    fill(
      (x, y) => x >= left && x < left + width && y >= top && y < top + height,
      () => colour,
    );
  const pick = <T>(choices: readonly [T, ...T[]]): T => choices[Math.floor(random() * choices.length)] ?? choices[0];

  return {
    random,
    pixels,
    between,
    pick,
    shade,
    box,
    gradient: (top, bottom, from, to = from) =>
      fill(
        (_, y) => y >= top && y < bottom,
        (y) => mix(from, to, (y - top) / (bottom - top)),
      ),
    disc: (centreX, centreY, radius, colour) =>
      fill(
        (x, y) => (x - centreX) * (x - centreX) + (y - centreY) * (y - centreY) < radius * radius,
        () => colour,
      ),
    triangle: (tipX, tipY, halfWidth, height, colour) =>
      fill(
        (x, y) => y >= tipY && y < tipY + height && Math.abs(x - tipX) < (halfWidth * (y - tipY)) / height,
        () => colour,
      ),
    speckle: (count, [top, bottom], size, colours) => {
      for (let index = 0; index < count; index += 1) {
        box(between(-size / 2, 1), between(top, bottom), size, size, shade(pick(colours)));
      }
    },
  };
};

/** BMP files of every kind, made in code. */
import type { RgbImage } from "../../src/photo/types.ts";

export interface BmpOptions {
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly topDown?: boolean;
  /** 12 = the OS/2 core header. */
  readonly headerBytes?: 12 | 40 | 108 | 124;
  readonly runLengths?: boolean;
  /** RGB triples; needed for 1, 4 and 8 bits. */
  readonly palette?: readonly (readonly [number, number, number])[];
  /** 5-6-5 instead of 5-5-5 for 16 bits; an alpha channel for 32 bits. */
  readonly masks?: readonly [red: number, green: number, blue: number, alpha: number];
  /** Alpha of every pixel when `masks` has one. */
  readonly alpha?: number;
}

const nearest = (colour: readonly number[], palette: NonNullable<BmpOptions["palette"]>): number => {
  const distances = palette.map((entry) =>
    entry.reduce((sum, value, channel) => sum + (value - (colour[channel] ?? 0)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
};

const spread = (value: number, mask: number): number => {
  if (mask === 0) return 0;
  const shift = 31 - Math.clz32(mask & -mask);
  return (Math.round((value * (mask >>> shift)) / 255) << shift) >>> 0;
};

const packRow = (colours: readonly (readonly number[])[], options: BmpOptions): Buffer => {
  const { bits, palette = [], masks, alpha = 255 } = options;
  const row = Buffer.alloc(Math.ceil((colours.length * bits) / 32) * 4);
  const [red, green, blue, opacity] = masks ?? (bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0]);
  colours.forEach(([r = 0, g = 0, b = 0], x) => {
    if (bits <= 8) {
      const at = Math.floor((x * bits) / 8);
      row[at] = (row[at] ?? 0) | (nearest([r, g, b], palette) << (8 - bits - ((x * bits) % 8)));
    } else if (bits === 24) row.set([b, g, r], x * 3);
    else {
      const value = (spread(r, red) | spread(g, green) | spread(b, blue) | spread(alpha, opacity)) >>> 0;
      if (bits === 16) row.writeUInt16LE(value, x * 2);
      else row.writeUInt32LE(value, x * 4);
    }
  });
  return row;
};

/** One run or absolute group per stretch; uses every kind of command. */
const packRunLengths = (indices: readonly number[], bits: 4 | 8): Buffer => {
  const bytes: number[] = [];
  const pair = (a: number, b: number): number => (bits === 4 ? (a << 4) | b : a);
  for (let x = 0; x < indices.length;) {
    const index = indices[x] ?? 0;
    let run = 1;
    while (x + run < indices.length && indices[x + run] === index && run < 255) run += 1;
    if (run >= 3 || x + 3 > indices.length) {
      bytes.push(run, pair(index, index));
      x += run;
      continue;
    }
    const group = indices.slice(x, x + 3); // absolute groups have at least three pixels and end on a word
    const [a = 0, b = 0, c = 0] = group;
    bytes.push(0, 3, ...(bits === 4 ? [pair(a, b), pair(c, 0)] : [a, b, c, 0]));
    x += 3;
  }
  return Buffer.from([...bytes, 0, 0]);
};

const header = (image: RgbImage, options: BmpOptions, pixelOffset: number): Buffer => {
  const { bits, headerBytes = 40, topDown = false, palette = [], masks, runLengths = false } = options;
  const buffer = Buffer.alloc(14 + headerBytes);
  buffer.write("BM", 0, "latin1");
  buffer.writeUInt32LE(pixelOffset, 10);
  buffer.writeUInt32LE(headerBytes, 14);
  if (headerBytes === 12) {
    [image.width, image.height, 1, bits].forEach((value, index) => buffer.writeUInt16LE(value, 18 + index * 2));
    return buffer;
  }
  buffer.writeInt32LE(image.width, 18);
  buffer.writeInt32LE(topDown ? -image.height : image.height, 22);
  buffer.writeUInt16LE(1, 26);
  buffer.writeUInt16LE(bits, 28);
  buffer.writeUInt32LE(runLengths ? (bits === 4 ? 2 : 1) : masks === undefined ? 0 : 3, 30);
  buffer.writeUInt32LE(palette.length, 46);
  if (masks !== undefined && headerBytes > 40)
    masks.forEach((mask, index) => buffer.writeUInt32LE(mask, 54 + index * 4));
  return buffer;
};

export const encodeBmp = (image: RgbImage, options: BmpOptions): Buffer => {
  const { bits, headerBytes = 40, topDown = false, palette = [], masks } = options;
  const colours = palette.map(([r, g, b]) => (headerBytes === 12 ? [b, g, r] : [b, g, r, 0]));
  const extraMasks = Buffer.alloc(masks === undefined || headerBytes > 40 ? 0 : 12);
  if (extraMasks.length > 0) masks?.slice(0, 3).forEach((mask, index) => extraMasks.writeUInt32LE(mask, index * 4));
  const table = Buffer.concat([extraMasks, Buffer.from(colours.flat())]);
  const rows = Array.from({ length: image.height }, (_, line) => {
    const y = topDown ? line : image.height - 1 - line;
    const row = Array.from({ length: image.width }, (__, x) => [
      ...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
    ]);
    return options.runLengths === true && (bits === 4 || bits === 8)
      ? packRunLengths(
          row.map((colour) => nearest(colour, palette)),
          bits,
        )
      : packRow(row, options);
  });
  const end = options.runLengths === true ? Buffer.from([0, 1]) : Buffer.alloc(0);
  return Buffer.concat([header(image, options, 14 + headerBytes + table.length), table, ...rows, end]);
};

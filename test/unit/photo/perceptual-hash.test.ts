import { describe, expect, test } from "vitest";
import { hammingDistance, PERCEPTUAL_HASH_BYTES, perceptualHash } from "../../../src/photo/perceptual-hash.ts";
import type { RgbImage } from "../../../src/photo/types.ts";
import { paintScene } from "../../support/images.ts";

const paint = (width: number, height: number, greyAt: (x: number, y: number) => number): RgbImage => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.fill(greyAt(x, y), (y * width + x) * 3, (y * width + x) * 3 + 3);
  }
  return { width, height, data };
};
const bitsOf = (hash: Uint8Array): string =>
  Array.from({ length: 144 }, (_, index) => ((hash[index >> 3] ?? 0) >> (index & 7)) & 1).join("");

describe("perceptualHash", () => {
  test("sets the first 72 bits where a picture grows brighter to the right, the rest where it does downwards", () => {
    expect(bitsOf(perceptualHash(paint(90, 90, (x) => x * 2)))).toBe("1".repeat(72) + "0".repeat(72));
    expect(bitsOf(perceptualHash(paint(90, 90, (_, y) => y * 2)))).toBe("0".repeat(72) + "1".repeat(72));
    expect(bitsOf(perceptualHash(paint(90, 90, (x) => 255 - x * 2)))).toBe("0".repeat(144));
  });

  test("goes row by row, then column by column, least significant bit first", () => {
    const oneBrightCell = (column: number, row: number): string =>
      bitsOf(perceptualHash(paint(9, 9, (x, y) => (x === column && y === row ? 255 : 0))));
    const set = (bits: string): number[] => bits.split("").flatMap((bit, index) => (bit === "1" ? [index] : []));
    expect(set(oneBrightCell(3, 0))).toEqual([2]); // row 0: brighter than its left neighbour
    expect(set(oneBrightCell(0, 3))).toEqual([72 + 2]); // column 0: brighter than the one above
    expect(set(oneBrightCell(2, 5))).toEqual([5 * 8 + 1, 72 + 2 * 8 + 4]);
  });

  test("gives a flat picture no bits, whatever its size", () => {
    for (const [width, height] of [
      [1, 1],
      [5, 300],
      [384, 288],
      [1000, 7],
    ] as const) {
      const hash = perceptualHash(paint(width, height, () => 137));
      expect(hash).toHaveLength(PERCEPTUAL_HASH_BYTES);
      expect(bitsOf(hash)).toBe("0".repeat(144));
    }
  });

  test("is nearly the same for another size of the same picture and far away for another picture", () => {
    const hash = perceptualHash(paintScene(384, 288));
    expect(hammingDistance(hash, perceptualHash(paintScene(640, 480)))).toBeLessThanOrEqual(4);
    expect(hammingDistance(hash, perceptualHash(paint(384, 288, (x, y) => (x * y) % 256)))).toBeGreaterThan(30);
  });
});

describe("hammingDistance", () => {
  test("counts different bits", () => {
    expect(hammingDistance(Uint8Array.of(0b1010, 255), Uint8Array.of(0b0110, 0))).toBe(10);
    expect(hammingDistance(new Uint8Array(18), new Uint8Array(18).fill(255))).toBe(144);
  });

  test("refuses hashes of different lengths", () => {
    expect(() => hammingDistance(new Uint8Array(18), new Uint8Array(8))).toThrow(/18 and 8 bytes/);
  });
});

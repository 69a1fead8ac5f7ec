import fc from "fast-check";
import { expect, test } from "vitest";
import { shortestFloat32, shortestFloat32s } from "../../../src/photo/shortest-float32.ts";

const STEP = 1e-9;
/** The slow way: more and more digits until the float comes back, also from a little beside the decimal. */
const reference = (float: number): number => {
  for (let digits = 1; digits <= 9; digits += 1) {
    const decimal = Number(float.toPrecision(digits));
    const isSure = [-STEP, 0, STEP].every((share) => Math.fround(decimal * (1 + share)) === float);
    if (isSure) return decimal;
  }
  return float;
};
const digitsOf = (value: number): number =>
  String(value).replace(/e.*$/, "").replaceAll(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;

test.each([
  [0.017, "0.017"],
  [0.1, "0.1"],
  [1.8, "1.8"],
  [-0.25, "-0.25"],
  [24, "24"],
  [1e-7, "1e-7"],
  [16777216, "16777216"],
  [3.4028234663852886e38, "3.4028235e+38"],
  [1.401298464324817e-45, "1e-45"],
  [0, "0"],
  [-0, "0"],
])("%d as 32-bit float prints as %s", (value, text) => {
  expect(JSON.stringify(shortestFloat32(value))).toBe(text);
});

test("every float reads back as itself, with as few digits as the slow way finds", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float) => {
      const decimal = shortestFloat32(float);
      expect(Math.fround(decimal) === float).toBe(true); // 0 and -0 are the same here
      expect(digitsOf(decimal)).toBeLessThanOrEqual(digitsOf(reference(float)));
    }),
    { numRuns: 20_000 },
  );
});

test("the printed digits, read as text, name the same float", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float) => {
      expect(Math.fround(Number(JSON.stringify(shortestFloat32(float)))) === float).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test("NaN and infinities stay what they are", () => {
  expect([NaN, Infinity, -Infinity].map(shortestFloat32)).toEqual([NaN, Infinity, -Infinity]);
});

test("a vector of 768 floats costs well under a millisecond", () => {
  const vector = Float32Array.from({ length: 768 }, (_, index) => Math.sin(index) / 14);
  const text = (): number => JSON.stringify(shortestFloat32s(vector)).length;
  for (let round = 0; round < 200; round += 1) text();
  const startedAt = performance.now();
  for (let round = 0; round < 200; round += 1) text();
  expect((performance.now() - startedAt) / 200).toBeLessThan(1); // 0.14 ms on an idle core; other tests run beside
});

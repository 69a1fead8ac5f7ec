/** Shares of a library in percent. */
import { expect, test } from "vitest";
import { coverage } from "../../../src/app/enrichment/enrichment-stats.ts";

test.each([
  [892, 1250, 71.4],
  [0, 0, 0],
  [0, 7, 0],
  [7, 7, 100],
  [1, 3, 33.3],
  [2, 3, 66.7],
  [1, 2000, 0.1],
])("%i of %i photos is %f percent", (part, whole, percent) => {
  expect(coverage(part, whole)).toBe(percent);
});

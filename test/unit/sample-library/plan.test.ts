import { describe, expect, test } from "vitest";
import { planLibrary } from "../../../src/sample-library/plan.ts";
import { createRandom } from "../../../src/sample-library/random.ts";
import { SCENES } from "../../../src/sample-library/scenes.ts";
import { sceneSvg } from "../../../src/sample-library/paint-scene.ts";

describe("the plan of a library", () => {
  const plan = planLibrary(60, 1);

  test.each([1, 5, 20, 60, 500, 3000])("holds %i files with different paths", (count) => {
    const paths = planLibrary(count, 1).map((file) => file.path);
    expect(paths).toHaveLength(count);
    expect(new Set(paths).size).toBe(count);
  });

  test("is the same for the same seed, another for another", () => {
    expect(planLibrary(60, 1)).toEqual(plan);
    expect(planLibrary(60, 2)).not.toEqual(plan);
  });

  test("shows every scene, all orientations and several formats", () => {
    expect(new Set(plan.map((file) => file.scene))).toEqual(new Set(SCENES.map((scene) => scene.name)));
    expect(new Set(plan.flatMap((file) => file.orientation ?? []))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
    expect(new Set(plan.map((file) => file.format))).toEqual(
      new Set(["jpeg", "png", "webp", "tiff", "gif", "avif", "bmp"]),
    );
  });

  test("has a burst one second apart, near duplicates, exact duplicates, sidecars and years between", () => {
    const burst = plan.filter((file) => file.burst !== undefined);
    const seconds = burst.map((file) => Date.parse(file.capturedAt ?? "") / 1000);
    expect(seconds.map((second) => second - (seconds[0] ?? 0))).toEqual([0, 1, 2, 3]);
    expect(plan.filter((file) => file.nearDuplicateOf !== undefined)).toHaveLength(4);
    expect(plan.filter((file) => file.duplicateOf !== undefined)).toHaveLength(3);
    expect(plan.filter((file) => file.sidecar !== undefined)).toHaveLength(2);
    const years = new Set(plan.flatMap((file) => file.capturedAt?.slice(0, 4) ?? []));
    expect(years.size).toBeGreaterThanOrEqual(5);
  });

  test("names originals that are part of it", () => {
    const paths = new Set(plan.map((file) => file.path));
    const originals = plan.flatMap((file) => file.duplicateOf ?? file.nearDuplicateOf ?? []);
    expect(originals.every((path) => paths.has(path))).toBe(true);
  });
});

test.each(SCENES.map((scene) => [scene.name, scene] as const))(
  "%s varies with its seed and nothing else",
  (_name, scene) => {
    const options = { seed: 1, size: 600 };
    expect(sceneSvg(scene, options)).toEqual(sceneSvg(scene, options));
    expect(sceneSvg(scene, { ...options, seed: 2 }).svg).not.toBe(sceneSvg(scene, options).svg);
    expect(sceneSvg(scene, options).svg).not.toMatch(/NaN|undefined|Infinity/);
  },
);

test("random numbers stay in their range and use all of it", () => {
  const random = createRandom(1);
  const integers = Array.from({ length: 500 }, () => random.integer(1, 6));
  expect(new Set(integers)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  const numbers = Array.from({ length: 500 }, () => random.between(-1, 1));
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...numbers)).toBeLessThan(1);
});

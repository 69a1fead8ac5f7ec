import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT_IN_MODEL_ID } from "../../../models/embedding/built-in-model.ts";
import { AUTO_ORDER } from "../../../models/embedding/manifests.ts";
import { figuresOf } from "../../../models/embedding/model-figures.ts";
import { REPOSITORY } from "../../support/run-program.ts";

test("photon-mini is worth what its model card says", () => {
  const card = readFileSync(join(REPOSITORY, "models/photon-mini/README.md"), "utf8");
  const objects = /\| objects +\| 200 +\| ([\d.]+) % \|/.exec(card)?.[1];
  expect(figuresOf(BUILT_IN_MODEL_ID)).toMatchObject([{ measure: "own-test", percent: Number(objects) }]);
});

test("every figure is a percentage with a source, and each measure is there once a model", () => {
  for (const id of AUTO_ORDER) {
    const figures = figuresOf(id);
    expect(new Set(figures.map(({ measure }) => measure)).size).toBe(figures.length);
    for (const { percent, source } of figures) {
      expect(percent).toBeGreaterThan(0);
      expect(percent).toBeLessThan(100);
      expect(source).not.toBe("");
    }
  }
});

test("where recall is known, automatic choice prefers the model that finds more", () => {
  const recalls = AUTO_ORDER.flatMap((id) => figuresOf(id).filter(({ measure }) => measure === "recall"));
  const percents = recalls.map(({ percent }) => percent);
  expect(percents.length).toBeGreaterThan(2);
  expect(percents).toEqual(percents.toSorted((a, b) => b - a));
});

test("nothing is claimed of a model nobody measured", () => {
  expect(figuresOf("added-by-somebody")).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { manifests } from "../../../models/embedding/manifests.ts";
import {
  completeManifest,
  isCheckpointScore,
  pinnedManifest,
  variantsOf,
} from "../../../models/embedding/model-recipe.ts";
import type { ModelRecipe, RecipePins } from "../../../models/embedding/model-recipe.ts";
import { recipes } from "../../../models/embedding/recipes.ts";

const recipeOf = (id: string): ModelRecipe => {
  const recipe = recipes.find((candidate) => candidate.id === id);
  if (recipe === undefined) throw new Error(`no recipe ${id}`);
  return recipe;
};

const pinsOf = (recipe: ModelRecipe, change: Partial<RecipePins> = {}): RecipePins => {
  const files = Object.values(recipe.towers).flatMap(({ vision, text }) => [vision, text]);
  return {
    revision: recipe.revision ?? "c".repeat(40),
    files: Object.fromEntries(
      [...files, recipe.tokenizer].map(({ path, bytes = 7, sha256 = "a".repeat(64), blake3 = "b".repeat(64) }) => [
        path,
        { bytes, sha256, blake3 },
      ]),
    ),
    score: isCheckpointScore(recipe.score) ? { logitScale: 4.7, logitBias: -16.5 } : recipe.score,
    ...change,
  };
};

test("the registry's pinned precisions, the default of each model first", () => {
  expect(manifests.map(({ id, variant }) => `${id} ${variant}`)).toEqual([
    "siglip2-base-patch16-224 int8",
    "siglip2-base-patch16-224 fp16",
    "siglip2-base-patch16-224 fp32",
    "clip-vit-base-patch32 int8",
    "clip-vit-base-patch32 uint8",
    "clip-vit-base-patch32 fp32",
  ]);
});

test.each(["siglip2-base-patch16-256", "siglip-base-patch16-384", "siglip-base-patch16-224"])(
  "%s has holes, so no precision of it ships as pinned",
  (id) => {
    const recipe = recipeOf(id);
    expect(variantsOf(recipe).map((variant) => pinnedManifest(recipe, variant))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  },
);

test("one precision of a model may have a hole while the others are pinned", () => {
  expect(pinnedManifest(recipeOf("clip-vit-base-patch32"), "fp16")).toBeUndefined();
  expect(pinnedManifest(recipeOf("clip-vit-base-patch32"), "fp32")).toMatchObject({ variant: "fp32" });
});

test("a precision the recipe does not name is refused with those it has", () => {
  expect(() => pinnedManifest(recipeOf("siglip2-base-patch16-224"), "q4")).toThrow("int8, fp16, fp32");
});

describe("completed at the first download", () => {
  const recipe = recipeOf("siglip-base-patch16-224");

  test("a recipe becomes a manifest with what was found", () => {
    const manifest = completeManifest(recipe, "fp32", pinsOf(recipe));
    expect(manifest).toMatchObject({
      variant: "fp32",
      revision: recipe.revision,
      score: { logitScale: 4.7, logitBias: -16.5 },
      files: [
        { role: "vision", path: "onnx/vision_model.onnx", blake3: recipe.towers.fp32?.vision.blake3 },
        { role: "text", path: "onnx/text_model.onnx", sha256: recipe.towers.fp32?.text.sha256 },
        { role: "tokenizer", path: "tokenizer.json" },
      ],
    });
  });

  test("without a known revision the day's commit is stored", () => {
    const other = recipeOf("siglip-base-patch16-384");
    expect(completeManifest(other, "int8", pinsOf(other)).revision).toBe("c".repeat(40));
  });

  const pins = pinsOf(recipe);
  const withFile = (path: string, change: object): Partial<RecipePins> => ({
    files: { ...pins.files, [path]: { bytes: 7, sha256: "a".repeat(64), blake3: "b".repeat(64), ...change } },
  });
  test.each([
    ["another revision", { revision: "d".repeat(40) }, "the revision"],
    ["another blake3 than the known one", withFile("onnx/vision_model.onnx", {}), "blake3 of onnx/vision_model.onnx"],
    ["another sha256 than the known one", withFile("onnx/text_model.onnx", {}), "sha256 of onnx/text_model.onnx"],
    ["a file nobody hashed", { files: {} }, "onnx/vision_model.onnx"],
  ])("%s is refused", (_, change, place) => {
    expect(() => completeManifest(recipe, "fp32", pinsOf(recipe, change))).toThrow(place);
  });

  test("another size and another score than the known ones are refused", () => {
    const pinned = recipeOf("siglip2-base-patch16-224");
    const wrong = pinsOf(pinned);
    const path = "onnx/vision_model_int8.onnx";
    const file = { bytes: 1, sha256: wrong.files[path]?.sha256 ?? "" };
    expect(() => completeManifest(pinned, "int8", { ...wrong, files: { ...wrong.files, [path]: file } })).toThrow(
      "bytes",
    );
    expect(() => completeManifest(pinned, "int8", { ...wrong, score: { logitScale: 1, logitBias: -10 } })).toThrow(
      "logitScale",
    );
    expect(completeManifest(pinned, "int8", wrong)).toMatchObject({ id: pinned.id });
  });
});

test("a recipe's known hashes and revision have the form of real ones", () => {
  for (const recipe of recipes) {
    const files = Object.values(recipe.towers).flatMap(({ vision, text }) => [vision, text]);
    for (const { path, sha256 = "0".repeat(64), blake3 = "0".repeat(64) } of [...files, recipe.tokenizer]) {
      expect(`${path} ${sha256}`).toMatch(/ [0-9a-f]{64}$/);
      expect(`${path} ${blake3}`).toMatch(/ [0-9a-f]{64}$/);
    }
    expect(recipe.revision ?? "0".repeat(40)).toMatch(/^[0-9a-f]{40}$/);
  }
});

import { expect, test } from "vitest";
import { confidenceOf, dropAncestors } from "../../../models/embedding/tagger.ts";
import { promptsOf } from "../../../models/embedding/vocabulary.ts";
import { sampleVocabulary } from "../../../models/embedding/vocabulary/sample.ts";
import type { ScoredTag } from "../../../src/photo/types.ts";

const tag = (name: string, confidence: number, ...ancestors: string[]): ScoredTag => ({ name, confidence, ancestors });
const names = (tags: readonly ScoredTag[]): readonly string[] => tags.map(({ name }) => name);

test("an ancestor goes when a more specific tag is about as sure", () => {
  expect(names(dropAncestors([tag("Dog", 0.9), tag("poodle", 0.85, "dog", "animal"), tag("animal", 0.8)]))).toEqual([
    "poodle",
  ]);
});

test("an ancestor stays when it is clearly surer than its descendant", () => {
  expect(names(dropAncestors([tag("dog", 0.9), tag("poodle", 0.6, "dog")]))).toEqual(["dog", "poodle"]);
});

test("a calibrated confidence is one half where scale and bias cancel out", () => {
  const calibration = { id: "x", scale: 100, bias: -15, noMatchBelow: 0, goodFrom: 0 };
  expect(confidenceOf(0.15, calibration)).toBeCloseTo(0.5);
  expect(confidenceOf(0.2, calibration)).toBeGreaterThan(0.99);
});

test("prompts carry the right article and follow the category", () => {
  const entry = { id: "1", name: "owl", category: "animal", ancestors: [], synonyms: [] } as const;
  expect(promptsOf(entry)).toContain("a photo of an owl");
  expect(promptsOf({ ...entry, name: "rain", article: "" })).toContain("a photo of rain");
  expect(promptsOf({ ...entry, prompts: ["a jaguar, the cat"] })).toEqual(["a jaguar, the cat"]);
  expect(promptsOf({ ...entry, name: "beach", category: "place" })).toContain("a photo taken at a beach");
});

test("the sample vocabulary has unique names and ancestors that exist", () => {
  const all = sampleVocabulary.map(({ name }) => name);
  expect(new Set(all).size).toBe(all.length);
  for (const { ancestors } of sampleVocabulary) expect(all).toEqual(expect.arrayContaining([...ancestors]));
});

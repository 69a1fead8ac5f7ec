import { expect, test } from "vitest";
import { confidenceOf, dropAncestors, leastLogit, raisedConfidence } from "../../../models/embedding/tag-selection.ts";
import { promptsOf } from "../../../models/embedding/vocabulary.ts";
import { sampleVocabulary } from "../../support/sample-encoder/vocabulary.ts";
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

test("a tag that was dropped drops nothing itself", () => {
  const tags = [tag("animal", 0.88), tag("dog", 0.8, "animal"), tag("poodle", 0.75, "dog", "animal")];
  expect(names(dropAncestors(tags))).toEqual(["animal", "poodle"]);
});

test("a confidence is one half at logit zero, and everything a threshold lets through lies above its logit", () => {
  expect(confidenceOf(0)).toBe(0.5);
  expect(confidenceOf(6)).toBeGreaterThan(0.99);
  for (const least of [0, 0.01, 0.3, 0.5, 0.75, 0.9999]) {
    for (let logit = -12; logit < 12; logit += 0.01) {
      if (confidenceOf(logit) >= least) expect(logit).toBeGreaterThanOrEqual(leastLogit(least));
    }
  }
});

test("without a calibration the threshold is raised, but all and nothing can still be asked for", () => {
  expect([0, 0.5, 1].map(raisedConfidence)).toEqual([0, 0.75, 1]);
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

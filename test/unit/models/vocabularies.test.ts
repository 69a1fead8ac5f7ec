import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { generatedSample } from "../../support/sample-encoder/manifest.ts";
import { composeVocabulary, namesBySynonym, vocabularyFor } from "../../../models/embedding/vocabularies.ts";
import { writePhrases } from "../../../models/embedding/vocabulary/known-terms.ts";
import { ConfigError } from "../../../src/errors.ts";
import { createLogger, silentLogger } from "../../../src/logger.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "photon-vocabulary-"));
  writeFileSync(join(dir, "birds.json"), '[{ "name": "Robin", "ancestors": ["bird"] }, { "name": "wren" }]');
  writeFileSync(join(dir, "garden.json"), '[{ "name": "wren", "category": "animal" }, { "name": "rose" }]');
  writeFileSync(join(dir, "mine.json"), JSON.stringify([{ name: "doggo", for: "dog" }, { name: "our boat" }]));
  writeFileSync(join(dir, "wrong.json"), '[{ "name": "doggo", "for": "dgo" }]');
  writeFileSync(join(dir, "broken.json"), '[{ "title": "no name" }]');
});
afterAll(() => rmSync(dir, { recursive: true }));

const model: InstalledModel = {
  // as large as the tokenizers that know every word
  manifest: {
    ...generatedSample,
    id: "some-model",
    files: [{ role: "tokenizer", path: "t.json", bytes: 3e6, sha256: "" }],
  },
  directory: "",
  vectorKey: "some-model@00000000/fp32/p1",
  calibration: { id: "none", scale: 1, bias: 0, noMatchBelow: 0, goodFrom: 1 },
};
const namesOf = async (sets: readonly string[]): Promise<readonly string[]> => {
  const entries = await vocabularyFor(model, { dir, sets, blocked: [], logger: silentLogger });
  return entries.map(({ name }) => name);
};

test("tagging.vocabulary.sets decides whose words are used", async () => {
  expect(await namesOf(["birds"])).toEqual(["Robin", "wren"]);
  expect(await namesOf(["garden"])).toEqual(["wren", "rose"]);
  expect(await namesOf([])).toEqual([]);
});

test("a name in two sets is taken from the first", async () => {
  const entries = await vocabularyFor(model, { dir, sets: ["garden", "birds"], blocked: [], logger: silentLogger });
  expect(entries.map(({ id }) => id)).toEqual(["garden/wren", "garden/rose", "birds/Robin"]);
  expect(entries[0]?.category).toBe("animal");
});

test("a set that is not there is a warning that names it", async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: "warn", format: "pretty", write: (line) => lines.push(line) });
  expect(await vocabularyFor(model, { dir, sets: ["fish"], blocked: [], logger })).toEqual([]);
  expect(lines.join()).toContain('"fish"');
});

test("a file that is no vocabulary is a config error with its path", async () => {
  await expect(namesOf(["broken"])).rejects.toThrow(ConfigError);
  await expect(namesOf(["broken"])).rejects.toThrow("broken.json");
});

const compose = (options: { readonly sets: readonly string[]; readonly blocked?: readonly string[] }) =>
  composeVocabulary(model, { dir, blocked: [], logger: silentLogger, ...options });

test("the user's own words come first, in whatever order the sets are named", async () => {
  const { entries } = await compose({ sets: ["visual", "mine"] });
  expect(entries[0]?.name).toBe("our boat");
  expect(entries.length).toBeGreaterThan(3000);
});

test("an own word for a term takes its place, in the ancestors of others too, and keeps what it looks like", async () => {
  const { entries } = await compose({ sets: ["visual", "mine"] });
  const own = entries.find(({ name }) => name === "doggo");
  expect(own).toMatchObject({ id: "visual/dog", category: "animal" });
  expect(own?.synonyms).toContain("dog");
  expect(own?.prompts).toContain("a photo of a dog");
  expect(entries.find(({ name }) => name === "dog")).toBeUndefined();
  expect(entries.find(({ name }) => name === "beagle")?.ancestors).toEqual([
    "hunting dog",
    "doggo",
    "mammal",
    "pet",
    "animal",
  ]);
});

test("terms are found by their synonyms, with own words in their place", async () => {
  const sets = { dir, logger: silentLogger };
  const plain = await namesBySynonym({ ...sets, sets: ["visual"] });
  expect([plain.get("hound"), plain.get("dog")]).toEqual([["dog"], undefined]);
  const own = await namesBySynonym({ ...sets, sets: ["visual", "mine"] });
  expect([own.get("hound"), own.get("dog")]).toEqual([["doggo"], ["doggo"]]);
});

test("an own word for a term that is not there is a config error", async () => {
  await expect(compose({ sets: ["visual", "wrong"] })).rejects.toThrow(/"doggo".*received "dgo"/);
});

test("tagging.vocabulary.blocked leaves out terms by name, synonym and category, from ancestors too", async () => {
  const { entries, blocked, blockedWithoutEffect } = await compose({
    sets: ["visual"],
    blocked: ["Hunting Dog", "puma", "category:mood", "no such word"],
  });
  const left = new Set(entries.map(({ name }) => name));
  expect(["hunting dog", "cougar", "happy"].filter((name) => left.has(name))).toEqual([]);
  expect(blocked.map(({ name }) => name)).toEqual(expect.arrayContaining(["hunting dog", "cougar", "happy"]));
  expect(entries.find(({ name }) => name === "beagle")?.ancestors).toEqual(["dog", "mammal", "pet", "animal"]);
  expect(entries.filter(({ category }) => category === "mood")).toEqual([]);
  expect(blockedWithoutEffect).toEqual(["no such word"]);
});

test("files of the user that no set names are reported", async () => {
  expect((await compose({ sets: ["birds"] })).unusedSets).toEqual(["broken", "garden", "mine", "wrong"]);
});

test("a built-in set adds nothing that an earlier one has under another name", async () => {
  const { entries } = await compose({ sets: ["visual", "wordnet"] });
  const words = entries
    .filter(({ id }) => id.startsWith("visual/"))
    .flatMap(({ name, synonyms }) => [name, ...synonyms]);
  const known = new Set(words);
  const added = entries.filter(({ id }) => id.startsWith("wordnet/"));
  expect(added.length).toBeGreaterThan(10_000);
  expect(added.filter(({ name }) => known.has(name))).toEqual([]);
});

const wordModel = (directory: string): InstalledModel => {
  mkdirSync(directory, { recursive: true });
  const tokenizer = {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    model: { type: "WordLevel", unk_token: "[UNK]", vocab: { "[UNK]": 0, a: 1, photo: 2, of: 3, hound: 4, beagle: 5 } },
  };
  const text = JSON.stringify(tokenizer);
  writeFileSync(join(directory, "words.txt"), text);
  const file = { role: "tokenizer", path: "words.txt", bytes: text.length, sha256: "" } as const;
  return { ...model, directory, manifest: { ...model.manifest, files: [file] } };
};

test("a model with a list of words tags with the terms it knows, by name or synonym", async () => {
  const { entries, unknown } = await composeVocabulary(wordModel(join(dir, "words")), {
    dir,
    sets: ["visual"],
    blocked: [],
    logger: silentLogger,
  });
  expect(entries.map(({ name, prompts }) => [name, prompts])).toEqual([
    ["dog", ["a photo of a hound", "hound"]],
    ["beagle", ["a photo of a beagle", "beagle"]],
  ]);
  expect(unknown.length).toBeGreaterThan(3000);
});

test("where the training is told, built-in terms must have been in it, own ones need known words only", async () => {
  const trained = wordModel(join(dir, "trained"));
  await writePhrases(trained.directory, ["hound", "pointer"]);
  writeFileSync(join(dir, "kennel.json"), '[{ "name": "beagle hound" }]');
  const { entries } = await composeVocabulary(trained, {
    dir,
    sets: ["visual", "kennel"],
    blocked: [],
    logger: silentLogger,
  });
  expect(entries.map(({ name }) => name)).toEqual(["beagle hound", "dog"]);
});

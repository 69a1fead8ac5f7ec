import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { generatedSample } from "../../../models/embedding/manifests/generated-sample.ts";
import { vocabularyFor } from "../../../models/embedding/vocabularies.ts";
import { ConfigError } from "../../../src/errors.ts";
import { createLogger, silentLogger } from "../../../src/logger.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "photon-vocabulary-"));
  writeFileSync(join(dir, "birds.json"), '[{ "name": "Robin", "ancestors": ["bird"] }, { "name": "wren" }]');
  writeFileSync(join(dir, "garden.json"), '[{ "name": "wren", "category": "animal" }, { "name": "rose" }]');
  writeFileSync(join(dir, "broken.json"), '[{ "title": "no name" }]');
});
afterAll(() => rmSync(dir, { recursive: true }));

const model: InstalledModel = {
  manifest: { ...generatedSample, id: "some-model" },
  directory: "",
  vectorKey: "some-model@00000000/fp32/p1",
  calibration: { id: "none", scale: 1, bias: 0, noMatchBelow: 0, goodFrom: 1 },
};
const namesOf = async (sets: readonly string[]): Promise<readonly string[]> => {
  const entries = await vocabularyFor(model, { dir, sets, logger: silentLogger });
  return entries.map(({ name }) => name);
};

test("tagging.vocabulary.sets decides whose words are used", async () => {
  expect(await namesOf(["birds"])).toEqual(["Robin", "wren"]);
  expect(await namesOf(["garden"])).toEqual(["wren", "rose"]);
  expect(await namesOf([])).toEqual([]);
});

test("a name in two sets is taken from the first", async () => {
  const entries = await vocabularyFor(model, { dir, sets: ["garden", "birds"], logger: silentLogger });
  expect(entries.map(({ id }) => id)).toEqual(["garden/wren", "garden/rose", "birds/Robin"]);
  expect(entries[0]?.category).toBe("animal");
});

test("a set that is not there is a warning that names it", async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: "warn", format: "pretty", write: (line) => lines.push(line) });
  expect(await vocabularyFor(model, { dir, sets: ["fish"], logger })).toEqual([]);
  expect(lines.join()).toContain('"fish"');
});

test("a file that is no vocabulary is a config error with its path", async () => {
  await expect(namesOf(["broken"])).rejects.toThrow(ConfigError);
  await expect(namesOf(["broken"])).rejects.toThrow("broken.json");
});

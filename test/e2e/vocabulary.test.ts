/** The vocabulary through the command line: what it holds, and what a change would do before it is made. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { VocabularyPreview } from "../../src/app/vocabulary.ts";
import { processWords, runPhotonIn } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { writePhotos } from "../support/photos.ts";
import { writeSampleVocabulary } from "../support/sample-encoder/vocabulary.ts";

const PHOTOS = 3;
let library: TestLibrary;

interface Preview extends Omit<VocabularyPreview, "cost"> {
  readonly blocked_without_effect: readonly string[];
  readonly unused_sets: readonly string[];
  readonly cost: { readonly photos: number; readonly prompts: number; readonly prompt_seconds?: number };
}

const photon = async (...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runPhotonIn(library, words);
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
};
const preview = async (...words: readonly string[]): Promise<Preview> =>
  JSON.parse(await photon("vocabulary", "preview", "--json", ...words)) as Preview; // what the command promises
const listed = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { terms } = JSON.parse(await photon("vocabulary", "list", "--json", ...words)) as {
    readonly terms: readonly { readonly name: string }[];
  }; // what the command promises
  return terms.map(({ name }) => name);
};

beforeAll(async () => {
  library = await createTestLibrary();
  await writePhotos(library.photos, { count: PHOTOS });
  await photon(...processWords(library), "--output", join(library.folder, "records.jsonl"));
}, 120_000);
afterEach(() => writeSampleVocabulary(library.vocabulary));
afterAll(() => library?.[Symbol.asyncDispose]());

test("nothing comes in or goes while the settings are those of the last tags", async () => {
  const { changes, cost, terms } = await preview();
  expect(changes).toEqual({ added: [], removed: [] });
  expect(cost).toEqual({ photos: 0, prompts: 0 });
  expect(terms).toBe((await listed()).length);
  expect(await photon("vocabulary", "preview")).toContain("All tags are current");
});

test("a blocked tag goes, and a preview changes nothing", async () => {
  const { changes, blocked, cost, ...rest } = await preview("--block", "Sunset", "--block", "xylograph");
  expect(changes).toEqual({ added: [], removed: ["sunset"] });
  expect(blocked).toEqual(["sunset"]);
  expect(rest.blocked_without_effect).toEqual(["xylograph"]);
  expect(cost.photos).toBe(PHOTOS);
  expect(cost.prompts).toBeGreaterThan(100);
  expect(cost.prompt_seconds).toBeGreaterThanOrEqual(0);
  expect((await preview()).changes).toEqual({ added: [], removed: [] });
});

test("own words come in for those the set had before", async () => {
  await writeFile(join(library.vocabulary, "sample.json"), '[{ "name": "evening light" }, { "name": "beach" }]');
  await writeFile(join(library.vocabulary, "garden.json"), '[{ "name": "rose" }]');
  const { changes, cost, ...rest } = await preview();
  expect(changes?.added).toEqual(["evening light"]);
  expect(changes?.removed).toContain("sunset");
  expect(changes?.removed).not.toContain("beach");
  expect(cost).toMatchObject({ photos: PHOTOS, prompts: 10 });
  expect(rest.unused_sets).toContain("garden");
  expect(await listed()).toEqual(["evening light", "beach"]);
});

test("the list is narrowed to a category; one without terms is refused with those there are", async () => {
  expect(await listed("--category", "season")).toEqual(["autumn"]);
  const { code, stderr } = await runPhotonIn(library, ["vocabulary", "list", "--category", "furniture"]);
  expect(code).toBe(2);
  expect(stderr).toContain("furniture");
  expect(stderr).toContain("season");
});

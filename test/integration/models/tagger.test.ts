import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import type { HostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { bankPathOf } from "../../../models/embedding/label-bank.ts";
import { CANVAS } from "../../support/sample-encoder/painter.ts";
import { concepts } from "../../support/sample-encoder/concepts.ts";
import { featuresOf } from "../../support/sample-encoder/features.ts";
import { fitPrototypes, paintPrototype } from "../../support/sample-encoder/build-sample.ts";
import { project } from "../../support/sample-encoder/fit.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { createTagger } from "../../../models/embedding/tagger.ts";
import type { HostedTagger } from "../../../models/embedding/tagger.ts";
import type { TaggerSettings } from "../../../models/embedding/tag-selection.ts";
import type { ScoredTag } from "../../../src/photo/types.ts";
import type { VocabularyEntry } from "../../../models/embedding/vocabulary.ts";
import { sampleVocabulary } from "../../support/sample-encoder/vocabulary.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { cosine, createWorkspace, patternPixels, plainPixels } from "../../support/model-workspace.ts";
import type { Workspace } from "../../support/model-workspace.ts";

const SIZE = 64;
/** Far from the seeds of the prototypes. */
const UNSEEN = 900_000;

const enlarged = (small: Float32Array): Uint8Array =>
  Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    const [row, column] = [Math.floor(pixel / SIZE / 2), Math.floor((pixel % SIZE) / 2)];
    return Math.round(small[(row * CANVAS + column) * 3 + channel] ?? 0);
  });

const painting = (id: string, seed: number): Uint8Array => {
  const concept = concepts.find((candidate) => candidate.id === id);
  if (concept === undefined) throw new Error(`no concept ${id}`);
  return enlarged(paintPrototype(concept, UNSEEN + seed));
};

const settings: TaggerSettings = { minConfidence: 0.5, maxTags: 15, deduplicateAncestors: true };

const openEncoder = async ({ directory }: Workspace): Promise<HostedEncoder> =>
  createHostedEncoder(await ensureSampleEncoder(directory));

const openTagger = (
  { directory }: Workspace,
  encoder: HostedEncoder,
  vocabulary: readonly VocabularyEntry[] = sampleVocabulary,
  changed: Partial<TaggerSettings> = {},
): Promise<HostedTagger> =>
  createTagger({ encoder, vocabulary, bankDir: join(directory, "banks"), settings: { ...settings, ...changed } });

/** Waits for the bank, as the tagger does without a limit to its patience. */
const tagsOf = async (tagger: HostedTagger, vector: Float32Array): Promise<readonly ScoredTag[]> => {
  const tags = await tagger.tag(vector);
  if (tags === undefined) throw new Error("the tagger did not wait for its bank");
  return tags;
};

test("scenes get their tags, the same before and after a reload, whatever is scored beside them", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  const vectors = await Promise.all(
    ["sunset", "beach", "snow", "rain"].map((id) => encoder.embedImage(painting(id, 1))),
  );
  const tagged = await Promise.all(
    [1, 2].map(async () => {
      await using tagger = await openTagger(workspace, encoder);
      return await Promise.all(vectors.map((vector) => tagsOf(tagger, vector)));
    }),
  );
  expect(tagged[0]?.map((tags) => tags[0]?.name)).toEqual(["sunset", "beach", "snow", "rain"]);
  expect(tagged[1]).toEqual(tagged[0]);
  await using tagger = await openTagger(workspace, encoder);
  for (const [index, vector] of vectors.entries()) expect(await tagsOf(tagger, vector)).toEqual(tagged[0]?.[index]);
});

test("grey, black, white and noise get no tags", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  await using tagger = await openTagger(workspace, encoder);
  const empty = [
    plainPixels(SIZE, [128, 128, 128]),
    plainPixels(SIZE, [0, 0, 0]),
    plainPixels(SIZE, [255, 255, 255]),
    patternPixels(SIZE, 3),
    patternPixels(SIZE, 4),
  ];
  for (const pixels of empty) expect(await tagsOf(tagger, await encoder.embedImage(pixels))).toEqual([]);
});

test("names are unique, at most maxTags, surest first, ancestors gone before the cut", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  const all = { minConfidence: 0, maxTags: 5 };
  await using plain = await openTagger(workspace, encoder, sampleVocabulary, { ...all, deduplicateAncestors: false });
  await using deduplicated = await openTagger(workspace, encoder, sampleVocabulary, all);
  const vector = await encoder.embedImage(painting("fireworks", 2));
  expect((await tagsOf(plain, vector)).map(({ name }) => name)).toEqual(expect.arrayContaining(["night", "fireworks"]));
  const tags = await tagsOf(deduplicated, vector);
  const names = tags.map(({ name }) => name);
  expect(tags).toHaveLength(5);
  expect(new Set(names).size).toBe(5);
  expect(names).not.toContain("night");
  expect(tags.map(({ confidence }) => confidence)).toEqual(
    tags.map(({ confidence }) => confidence).toSorted((a, b) => b - a),
  );
});

test("tags are filled up from beyond the first terms when many ancestors fall", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  const term = (name: string, ancestors: readonly string[], prompts: readonly string[]): VocabularyEntry => ({
    id: name,
    name,
    category: "scene",
    ancestors,
    synonyms: [],
    prompts,
  });
  const general = Array.from({ length: 150 }, (_, index) => `sunset ${index}`);
  const vocabulary = [
    term("special", general, ["sunset"]),
    ...general.map((name) => term(name, [], ["sunset"])),
    ...["dusk red", "dusk orange", "dusk sea"].map((name) => term(name, [], [name])),
  ];
  await using tagger = await openTagger(workspace, encoder, vocabulary, { minConfidence: 0.01, maxTags: 4 });
  const tags = await tagsOf(tagger, await encoder.embedImage(painting("sunset", 5)));
  expect(tags.map(({ name }) => name).toSorted()).toEqual(["dusk orange", "dusk red", "dusk sea", "special"]);
});

test("a bank that is damaged between two runs is made again with the same tags", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  const vector = await encoder.embedImage(painting("beach", 4));
  await using first = await openTagger(workspace, encoder);
  const tags = await tagsOf(first, vector);
  await appendFile(bankPathOf(join(workspace.directory, "banks"), first.bankKey), "x");
  await using second = await openTagger(workspace, encoder);
  expect(second.bankKey).toBe(first.bankKey);
  expect(await tagsOf(second, vector)).toEqual(tags);
});

test("one caller that gives up does not stop the build for the others", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  await using tagger = await openTagger(workspace, encoder);
  const vector = await encoder.embedImage(painting("snow", 1));
  const controller = new AbortController();
  const [given, kept] = [tagger.tag(vector, { signal: controller.signal }), tagger.tag(vector)];
  controller.abort();
  await expect(given).rejects.toMatchObject({ name: "AbortError" });
  expect((await kept)?.[0]?.name).toBe("snow");
});

test("wrong dimensions, doubled names and an empty vocabulary", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  await using tagger = await openTagger(workspace, encoder);
  await expect(tagger.tag(new Float32Array(7))).rejects.toThrow(InvalidInputError);
  const [first] = sampleVocabulary;
  const doubled = sampleVocabulary.concat(
    first === undefined ? [] : { ...first, id: "other", name: first.name.toUpperCase() },
  );
  await expect(openTagger(workspace, encoder, doubled)).rejects.toThrow(InvalidInputError);
  await using silent = await openTagger(workspace, encoder, []);
  expect(await tagsOf(silent, new Float32Array(encoder.dimension).fill(1))).toEqual([]);
});

test("the sample image tower computes the features the prototypes were fitted with", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  const { fit } = fitPrototypes();
  for (const id of ["boat", "meadow", "night"]) {
    const picture = painting(id, 3);
    const vector = await encoder.embedImage(picture);
    const expected = Float32Array.from(project(fit, featuresOf(picture, SIZE)));
    expect(cosine(vector.subarray(0, expected.length), expected)).toBeGreaterThan(0.9999);
  }
});

test("held-out paintings are found by their word, unknown words find nothing", { timeout: 120_000 }, async () => {
  await using workspace = await createWorkspace();
  await using encoder = await openEncoder(workspace);
  const scenes = ["sunset", "beach", "mountain", "forest", "desert", "snow", "rain", "autumn", "city", "document"];
  const pictures = scenes.flatMap((id) => [10, 11, 12, 13].map((seed) => ({ id, pixels: painting(id, seed) })));
  const vectors = await Promise.all(pictures.map(({ pixels }) => encoder.embedImage(pixels)));
  const texts = await encoder.embedTexts(scenes.map((id) => `a photo of a ${id}`));
  const hits = texts.flatMap((text, index) => {
    const ranked = vectors
      .map((vector, picture) => ({ id: pictures[picture]?.id, score: cosine(text, vector) }))
      .toSorted((a, b) => b.score - a.score);
    return ranked.slice(0, 4).map(({ id }) => id === scenes[index]);
  });
  expect(hits.filter(Boolean).length / hits.length).toBeGreaterThan(0.85);
  const absurd = await encoder.embedTexts(["quantum chromodynamics", "zebra", "", "tax law of 1923"]);
  for (const text of absurd) {
    const best = Math.max(...vectors.map((vector) => cosine(text, vector)));
    expect(best).toBeLessThan(encoder.calibration.noMatchBelow);
  }
});

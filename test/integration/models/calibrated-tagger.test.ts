/** Taggers with a fitted calibration, banks in the making, banks that came with a model. */
import { rename, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fitTagCalibration } from "../../../models/embedding/fit-tag-calibration.ts";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import type { HostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { bankKeyOf, bankPathOf, ensureLabelBank } from "../../../models/embedding/label-bank.ts";
import type { LabelBank } from "../../../models/embedding/label-bank-file.ts";
import { concepts } from "../../support/sample-encoder/concepts.ts";
import { paintPrototype } from "../../support/sample-encoder/build-sample.ts";
import { CANVAS } from "../../support/sample-encoder/painter.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import type { TagCalibration } from "../../../models/embedding/tag-calibration.ts";
import { createTagger } from "../../../models/embedding/tagger.ts";
import type { HostedTagger, TaggerOptions } from "../../../models/embedding/tagger.ts";
import { sampleVocabulary } from "../../support/sample-encoder/vocabulary.ts";
import { createWorkspace, patternPixels, plainPixels } from "../../support/model-workspace.ts";
import type { Workspace } from "../../support/model-workspace.ts";

const SIZE = 64;
const UNSEEN = 700_000;
const SHOWN = ["sunset", "beach", "snow", "forest", "desert", "night", "city", "meadow"];
const settings = { minConfidence: 0.5, maxTags: 15, deduplicateAncestors: true };

let workspace: Workspace;
let encoder: HostedEncoder;
let bank: LabelBank;
let calibration: TagCalibration;

const painting = (id: string, seed: number): Uint8Array => {
  const concept = concepts.find((candidate) => candidate.id === id);
  if (concept === undefined) throw new Error(`no concept ${id}`);
  const small = paintPrototype(concept, UNSEEN + seed);
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    const [row, column] = [Math.floor(pixel / SIZE / 2), Math.floor((pixel % SIZE) / 2)];
    return Math.round(small[(row * CANVAS + column) * 3 + channel] ?? 0);
  });
};

/** Plain greys from black to white, and noise. */
const blanks = (seed: number, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, each) => {
    const level = Math.round((255 * each) / (count - 1));
    return each % 2 === 0 ? plainPixels(SIZE, [level, level, level]) : patternPixels(SIZE, seed + each);
  });

const embedAll = (pictures: readonly Uint8Array[]): Promise<readonly Float32Array[]> =>
  Promise.all(pictures.map((pixels) => encoder.embedImage(pixels)));

const joined = (vectors: readonly Float32Array[]): Float32Array =>
  Float32Array.from(vectors.flatMap((vector) => [...vector]));

/** The concept and what the vocabulary puts above it. */
const rightTerms = (id: string): readonly string[] => {
  const entry = sampleVocabulary.find(({ name }) => name === id);
  return [id, ...(entry?.ancestors ?? [])].map((name) => `sample/${name}`);
};

beforeAll(async () => {
  workspace = await createWorkspace();
  encoder = createHostedEncoder(await ensureSampleEncoder(workspace.directory));
  const key = await bankKeyOf(encoder, sampleVocabulary);
  ({ bank } = await ensureLabelBank(encoder, sampleVocabulary, { bankDir: join(workspace.directory, "banks"), key }));
  const shown = SHOWN.flatMap((id) => Array.from({ length: 12 }, (_, seed) => ({ id, pixels: painting(id, seed) })));
  const vectors = await embedAll([...shown.map(({ pixels }) => pixels), ...blanks(1, 24)]);
  const labels = [...shown.map(({ id }) => rightTerms(id)), ...Array.from({ length: 24 }, () => [])];
  const decided = SHOWN.map((id) => `sample/${id}`);
  calibration = fitTagCalibration({ vectors: joined(vectors), labels, decided, bank });
}, 120_000);

afterAll(async () => {
  await encoder?.[Symbol.asyncDispose]();
  await workspace?.[Symbol.asyncDispose]();
});

const open = (given: Partial<TaggerOptions> = {}): Promise<HostedTagger> =>
  createTagger({
    encoder,
    vocabulary: sampleVocabulary,
    bankDir: join(workspace.directory, "banks"),
    settings,
    calibration,
    ...given,
  });

test("with a fitted calibration, pictures of nothing get no tags and scenes still get theirs", async () => {
  await using tagger = await open();
  const empty = await tagger.tagAll(joined(await embedAll(blanks(500, 12))));
  expect(empty.flat()).toEqual([]);
  const tags = await tagger.tagAll(joined(await embedAll(SHOWN.map((id) => painting(id, 100)))));
  const found = SHOWN.filter((id, photo) => tags[photo]?.some(({ name }) => name === id));
  expect(found.length).toBeGreaterThanOrEqual(SHOWN.length - 1);
});

test("many photos at once get the tags that each gets alone", async () => {
  await using tagger = await open({ settings: { ...settings, minConfidence: 0.05 } });
  const vectors = await embedAll(SHOWN.map((id) => painting(id, 200)));
  const together = await tagger.tagAll(joined(vectors));
  for (const [photo, vector] of vectors.entries()) {
    const alone = (await tagger.tag(vector)) ?? [];
    expect(together[photo]?.map(({ name }) => name)).toEqual(alone.map(({ name }) => name));
    together[photo]?.forEach(({ confidence }, place) =>
      expect(confidence).toBeCloseTo(alone[place]?.confidence ?? 0, 3),
    );
  }
  expect(await tagger.tagAll(new Float32Array())).toEqual([]);
});

test("what tags depend on is in the key, and only that", async () => {
  const keys = await Promise.all(
    [
      {},
      {},
      { settings: { ...settings, minConfidence: 0.6 } },
      { settings: { ...settings, maxTags: 3 } },
      { calibration: { ...calibration, id: "other" } },
      { calibration: undefined },
      { vocabulary: sampleVocabulary.slice(1) },
    ].map(async (given) => (await open(given)).resultKey),
  );
  expect(keys[1]).toBe(keys[0]);
  expect(new Set(keys).size).toBe(keys.length - 1);
});

test("without a fit of its own a checkpoint's numbers are marked, and ask for more", async () => {
  const vector = await encoder.embedImage(painting("beach", 300));
  const prior = { ...encoder, calibration: { ...encoder.calibration, id: "checkpoint/prior" } };
  await using own = await open({ calibration: undefined });
  await using marked = await open({ calibration: undefined, encoder: prior });
  expect(own.calibrationId).toBe(encoder.calibration.id);
  expect(marked.calibrationId).toBe("checkpoint/prior/uncalibrated");
  const sure = (await own.tag(vector))?.filter(({ confidence }) => confidence >= 0.75);
  expect((await marked.tag(vector))?.map(({ name }) => name)).toEqual(sure?.map(({ name }) => name));
});

test("photos do not wait for a bank in the making, and never get tags from a part of one", async () => {
  const built = Promise.withResolvers<void>();
  const slow = {
    ...encoder,
    embedTexts: async (...[texts, options]: Parameters<HostedEncoder["embedTexts"]>) => {
      await built.promise;
      return encoder.embedTexts(texts, options);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  let left = 0;
  await using tagger = await open({
    bankDir: join(workspace.directory, "slow"),
    openBankEncoder: () => slow,
    patienceMs: 0,
    onLeftWaiting: () => (left += 1),
  });
  const vector = await encoder.embedImage(painting("beach", 400));
  expect(await tagger.tag(vector)).toBeUndefined();
  expect(left).toBe(1);
  const later = tagger.tagAll(vector); // waits, as whoever comes for the tags afterwards does
  built.resolve();
  expect((await later)[0]?.map(({ name }) => name)).toContain("beach");
  expect(await tagger.tag(vector)).toEqual((await later)[0]);
});

test("a bank that came with the model is used where it lies", async () => {
  const { key } = bank.header;
  const [shipped, own] = [join(workspace.directory, "shipped"), join(workspace.directory, "own")];
  await mkdir(shipped);
  await ensureLabelBank(encoder, sampleVocabulary, { bankDir: own, key });
  await rename(bankPathOf(own, key), bankPathOf(shipped, key));
  const silent = { ...encoder, embedTexts: () => Promise.reject(new Error("no term is encoded again")) };
  await using tagger = await open({ encoder: silent, bankDir: own, shippedBankDirs: [shipped] });
  const vector = await encoder.embedImage(painting("snow", 500));
  expect((await tagger.tag(vector))?.map(({ name }) => name)).toContain("snow");
});

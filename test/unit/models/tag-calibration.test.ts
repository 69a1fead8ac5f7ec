/** The fit of tag confidences, on photos whose right terms are known because they were made of them. */
import { expect, test } from "vitest";
import { cosineSpreads, fitTagCalibration } from "../../../models/embedding/fit-tag-calibration.ts";
import type { LabelledPhotos } from "../../../models/embedding/fit-tag-calibration.ts";
import type { LabelBank } from "../../../models/embedding/label-bank-file.ts";
import { foldIntoRows, readTagCalibration, writeTagCalibration } from "../../../models/embedding/tag-calibration.ts";
import type { TagCalibration } from "../../../models/embedding/tag-calibration.ts";
import { confidenceOf } from "../../../models/embedding/tag-selection.ts";
import { createWorkspace } from "../../support/model-workspace.ts";

const DIMENSION = 24;
const TERMS = 40;
const PHOTOS = 900;

/** mulberry32 */
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const unitRow = (values: readonly number[]): readonly number[] => {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
};

const makeRows = (count: number, make: (row: number) => readonly number[]): Float32Array =>
  Float32Array.from(Array.from({ length: count }, (_, row) => unitRow(make(row))).flat());

const direction = (random: () => number): readonly number[] =>
  Array.from({ length: DIMENSION }, () => gaussian(random));

const random = createRandom(7);
const meanings = Array.from({ length: TERMS }, () => direction(random));
/** All texts lie off one way, some of them farther: raw cosines of different terms mean different things. */
const away = direction(random);
const bank: LabelBank = {
  header: {
    key: "bank",
    count: TERMS,
    dimension: DIMENSION,
    dtype: "float32",
    termIds: Array.from({ length: TERMS }, (_, term) => `term ${term}`),
  },
  rows: makeRows(
    TERMS,
    (term) => meanings[term]?.map((value, place) => value + (0.5 + term / TERMS) * (away[place] ?? 0)) ?? [],
  ),
};

interface Labelled {
  readonly vectors: Float32Array;
  readonly labels: readonly (readonly string[])[];
}

/** Each photo shows one to three terms, more or less clearly. */
const makePhotos = (seed: number, count: number): Labelled => {
  const own = createRandom(seed);
  const shown = Array.from({ length: count }, () =>
    Array.from({ length: 1 + Math.floor(own() * 3) }, () => Math.floor(own() * TERMS)),
  );
  const vectors = makeRows(count, (photo) => {
    const clearness = 0.4 + own();
    return Array.from(
      { length: DIMENSION },
      (_, place) =>
        0.8 * (away[place] ?? 0) +
        gaussian(own) +
        (shown[photo] ?? []).reduce((sum, term) => sum + clearness * (meanings[term]?.[place] ?? 0), 0),
    );
  });
  return { vectors, labels: shown.map((terms) => [...new Set(terms)].map((term) => `term ${term}`)) };
};

const confidences = (calibration: TagCalibration, { vectors, labels }: Labelled) => {
  const rows = bank.rows.slice();
  const offsets = foldIntoRows(rows, calibration, cosineSpreads(bank, calibration.reference));
  return labels.flatMap((own, photo) =>
    bank.header.termIds.map((id, term) => {
      let logit = offsets[term] ?? 0;
      for (let place = 0; place < DIMENSION; place += 1) {
        logit += (vectors[photo * DIMENSION + place] ?? 0) * (rows[term * DIMENSION + place] ?? 0);
      }
      return { confidence: confidenceOf(logit), right: own.includes(id) };
    }),
  );
};

const fit = (given: Partial<LabelledPhotos> = {}): TagCalibration =>
  fitTagCalibration({ ...makePhotos(1, PHOTOS), bank, ...given });

test("of the tags at one confidence that share is right, in each tenth, on photos that were not fitted", () => {
  const pairs = confidences(fit(), makePhotos(2, 2 * PHOTOS));
  const tenths = Array.from({ length: 10 }, (_, tenth) =>
    pairs.filter(({ confidence }) => Math.min(9, Math.floor(confidence * 10)) === tenth),
  );
  for (const tenth of tenths) {
    expect(tenth.length).toBeGreaterThan(30);
    const claimed = tenth.reduce((sum, { confidence }) => sum + confidence, 0) / tenth.length;
    const right = tenth.filter((pair) => pair.right).length / tenth.length;
    expect(Math.abs(claimed - right)).toBeLessThan(0.1);
  }
});

test("z is what makes terms comparable: without it more wrong tags are among the sure ones", () => {
  const calibration = fit();
  expect(calibration.weights.z).toBeGreaterThan(0);
  const held = makePhotos(3, PHOTOS);
  const wrongAmongBest = (chosen: TagCalibration): number =>
    confidences(chosen, held)
      .toSorted((left, right) => right.confidence - left.confidence)
      .slice(0, 400)
      .filter(({ right }) => !right).length;
  const cosineOnly = { ...calibration, weights: { z: 0, cosine: 12, level: 0, offset: -4 } };
  expect(wrongAmongBest(calibration)).toBeLessThan(wrongAmongBest(cosineOnly));
});

test("photos that show nothing, once fitted, get nothing", () => {
  const shows = makePhotos(4, PHOTOS);
  const blank = makeRows(60, (photo) => {
    const own = createRandom(1000 + photo);
    return away.map((value) => value + 0.4 * gaussian(own));
  });
  const half = blank.length / 2;
  const calibration = fitTagCalibration({
    vectors: Float32Array.of(...shows.vectors, ...blank.subarray(0, half)),
    labels: [...shows.labels, ...Array.from({ length: 30 }, () => [])],
    bank,
  });
  const unseen = { vectors: blank.subarray(half), labels: Array.from({ length: 30 }, () => []) };
  expect(confidences(calibration, unseen).filter(({ confidence }) => confidence >= 0.5)).toEqual([]);
});

test("a file gives the calibration back, for its own vectors only", async () => {
  await using workspace = await createWorkspace();
  const own = { vectorKey: "m@00000000/fp32/p1", dimension: DIMENSION };
  const calibration = fit({ referencePhotos: 100 });
  expect(await readTagCalibration(workspace.directory, own)).toBeUndefined();
  await writeTagCalibration(workspace.directory, own, calibration);
  const read = await readTagCalibration(workspace.directory, own);
  expect(read).toMatchObject({ id: calibration.id, calibrated: true, weights: calibration.weights });
  expect(read?.reference).toHaveLength(100 * DIMENSION);
  const held = makePhotos(5, 50);
  const [before, after] = [confidences(calibration, held), confidences(read ?? calibration, held)];
  before.forEach(({ confidence }, pair) => expect(after[pair]?.confidence).toBeCloseTo(confidence, 1));
  expect(await readTagCalibration(workspace.directory, { ...own, vectorKey: "other" })).toBeUndefined();
  expect(await readTagCalibration(workspace.directory, { ...own, dimension: 7 })).toBeUndefined();
});

test("labels that are no terms, and sizes that do not fit, are refused", () => {
  expect(() => fit({ labels: Array.from({ length: PHOTOS }, () => ["unknown"]) })).toThrow(/terms of the bank/);
  expect(() => fit({ labels: [["term 1"]] })).toThrow(/labelled photos/);
  expect(() => fit({ labels: Array.from({ length: PHOTOS }, () => []) })).toThrow(/right for some photos/);
});

import { describe, expect, test } from "vitest";
import type { ScoreCalibration } from "../../../models/embedding/encoder.ts";
import { levelsOf, matchOf, vectorScore, wordsScore } from "../../../src/search/match-score.ts";
import { calibratePictures, calibrateWords } from "../../../src/search/null-calibration.ts";

const prior: ScoreCalibration = { id: "prior", scale: 20, bias: -4, noMatchBelow: 0.1, goodFrom: 0.2 };

/** Evenly spread quantiles of a Gumbel distribution, what best cosines by chance look like. */
const gumbel = (mode: number, beta: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, position) => mode - beta * Math.log(-Math.log((position + 0.5) / count)));

describe("words", () => {
  test("a small or missing null set leaves the model's prior", () => {
    expect(calibrateWords(prior, undefined, 1_000)).toBe(prior);
    expect(calibrateWords(prior, { id: "n", photos: 199, best: gumbel(0.1, 0.01, 200), fall: 0.01 }, 199)).toBe(prior);
    expect(calibrateWords(prior, { id: "n", photos: 10_000, best: [0.1, 0.2], fall: 0.01 }, 199)).toBe(prior);
  });

  test("49 of 50 best hits by chance are no match, hardly one is good", () => {
    const best = gumbel(0.1, 0.01, 200);
    const calibration = calibrateWords(prior, { id: "n", photos: 10_000, best, fall: 0.01 }, 10_000);
    const classes = best.map((cosine) => matchOf(vectorScore(calibration, cosine), levelsOf(calibration)));
    expect(classes.filter((match) => match === "none")).toHaveLength(196);
    expect(classes.filter((match) => match === "good").length).toBeLessThanOrEqual(1);
    expect(calibration.id).toBe("null:n");
  });

  test("fewer photos behind a filter need less to stand out", () => {
    const nullSet = { id: "n", photos: 10_000, best: gumbel(0.1, 0.01, 200), fall: 0.01 };
    const all = calibrateWords(prior, nullSet, 10_000);
    const few = calibrateWords(prior, nullSet, 100);
    // The best of 1/100 of the photos lies beta * ln(100) lower; beta is estimated from 200 values.
    expect(all.noMatchBelow - few.noMatchBelow).toBeCloseTo(0.01 * Math.log(100), 2);
    expect(calibrateWords(prior, nullSet, 0).noMatchBelow).toBeGreaterThan(0);
  });

  test("equal best cosines still give a usable scale", () => {
    const calibration = calibrateWords(
      prior,
      { id: "n", photos: 500, best: Array.from({ length: 60 }, () => 0.2), fall: 0 },
      500,
    );
    expect(Number.isFinite(calibration.scale)).toBe(true);
    expect(calibration.goodFrom).toBeGreaterThan(calibration.noMatchBelow);
  });
});

describe("pictures", () => {
  const spread = Array.from({ length: 101 }, (_, position) => 0.3 + position / 500);

  test("thresholds lie above the bulk and below 1, in this order", () => {
    const { noMatchBelow, goodFrom } = calibratePictures(spread, 10_000);
    expect(noMatchBelow).toBeGreaterThan(0.45);
    expect(goodFrom).toBeGreaterThan(noMatchBelow);
    expect(goodFrom).toBeLessThan(1);
  });

  test("true matches in the sample do not raise the thresholds much", () => {
    const withMatches = [...spread, ...Array.from({ length: 12 }, () => 0.98)];
    const { noMatchBelow } = calibratePictures(withMatches, 1_000);
    expect(noMatchBelow).toBeLessThan(0.62);
    expect(
      matchOf(
        vectorScore(calibratePictures(withMatches, 1_000), 0.98),
        levelsOf(calibratePictures(withMatches, 1_000)),
      ),
    ).toBe("good");
  });

  test("more photos ask for more before a match is good", () => {
    const wide = Array.from({ length: 101 }, (_, position) => position / 125);
    expect(calibratePictures(wide, 100_000).goodFrom).toBeGreaterThan(calibratePictures(wide, 10).goodFrom);
  });

  test("good is at least half the way from chance to an equal picture", () => {
    const narrow = Array.from({ length: 101 }, (_, position) => position / 10_000);
    const calibration = calibratePictures(narrow, 50);
    expect(calibration.goodFrom).toBeGreaterThan(0.5);
    expect(matchOf(vectorScore(calibration, 0.3), levelsOf(calibration))).toBe("weak");
    expect(vectorScore(calibration, 1)).toBeGreaterThan(0.95);
  });

  test("too few photos never say that nothing matches", () => {
    const calibration = calibratePictures([0.1, 0.2], 2);
    expect(matchOf(vectorScore(calibration, -0.5), levelsOf(calibration))).toBe("weak");
    expect(matchOf(vectorScore(calibration, 0.95), levelsOf(calibration))).toBe("good");
  });

  test("identical pictures are no error", () => {
    const calibration = calibratePictures(
      Array.from({ length: 30 }, () => 1),
      30,
    );
    expect(Object.values(calibration).every((value) => typeof value === "string" || Number.isFinite(value))).toBe(true);
  });
});

test("scores of words run from chance to exact without a step back", () => {
  const levels = { weak: 0.2, good: 0.7 };
  const scores = [0, 0.25, 0.5, 0.75, 0.99, 1].map((coverage) => wordsScore(coverage, levels));
  expect(scores).toEqual(scores.toSorted((left, right) => left - right));
  expect(scores.map((score) => matchOf(score, levels))).toEqual(["none", "none", "weak", "weak", "weak", "good"]);
});

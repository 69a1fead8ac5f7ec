import { expect, test } from "vitest";
import { contentWords, coverageOf, stemOf, stemsOfQuery, wordsOf } from "../../../src/search/query-words.ts";

test.each([
  ["boats", "boat"],
  ["dogs", "dog"],
  ["berries", "berry"],
  ["boxes", "box"],
  ["beaches", "beach"],
  ["swimming", "swim"],
  ["dancing", "dance"],
  ["parked", "park"],
  ["planned", "plan"],
  ["horses", "horse"],
])("%s is the same word as %s", (form, word) => {
  expect(stemOf(form)).toBe(stemOf(word));
});

test.each([
  ["bus", "bu"],
  ["glass", "glas"],
  ["king", "k"],
  ["red", "r"],
  ["bass", "base"],
])("%s is not %s", (left, right) => {
  expect(stemOf(left)).not.toBe(stemOf(right));
});

test("accents, case and punctuation do not part words", () => {
  expect(wordsOf("Café-Straße DSC_0042.jpg")).toEqual(["cafe", "strasse", "dsc", "0042", "jpg"]);
});

test("words without meaning are not asked for, unless there are no others", () => {
  expect(contentWords("boats at the sunset")).toEqual(["boats", "sunset"]);
  expect(contentWords("with the")).toEqual(["with", "the"]);
});

test("the name of a file is asked for without its extension, as the index holds it", () => {
  expect(contentWords("DSC_0042.JPG")).toEqual(["dsc", "0042"]);
  expect(contentWords("2024/beach.heic sunset")).toEqual(["2024", "beach", "sunset"]);
  expect(contentWords("jpg .jpg a.jpgx")).toEqual(["jpg", "jpg", "jpgx"]);
});

test("coverage is the share of words found", () => {
  const stems = stemsOfQuery("boats at sunset, boats");
  expect(stems).toHaveLength(2);
  expect(coverageOf(stems, "Two boats\nsunsets over the sea")).toBe(1);
  expect(coverageOf(stems, "one boat")).toBe(0.5);
  expect(coverageOf(stems, "a car")).toBe(0);
  expect(coverageOf([], "anything")).toBe(0);
});

test("scripts without blanks match inside a sentence", () => {
  expect(coverageOf(stemsOfQuery("富士山"), "昨日は富士山に登った")).toBe(1);
  expect(coverageOf(stemsOfQuery("富士山"), "昨日は海に行った")).toBe(0);
});

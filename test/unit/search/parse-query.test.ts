import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../../src/errors.ts";
import { parseQuery, parseQueryWords } from "../../../src/search/parse-query.ts";
import type { SearchTerm } from "../../../src/search/types.ts";

const FILES = new Set(["pool.jpg", "./beach", "trips/my pool +1.jpg", "C:\\pictures\\pool.jpg"]);
const reader = { fileAt: (path: string) => (FILES.has(path) ? `/here/${path}` : undefined) };
const ID = "0123456789ab";

const text = (words: string, weight = 1): SearchTerm => ({ source: { kind: "text", text: words }, weight });
const file = (path: string, weight = 1): SearchTerm => ({ source: { kind: "file", path: `/here/${path}` }, weight });
const photo = (id: string, weight = 1): SearchTerm => ({ source: { kind: "photo", id }, weight });

const CASES: readonly (readonly [string, readonly string[], readonly SearchTerm[]])[] = [
  ["plain words are one term", ["golden", "retriever"], [text("golden retriever")]],
  ["one argument with blanks is the same", ["boats at sunset"], [text("boats at sunset")]],
  [
    "the example of the manual",
    ["2:golden retriever", "+pool.jpg", "-fruit"],
    [text("golden retriever", 2), file("pool.jpg"), text("fruit", -1)],
  ],
  [
    "the example as one string",
    ['"2:golden retriever" +pool.jpg -fruit'],
    [text("golden retriever", 2), file("pool.jpg"), text("fruit", -1)],
  ],
  [
    "the example as one string without quotes",
    ["2:golden retriever +pool.jpg -fruit"],
    [text("golden retriever", 2), file("pool.jpg"), text("fruit", -1)],
  ],
  [
    "a weight reaches over plain words of several arguments",
    ["2:golden", "retriever", "-fruit"],
    [text("golden retriever", 2), text("fruit", -1)],
  ],
  ["a quoted weight ends with its quotes", ['2:"golden retriever" dog'], [text("dog"), text("golden retriever", 2)]],
  ["a sign takes one word", ["-fruit salad"], [text("fruit salad", -1)]],
  ["a sign inside a longer query takes one word", ["bowl -fruit salad"], [text("bowl salad"), text("fruit", -1)]],
  ["a sign takes a quoted phrase", ['bowl -"fruit salad"'], [text("bowl"), text("fruit salad", -1)]],
  ["decimal and negative weights", [".5:sea", "-2.5:people"], [text("sea", 0.5), text("people", -2.5)]],
  ["plus makes a term of its own", ["beach", "+sunset"], [text("beach"), text("sunset")]],
  ["a photo id is a picture", [ID, `-${ID.toUpperCase()}`], [photo(ID), photo(ID, -1)]],
  ["11 digits are a word", ["0123456789a"], [text("0123456789a")]],
  ["a file in plain sight", ["pool.jpg", "at", "night"], [text("at night"), file("pool.jpg")]],
  ["a file name with blanks and signs", ["+trips/my pool +1.jpg"], [file("trips/my pool +1.jpg")]],
  ["a drive letter is no weight", ["C:\\pictures\\pool.jpg"], [file("C:\\pictures\\pool.jpg")]],
  ["a word is no file without dot or slash", ["beach"], [text("beach")]],
  ["a path without extension", ["./beach"], [file("./beach")]],
  ["ratios and times are words", ["16:9", "panorama", "at", "3:30"], [text("16:9 panorama at 3:30")]],
  ["hyphens inside words stay", ["black-and-white", "selfie"], [text("black-and-white selfie")]],
  ["a file name that is not there is text when plain", ["IMG_1234.jpg"], [text("IMG_1234.jpg")]],
  ["other scripts", ["日本", "-猫"], [text("日本"), text("猫", -1)]],
  ["nothing", ["", "  "], []],
];

test.each(CASES)("%s", (_name, words, terms) => {
  expect(parseQuery(words, reader)).toEqual(terms);
});

describe("errors say what was expected", () => {
  test.each([
    [["dog", "-"], /directly after "-"/],
    [["2:"], /directly after "2:"/],
    [["0:dog"], /weight above 0 and up to 100, received "0:dog"/],
    [["101:dog"], /weight above 0/],
    [["+missing.jpg"], /existing picture file or a photo id for a picture term, received "missing.jpg"/],
    [["-missing.jpeg"], /existing picture file/],
    [['"golden retriever'], /closing quote/],
    [['""'], /received nothing/],
  ])("%j", (words, message) => {
    expect(() => parseQuery(words, reader)).toThrow(InvalidInputError);
    expect(() => parseQuery(words, reader)).toThrow(message);
  });
});

test("flags say the same as signs", () => {
  const flags = parseQueryWords(
    { words: ["dog"], like: ["2:pool.jpg", ID], unlike: [ID], not: ["fruit salad", "0.5:sand"] },
    reader,
  );
  expect(flags).toEqual([
    text("dog"),
    file("pool.jpg", 2),
    photo(ID),
    photo(ID, -1),
    text("fruit salad", -1),
    text("sand", -0.5),
  ]);
});

test("a flag for pictures refuses words", () => {
  expect(() => parseQueryWords({ words: [], like: ["dog"] }, reader)).toThrow(/photo id for like, received "dog"/);
});

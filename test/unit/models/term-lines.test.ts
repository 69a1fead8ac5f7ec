import { describe, expect, test } from "vitest";
import { parseTermLines } from "../../../models/embedding/vocabulary/term-lines.ts";
import { toEntries } from "../../../models/embedding/vocabulary/term-set.ts";
import { InternalError } from "../../../src/errors.ts";

const parse = (...lines: readonly string[]): ReturnType<typeof parseTermLines> =>
  parseTermLines(["category: animal", ...lines].join("\n"), "file.txt");
const entries = (...lines: readonly string[]): ReturnType<typeof toEntries> => toEntries("set", parse(...lines));

test("a line holds article, name, sense, synonyms, kinds and prompts", () => {
  const [pet, dog] = parse("pet", "an hourly dog (a dog, by the hour) = hound, old hound < pet : a photo; one more");
  expect(pet).toMatchObject({ name: "pet", article: undefined, sense: undefined, synonyms: [], prompts: undefined });
  expect(dog).toEqual({
    name: "hourly dog",
    category: "animal",
    article: "an",
    sense: "a dog, by the hour",
    synonyms: ["hound", "old hound"],
    parents: [],
    kindOf: ["pet"],
    prompts: ["a photo", "one more"],
    place: "file.txt:3",
  });
});

test("a tilde stands for no article", () => {
  expect(entries("~ sheep")[0]).toMatchObject({ name: "sheep", article: "" });
});

test("indentation makes ancestors, nearest first; comments and empty lines do not count", () => {
  const all = entries("animal", "# mammals", "  dog", "", "    beagle", "  cat", "plant");
  expect(all.map(({ name, ancestors }) => [name, ...ancestors])).toEqual([
    ["animal"],
    ["dog", "animal"],
    ["beagle", "dog", "animal"],
    ["cat", "animal"],
    ["plant"],
  ]);
});

test("a further kind brings all that is above it, to the term and to those below it", () => {
  const all = entries("being", "  pet", "animal", "  dog < pet", "    beagle");
  expect(all.map(({ name, ancestors }) => [name, ...ancestors])).toEqual([
    ["being"],
    ["pet", "being"],
    ["animal"],
    ["dog", "animal", "pet", "being"],
    ["beagle", "dog", "animal", "pet", "being"],
  ]);
});

describe("what is no vocabulary is refused, with its place", () => {
  test.each([
    ["a capital letter", ["Dog"]],
    ["an odd indent", ["animal", "   dog"]],
    ["an indent without a term above", ["animal", "    dog"]],
    ["an unknown mark", ["dog | cat"]],
    ["synonyms after kinds", ["pet", "dog < pet = hound"]],
    ["an empty synonym", ["dog = "]],
  ])("%s", (_, lines) => {
    expect(() => parse(...lines)).toThrow(InternalError);
    expect(() => parse(...lines)).toThrow(`file.txt:${lines.length + 1}`);
  });

  test("a file without a known category", () => {
    expect(() => parseTermLines("category: thing\ndog", "file.txt")).toThrow("file.txt:1");
    expect(() => parseTermLines("", "file.txt")).toThrow(InternalError);
  });

  test("a word that stands twice, whatever its case", () => {
    expect(() => entries("dog = hound", "hound")).toThrow('received "hound" at file.txt:2 and file.txt:3');
  });

  test("a kind that is no term, or goes in a circle", () => {
    expect(() => entries("dog < beast")).toThrow("beast");
    expect(() => entries("dog < cat", "cat < dog")).toThrow("a kind of itself");
  });
});

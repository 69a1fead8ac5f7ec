import { expect, test } from "vitest";
import { splitTextQuery } from "../../../src/vectors/text-query.ts";

test("quoted parts are phrases, the rest are words", () => {
  expect(splitTextQuery('"red car" at “the beach” sunset')).toEqual({
    phrases: ["red car", "the beach"],
    words: "at   sunset",
  });
});

test.each(['"', '"unclosed phrase', '""', '"?!"', "'single'"])("stray quotes make no phrase: %s", (text) => {
  expect(splitTextQuery(text).phrases).toEqual([]);
});

test("the words of an unclosed quote still count", () => {
  expect(splitTextQuery('dog "on the beach').words).toContain("beach");
});

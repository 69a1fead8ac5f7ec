import { expect, test } from "vitest";
import { toIndexFilter } from "../../../src/search/filters.ts";

const catalogue = { folders: () => Promise.resolve([]) };
const termsCalled = async (word: string): Promise<readonly string[]> => (word === "hound" ? ["dog"] : []);

test("a tag is asked for under the terms that have it as a synonym, and as it is written", async () => {
  const filters = { tags: ["Hound", "grass"], withoutTags: ["hound"] };
  expect(await toIndexFilter({ catalogue, termsCalled }, filters)).toEqual({
    tags: [["hound", "dog"], ["grass"]],
    withoutTags: ["hound", "dog"],
  });
});

test("without a vocabulary words mean themselves", async () => {
  expect(await toIndexFilter({ catalogue }, { tags: ["Hound"] })).toEqual({ tags: [["hound"]] });
});

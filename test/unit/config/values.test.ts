import { expect, test } from "vitest";
import { z } from "zod";
import { PHOTO_EXTENSIONS, acceptedValues, nearestName, showValue, valueOfText } from "../../../src/config.ts";
import { SUPPORTED_EXTENSIONS } from "../../../src/photo/formats.ts";

test("the extensions of the config are those of the formats table", () => {
  expect([...PHOTO_EXTENSIONS].toSorted()).toEqual([...SUPPORTED_EXTENSIONS].toSorted());
});

test.each([
  [z.int(), "12", 12],
  [z.int(), "", ""],
  [z.int(), "12px", "12px"],
  [z.boolean(), "ON", true],
  [z.boolean(), "0", false],
  [z.boolean(), "perhaps", "perhaps"],
  [z.array(z.int()), "1, 2,3", [1, 2, 3]],
  [z.array(z.string()), "", []],
  [z.union([z.literal("auto"), z.int()]), "7", 7],
  [z.union([z.literal("auto"), z.int()]), "auto", "auto"],
  [z.int().default(3).optional(), "4", 4],
  [z.string(), "12", "12"],
])("text for %# is read as the schema wants it", (schema, text, value) => {
  expect(valueOfText(schema, text)).toEqual(value);
});

test.each([
  [z.int().min(1).max(9), "a whole number from 1 to 9"],
  [z.int().min(1), "a whole number from 1 up"],
  [z.number().max(2), "a number up to 2"],
  [z.number().positive(), "a number above 0"],
  [z.enum(["a", "b"]).default("a"), "one of a, b"],
  [z.array(z.enum(["a", "b"])).min(1), "a list of one or more: each one of a, b"],
  [z.string(), "a text"],
  [z.string().min(1), "a text that is not empty"],
  [z.boolean(), "true or false"],
])("accepted values are told in words (%#)", (schema, words) => {
  expect(acceptedValues(schema)).toBe(words);
});

test("long values are cut", () => {
  expect(showValue("x".repeat(500)).length).toBeLessThanOrEqual(80);
});

test("a name that is like no other has no nearest name", () => {
  expect(nearestName("llm", ["thumbnail", "tagging"])).toBeUndefined();
  expect(nearestName("taging", ["thumbnail", "tagging"])).toBe("tagging");
});

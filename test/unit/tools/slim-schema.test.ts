import { expect, test } from "vitest";
import { shortened, slimmed } from "../../../tools/slim-schema.ts";

test("a schema loses its dialect and what permits everything, at every depth; refusals stay", () => {
  const row = { type: "object", properties: { id: { type: "string" } }, additionalProperties: {} };
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      rows: { type: "array", items: row },
      map: { type: "object", additionalProperties: { type: "number" } },
    },
    additionalProperties: false,
  };
  expect(slimmed(schema)).toEqual({
    type: "object",
    properties: {
      rows: { type: "array", items: { type: "object", properties: { id: { type: "string" } } } },
      map: { type: "object", additionalProperties: { type: "number" } },
    },
    additionalProperties: false,
  });
});

test("of many problems the first are told, each no longer than can be read", () => {
  const issues = Array.from({ length: 500 }, (_, number) => ({ message: "wrong".repeat(200), path: [number] }));
  const told = shortened(issues);
  expect(told).toHaveLength(9);
  expect(told[0]).toMatchObject({ path: [0] });
  expect(Math.max(...told.map(({ message }) => message.length))).toBeLessThanOrEqual(301);
  expect(told.at(-1)).toEqual({ message: "492 more of this sort" });
  const few = issues.slice(0, 8).map(({ path }) => ({ message: "short", path }));
  expect(shortened(few)).toEqual(few);
});

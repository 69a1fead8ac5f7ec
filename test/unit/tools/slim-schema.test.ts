import { expect, test } from "vitest";
import { slimmed } from "../../../tools/slim-schema.ts";

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

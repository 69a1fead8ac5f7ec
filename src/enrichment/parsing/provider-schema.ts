/**
 * The form that providers are asked to hold their answers to. They take a small part of JSON Schema only and enforce no
 * lengths or counts, so those are left out here; zod judges the answer.
 */
import { createHash } from "node:crypto";
import type { z } from "zod";
import { inputSchemaOf, splitNullable, type JsonSchema } from "./json-schema.ts";

const orNull = (schema: JsonSchema): JsonSchema => ({
  anyOf: [reduceForm(splitNullable(schema).schema), { type: "null" }],
  ...described(schema),
});

const described = ({ description }: JsonSchema): JsonSchema => (description === undefined ? {} : { description });

const reduceObject = (schema: JsonSchema): JsonSchema => {
  const required = new Set(schema.required);
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, required.has(name) ? reduce(property) : orNull(property)] as const,
  );
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    required: properties.map(([name]) => name),
    additionalProperties: false,
  };
};

const reduceForm = (schema: JsonSchema): JsonSchema => {
  if (schema.type === "object") return reduceObject(schema);
  if (schema.type === "array") return { type: "array", items: reduce(schema.items ?? {}) };
  return {
    ...(schema.type === undefined ? {} : { type: schema.type }),
    ...(schema.enum === undefined ? {} : { enum: schema.enum }),
    ...(schema.const === undefined ? {} : { const: schema.const }),
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(reduce) }),
  };
};

const reduce = (schema: JsonSchema): JsonSchema =>
  splitNullable(schema).nullable ? orNull(schema) : { ...reduceForm(schema), ...described(schema) };

/** All fields required, nullable instead of optional, nothing else allowed. */
export const providerSchema = (schema: z.ZodType): JsonSchema => reduce(inputSchemaOf(schema));

/** SHA-256 in hex. */
export const schemaHash = (schema: JsonSchema): string =>
  createHash("sha256").update(JSON.stringify(schema)).digest("hex");

/** The part of JSON Schema in which users describe what their own kinds return. */
import { z } from "zod";
import { commonShape } from "./common-fields.ts";
import type { JsonSchema } from "./parsing/json-schema.ts";

/** Says where in the file something is not accepted, and what is. */
export type SchemaComplaint = (place: string, expected: string) => never;

const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "enum"],
  number: ["enum"],
  integer: ["enum"],
  boolean: [],
  array: ["items", "minItems", "maxItems"],
};
const EVERYWHERE = ["type", "title", "description"];
const ROOT_KEYWORDS = ["$schema", ...EVERYWHERE, "properties", "required", "additionalProperties"];
const COUNTS = ["minLength", "maxLength", "minItems", "maxItems"] as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const unknownKeyword = (schema: object, known: readonly string[]): string | undefined =>
  Object.keys(schema).find((keyword) => !known.includes(keyword));

/** `"string"`, or `["string", "null"]`, or an `anyOf` of a schema and null. */
const withoutNull = (value: unknown, place: string, complain: SchemaComplaint): Readonly<Record<string, unknown>> => {
  if (!isObject(value)) return complain(place, "a schema, an object");
  const { type, anyOf } = value;
  if (Array.isArray(type)) {
    const types = type.filter((item) => item !== "null");
    if (type.length > 2 || types.length !== 1) complain(`${place}.type`, "one type, or one type and null");
    return { ...value, type: types[0] };
  }
  if (!Array.isArray(anyOf)) return value;
  const others = anyOf.filter((item) => !(isObject(item) && item["type"] === "null"));
  const unknown = unknownKeyword(value, ["anyOf", "title", "description"]);
  if (anyOf.length !== 2 || others.length !== 1 || unknown !== undefined) {
    complain(`${place}.${unknown ?? "anyOf"}`, "a choice between one schema and null");
  }
  return withoutNull(others[0], `${place}.anyOf`, complain);
};

const checkValue = (value: unknown, place: string, complain: SchemaComplaint): void => {
  const schema = withoutNull(value, place, complain);
  const known = typeof schema["type"] === "string" ? KEYWORDS[schema["type"]] : undefined;
  if (known === undefined)
    return complain(`${place}.type`, `one of ${Object.keys(KEYWORDS).join(", ")}, or null beside it`);
  const unknown = unknownKeyword(schema, [...EVERYWHERE, ...known]);
  if (unknown !== undefined) complain(`${place}.${unknown}`, `only ${[...EVERYWHERE, ...known].join(", ")}`);
  for (const keyword of COUNTS) {
    const count = schema[keyword];
    if (count !== undefined && !(Number.isSafeInteger(count) && Number(count) >= 0)) {
      complain(`${place}.${keyword}`, "a whole number from 0");
    }
  }
  const { enum: choices } = schema;
  if (choices !== undefined && !(Array.isArray(choices) && choices.length > 0)) {
    complain(`${place}.enum`, "a list of at least one value");
  }
  if (schema["type"] === "array") checkValue(schema["items"], `${place}.items`, complain);
};

/**
 * @param schema content of the file
 * @returns the answer's schema: the fields of the file and the common ones. A field that is not required may be null.
 */
export const userAnswerSchema = (schema: unknown, complain: SchemaComplaint): z.ZodType<Record<string, unknown>> => {
  if (!isObject(schema) || schema["type"] !== "object") return complain("type", '"object"');
  const { properties, required = [], additionalProperties = false } = schema;
  const unknown = unknownKeyword(schema, ROOT_KEYWORDS);
  if (unknown !== undefined) complain(unknown, `only ${ROOT_KEYWORDS.join(", ")}`);
  if (additionalProperties !== false) complain("additionalProperties", "false");
  if (!isObject(properties) || Object.keys(properties).length === 0)
    return complain("properties", "at least one field");
  const names: readonly unknown[] = Array.isArray(required) ? required : complain("required", "a list of field names");
  const stray = names.find((name) => typeof name !== "string" || !(name in properties));
  if (stray !== undefined) complain("required", "names of fields that stand under properties");
  const shape = Object.entries(properties).map(([name, property]) => {
    if (name in commonShape)
      complain(`properties.${name}`, "another name, because every answer has this field already");
    checkValue(property, `properties.${name}`, complain);
    const value = z.fromJSONSchema(property as JsonSchema as Parameters<typeof z.fromJSONSchema>[0]); // checked above
    return [name, names.includes(name) ? value : value.nullable().optional()] as const;
  });
  return z.strictObject({ ...commonShape, ...Object.fromEntries(shape) });
};

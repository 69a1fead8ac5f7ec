/** The form of the answer in words, with every limit of the schema: what models without structured output go by. */
import { splitNullable, type JsonSchema } from "../parsing/json-schema.ts";

const range = (unit: string, least: number | undefined, most: number | undefined): string => {
  if (least !== undefined && most !== undefined)
    return least === most ? `${most} ${unit}` : `${least} to ${most} ${unit}`;
  if (most !== undefined) return `at most ${most} ${unit}`;
  return least === undefined ? "" : `at least ${least} ${unit}`;
};

/** zod writes the range of safe integers where a schema sets none. */
const limit = (value: number | undefined): number | undefined =>
  value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;

const numberWords = (schema: JsonSchema): string => {
  const name = schema.type === "integer" ? "whole number" : "number";
  const least = limit(schema.minimum);
  const most = limit(schema.maximum);
  if (least !== undefined && most !== undefined) return `${name} from ${least} to ${most}`;
  if (least !== undefined) return `${name}, ${least} or more`;
  return most === undefined ? name : `${name}, ${most} or less`;
};

const withRange = (name: string, limits: string): string => (limits === "" ? name : `${name} of ${limits}`);

const formWords = (schema: JsonSchema): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`;
  switch (schema.type) {
    case "string":
      return withRange("text", range("characters", schema.minLength, schema.maxLength));
    case "integer":
    case "number":
      return numberWords(schema);
    case "boolean":
      return "true or false";
    case "array":
      return `${withRange("list", range("items", schema.minItems, schema.maxItems))}, each ${valueWords(schema.items ?? {})}`;
    case "object":
      return "object with the fields below";
    case undefined:
    default:
      return schema.anyOf === undefined ? "any value" : schema.anyOf.map(valueWords).join(", or ");
  }
};

const valueWords = (schema: JsonSchema): string => {
  const { schema: inner, nullable } = splitNullable(schema);
  return nullable ? `${formWords(inner)}, or null` : formWords(inner);
};

/** The object whose fields have to be told below a field: its value, or the items of its list. */
const objectWithin = (schema: JsonSchema): JsonSchema | undefined => {
  const { schema: inner } = splitNullable(schema);
  if (inner.type === "object") return inner;
  return inner.type === "array" && inner.items !== undefined ? objectWithin(inner.items) : undefined;
};

const fieldLines = (schema: JsonSchema, indent: string): readonly string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const description = property.description === undefined ? "" : ` ${property.description}`;
    const inner = objectWithin(property);
    return [
      `${indent}- "${name}": ${valueWords(property)}.${description}`,
      ...(inner === undefined ? [] : fieldLines(inner, `${indent}  `)),
    ];
  });

/** @param schema of the whole answer, an object; with its limits */
export const schemaInWords = (schema: JsonSchema): string => fieldLines(schema, "").join("\n");

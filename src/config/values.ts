/** Turning words (environment, command line) into values, and values and schemas into words. */
import { z } from "zod";

const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

const unwrap = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrap(schema.unwrap())
    : schema;

/** True when the schema wants a list, so that a flag may be repeated. */
export const wantsList = (schema: z.ZodType): boolean => unwrap(schema) instanceof z.ZodArray;

/**
 * What `text` means to `schema`; text that fits nothing comes back unchanged, so that validation can name it.
 * Lists are separated by commas.
 */
export const valueOfText = (schema: z.core.$ZodType, text: string): unknown => {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodNumber) return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
  if (inner instanceof z.ZodBoolean) return BOOLEAN_WORDS[text.trim().toLowerCase()] ?? text;
  if (inner instanceof z.ZodArray) {
    const items = text.split(",").map((item) => item.trim());
    return items.filter((item) => item !== "").map((item) => valueOfText(inner.element, item));
  }
  if (inner instanceof z.ZodUnion) {
    const values = inner.options.map((option) => ({ option, value: valueOfText(option, text) }));
    return values.find(({ option, value }) => z.safeParse(option, value).success)?.value ?? text;
  }
  return text;
};

type JsonSchema = z.core.JSONSchema.JSONSchema | boolean;

/** zod states the bounds of safe integers; they are no news to a reader. */
const isBound = (bound: unknown): bound is number =>
  typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;

const rangeText = ({ minimum, maximum, exclusiveMinimum }: Exclude<JsonSchema, boolean>): string => {
  if (isBound(exclusiveMinimum)) return ` above ${exclusiveMinimum}${isBound(maximum) ? ` up to ${maximum}` : ""}`;
  if (isBound(minimum) && isBound(maximum)) return ` from ${minimum} to ${maximum}`;
  if (isBound(minimum)) return ` from ${minimum} up`;
  return isBound(maximum) ? ` up to ${maximum}` : "";
};

const acceptedBy = (schema: JsonSchema | undefined): string => {
  if (schema === undefined || typeof schema === "boolean") return "a value";
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(acceptedBy).join(" or ");
  if (schema.type === "integer") return `a whole number${rangeText(schema)}`;
  if (schema.type === "number") return `a number${rangeText(schema)}`;
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "array") {
    const items = Array.isArray(schema.items) ? undefined : schema.items;
    return `${(schema.minItems ?? 0) > 0 ? "a list of one or more" : "a list"}: each ${acceptedBy(items)}`;
  }
  if (schema.pattern !== undefined) return `a text like ${schema.pattern}`;
  return (schema.minLength ?? 0) > 0 ? "a text that is not empty" : "a text";
};

/** The values a schema takes, in words: `a whole number from 1 to 100`. */
export const acceptedValues = (schema: z.ZodType): string =>
  acceptedBy(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));

/** User name and password of an address. */
const USERINFO = /(?<=:\/\/)[^/\s"@]*@/g;

/** A received value in an error; long ones are cut, passwords in addresses left out. */
export const showValue = (value: unknown): string => {
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(USERINFO, "…@");
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

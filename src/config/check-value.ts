/** Whether a value fits its field; what is wrong with a table is said at the place within it. */
import { z } from "zod";
import type { ConfigField } from "./schema.ts";
import type { ConfigProblem, GivenValue } from "./sources.ts";
import { acceptedValues, showValue } from "./values.ts";

const HIDDEN = "a secret (not shown)";

/** The schema at a place within a schema of tables and lists. */
const schemaAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return schemaAt(schema.unwrap(), path);
  const [name, ...rest] = path;
  if (name === undefined) return schema;
  if (schema instanceof z.ZodArray) return schemaAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) return schemaAt(schema.valueType, rest);
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema instanceof z.ZodObject ? schema.shape : {};
  return schemaAt(shape[String(name)] ?? z.unknown(), rest);
};

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((table, name) => (table as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name], value);

const placeOf = (key: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((place, name) => place + (typeof name === "number" ? `[${name}]` : `.${String(name)}`), key);

const within = (schema: z.ZodType, given: GivenValue, issue: z.core.$ZodIssue): ConfigProblem => {
  const key = placeOf(given.key, issue.path);
  const at = schemaAt(schema, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = at instanceof z.ZodObject ? Object.keys(at.shape).join(", ") : "others";
    return { key, source: given.source, expected: `only ${known}`, received: issue.keys.join(", ") };
  }
  const received = valueAt(given.value, issue.path);
  return {
    key,
    source: given.source,
    expected: issue.code === "invalid_key" ? "another name" : acceptedValues(at as z.ZodType), // made by this zod
    received: received === undefined ? "nothing" : showValue(received),
  };
};

/** @returns what is wrong; nothing when the value may be used */
export const problemsOf = ({ key, schema, traits }: ConfigField, given: GivenValue): readonly ConfigProblem[] => {
  const parsed = schema.safeParse(given.value);
  if (parsed.success) return [];
  if (traits.fileOnly === true) return parsed.error.issues.map((issue) => within(schema, given, issue));
  const received = given.secret || traits.secret === true ? HIDDEN : showValue(given.value);
  return [{ key, source: given.source, expected: acceptedValues(schema), received }];
};

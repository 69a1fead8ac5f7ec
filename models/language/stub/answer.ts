/**
 * Answers for any schema, deterministic and plainly a stub's: known field names get what fits their rules, every other
 * field the shortest thing its type allows.
 */
import { z } from "zod";
import { rules } from "./rules.ts";
import type { Facts } from "./facts.ts";

interface StubSchema {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, StubSchema>> | undefined;
  readonly items?: StubSchema | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly StubSchema[] | undefined;
}

const schemaOf: z.ZodType<StubSchema> = z.looseObject({
  type: z.string().optional(),
  properties: z
    .record(
      z.string(),
      z.lazy(() => schemaOf),
    )
    .optional(),
  items: z.lazy(() => schemaOf).optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.lazy(() => schemaOf)).optional(),
});

const FILL_WORDS = ["stub", "sample", "placeholder"] as const;
const isNull = ({ type }: StubSchema): boolean => type === "null";

const choose = (values: readonly unknown[], wanted: unknown): unknown => (values.includes(wanted) ? wanted : values[0]);

const scalar = (schema: StubSchema, name: string, known: unknown, facts: Facts): unknown => {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return choose(schema.enum, known);
  if (schema.type === "integer" || schema.type === "number") return typeof known === "number" ? known : 1;
  if (schema.type === "boolean") return typeof known === "boolean" ? known : false;
  return typeof known === "string" ? known : `Stub ${name.replaceAll("_", " ")} ${facts.digest.slice(0, 8)}`;
};

const listOf = (schema: StubSchema, name: string, known: unknown, facts: Facts): unknown => {
  if (Array.isArray(known)) return known;
  const items = schema.items ?? {};
  if (items.enum !== undefined) return items.enum.slice(0, 1);
  if (items.type === "string") return [...FILL_WORDS];
  return items.type === "object" ? [] : [valueOf(items, name, facts)];
};

const valueOf = (schema: StubSchema, name: string, facts: Facts): unknown => {
  const known = Object.hasOwn(rules, name) ? rules[name]?.(facts) : undefined;
  const options = schema.anyOf ?? [];
  if (options.length > 0) {
    const form = options.find((option) => !isNull(option));
    if (form === undefined || (options.some(isNull) && known === undefined && form.type !== "object")) return null;
    return valueOf(form, name, facts);
  }
  if (schema.type === "object") return objectOf(schema, facts);
  if (schema.type === "array") return listOf(schema, name, known, facts);
  return scalar(schema, name, known, facts);
};

const objectOf = ({ properties = {} }: StubSchema, facts: Facts): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, valueOf(property, name, facts)]));

/** @param jsonSchema as in the request: no lengths or counts in it */
export const answerFor = (jsonSchema: Readonly<Record<string, unknown>>, facts: Facts): unknown =>
  objectOf(schemaOf.parse(jsonSchema), facts);

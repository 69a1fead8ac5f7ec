/**
 * Answers for any schema, deterministic and plainly a stub's: known field names get what fits their rules, every other
 * field something short that keeps to its type and to the limits the prompt names.
 */
import { z } from "zod";
import type { LanguageRequest } from "../language-model.ts";
import type { Facts } from "./facts.ts";
import { readFacts } from "./facts.ts";
import type { FieldLimits, Range } from "./limits.ts";
import { readLimits, requiredHeadings } from "./limits.ts";
import { cutText, fallbacks, FILL_WORDS, rules } from "./rules.ts";

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

/** Where in the answer a value stands, and what is known there. */
interface Place {
  readonly name: string;
  /** Name of the object around it, `fields.` or nothing. */
  readonly within: string;
  readonly facts: Facts;
  readonly limitsOf: (name: string) => FieldLimits;
}

const FILLER = " This sentence fills a stub up to the length that is asked for.";

const isNull = ({ type }: StubSchema): boolean => type === "null";

const knownAt = ({ name, within, facts }: Place): unknown => {
  const key = [`${within}${name}`, name].find((candidate) => Object.hasOwn(rules, candidate));
  return key === undefined ? undefined : rules[key]?.(facts);
};

const textWithin = (text: string, range: Range | undefined): string => {
  if (range === undefined) return text;
  const missing = Math.max(0, range.least - text.length);
  const filled = text + FILLER.repeat(Math.ceil(missing / FILLER.length));
  return cutText(filled, range.most).padEnd(range.least, ".");
};

const scalarAt = (schema: StubSchema, place: Place): unknown => {
  const known = knownAt(place);
  const { name, facts, limitsOf } = place;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum.includes(known) ? known : schema.enum[0];
  if (schema.type === "integer" || schema.type === "number") return typeof known === "number" ? known : 1;
  if (schema.type === "boolean") return typeof known === "boolean" ? known : false;
  if (typeof known === "string") return known;
  const plain = Object.hasOwn(fallbacks, name) ? fallbacks[name] : undefined;
  return textWithin(
    plain ?? `Stub ${name.replaceAll("_", " ")} ${facts.digest.slice(0, 8)}`,
    limitsOf(name).characters,
  );
};

const fillerItem = (schema: StubSchema, index: number, place: Place): unknown => {
  const word = FILL_WORDS[index] ?? `stub ${index}`;
  if (schema.enum !== undefined) return schema.enum[index % schema.enum.length];
  return schema.type === "string" ? textWithin(word, place.limitsOf(place.name).characters) : valueAt(schema, place);
};

const listAt = (schema: StubSchema, place: Place): unknown => {
  const known = knownAt(place);
  if (Array.isArray(known)) return known;
  const { least, most } = place.limitsOf(place.name).items ?? { least: 0, most: Infinity };
  const wanted = schema.items?.type === "object" ? least : Math.min(most, Math.max(least, FILL_WORDS.length));
  return Array.from({ length: wanted }, (_item, index) => fillerItem(schema.items ?? {}, index, place));
};

const valueAt = (schema: StubSchema, place: Place): unknown => {
  const options = schema.anyOf ?? [];
  const form = options.find((option) => !isNull(option));
  if (options.length > 0) {
    const mayBeNull = form === undefined || options.some(isNull);
    const isEmpty = form?.type !== "object" && knownAt(place) === undefined;
    return mayBeNull && (isEmpty || form === undefined) ? null : valueAt(form ?? {}, place);
  }
  if (schema.type === "object") return objectAt(schema, { ...place, within: `${place.name}.` });
  return schema.type === "array" ? listAt(schema, place) : scalarAt(schema, place);
};

const objectAt = ({ properties = {} }: StubSchema, place: Place): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, valueAt(property, { ...place, name })]),
  );

const freeText = ({ system }: LanguageRequest, facts: Facts): string => {
  const sentence = `Stub text ${facts.digest.slice(0, 8)}, made without a language model.`;
  const headings = requiredHeadings(system);
  if (headings.length > 0) return headings.map((heading) => `## ${heading}\n\n${sentence}`).join("\n\n");
  return `${facts.firstLine ?? "Stub"}\n\n${sentence}`;
};

/** @returns JSON where the request has a schema, else text */
export const stubAnswer = (request: LanguageRequest): string => {
  const facts = readFacts(request);
  if (request.jsonSchema === null) return freeText(request, facts);
  const place: Place = { name: "", within: "", facts, limitsOf: readLimits(request.system) };
  return JSON.stringify(objectAt(schemaOf.parse(request.jsonSchema), place));
};

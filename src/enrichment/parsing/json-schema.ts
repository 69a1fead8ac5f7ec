/** JSON Schema as this folder reads it: what zod writes, and what users bring for their own kinds. */
import { z } from "zod";

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean | null;
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Writing a schema costs more than the rest of a prompt, and each call needs it. */
const written = new WeakMap<z.ZodType, JsonSchema>();

/** What a model has to write so that `schema` accepts it. */
export const inputSchemaOf = (schema: z.ZodType): JsonSchema => {
  const known = written.get(schema);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(schema, { io: "input" }) as JsonSchema; // zod's type allows keywords that its writer does not use
  written.set(schema, made);
  return made;
};

const isNullSchema = (schema: JsonSchema): boolean => schema.type === "null";

/** Takes the ways to write "or null" apart from what else is allowed. */
export const splitNullable = (schema: JsonSchema): { readonly schema: JsonSchema; readonly nullable: boolean } => {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    const [only] = types;
    if (types.length === 1 && only !== undefined) return { schema: { ...schema, type: only }, nullable: true };
  }
  const [first, second, ...more] = schema.anyOf ?? [];
  if (first === undefined || second === undefined || more.length > 0) return { schema, nullable: false };
  const { anyOf: _, ...around } = schema;
  if (isNullSchema(second)) return { schema: { ...first, ...around }, nullable: true };
  if (isNullSchema(first)) return { schema: { ...second, ...around }, nullable: true };
  return { schema, nullable: false };
};

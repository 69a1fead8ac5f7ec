/** What sections of the schema are made of: traits of fields and the sorts of values that recur. */
import { z } from "zod";

/** What the loader must know beside the type of a field. */
export interface FieldTraits {
  /** Resolved to an absolute path: `~/` is the home folder; relative paths start at the config file's folder. */
  readonly path?: true;
  /** Entries with these names, in tables below this field, are such paths. */
  readonly pathEntries?: readonly string[];
  /** Never printed. */
  readonly secret?: true;
  /** Shown where the default depends on the machine or on another key. */
  readonly defaultText?: string;
  /** A table, or a list of tables: no variable can say that. */
  readonly fileOnly?: true;
  /** Shown by `photon config init` where there is no default. */
  readonly example?: unknown;
  /** The same for tables, as lines of TOML. */
  readonly exampleLines?: readonly string[];
  /** Variable whose value holds when nothing else is said. */
  readonly keyVariable?: `${string}_API_KEY`;
  /** More variables that set this field; the one that is made of the key comes first. */
  readonly alsoVariables?: readonly string[];
  /** Defaults for `llm.environment` unset, development and production. */
  readonly byEnvironment?: readonly [unset: number, development: number, production: number];
  /**
   * Key whose value this one belongs to: when a stronger source sets that one, this value, which was chosen for another,
   * falls away.
   */
  readonly belongsTo?: string;
}
export const fieldTraits = z.registry<FieldTraits>();

/** A folder whose default the loader fills in. */
export const folder = (description: string, defaultText: string): z.ZodString =>
  z.string().min(1).describe(description).register(fieldTraits, { path: true, defaultText });

export const count = (maximum: number): z.ZodNumber => z.int().min(1).max(maximum);

/** Milliseconds, an hour at most. */
export const timeoutMs = (): z.ZodNumber => count(3_600_000);

export const text = (): z.ZodString => z.string().trim().min(1).max(500);

/** A field without a default. */
export const unset = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  traits: FieldTraits & { readonly example: unknown },
): z.ZodOptional<Schema> => {
  const field = schema.optional().describe(description);
  fieldTraits.add(field, traits);
  return field;
};

/** A field whose default follows `llm.environment`. */
export const perEnvironment = (
  schema: z.ZodNumber,
  description: string,
  traits: FieldTraits & Required<Pick<FieldTraits, "byEnvironment">>,
): z.ZodNumber => {
  const [plain, development, production] = traits.byEnvironment;
  const defaultText = `${plain}; ${development} for development, ${production} for production`;
  return schema.describe(description).register(fieldTraits, { defaultText, ...traits });
};

/**
 * Every setting: one zod schema. The description of a field is its line in `photon config init` and in
 * docs/reference/config.md; it names the unit and says what unset means.
 */
import { z } from "zod";
import type { LogFormat, LogLevel } from "../logger.ts";
import type { RenditionFormat } from "../photo/types.ts";
import { enrichment, events, roots } from "./enrichment-sections.ts";
import type { FieldTraits } from "./fields.ts";
import { count, fieldTraits, folder, timeoutMs, unset } from "./fields.ts";
import { llm } from "./llm-sections.ts";
import { watch } from "./watch-section.ts";

// prettier-ignore
/** File name extensions photon can read, without the dot; each is decoded by a test. */
export const PHOTO_EXTENSIONS = [
  "jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "bmp", "avif", "heic", "heif",
  "cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2",
] as const;

const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const satisfies readonly LogLevel[];
const LOG_FORMATS = ["pretty", "json"] as const satisfies readonly LogFormat[];
const THUMBNAIL_FORMATS = ["webp", "jpeg"] as const satisfies readonly RenditionFormat[];

const general = z.object({
  data_dir: folder("Folder of the library: catalogue, search index, thumbnails.", "the platform's data folder"),
  model_dir: folder("Folder of installed models.", "<data_dir>/models"),
});

const processing = z.object({
  parallel_workers: z
    .int()
    .min(1)
    .default(4)
    .describe("Photos worked on at the same time; more than 4 per CPU core is lowered to that, with a warning."),
  supported_formats: z
    .array(z.enum(PHOTO_EXTENSIONS))
    .min(1)
    .default([...PHOTO_EXTENSIONS])
    .describe("File name extensions that count as photos, without the dot; upper and lower case are the same."),
});

const pipeline = z.object({
  buffer_size: count(100_000)
    .default(100)
    .describe("Found files that wait for a worker, as paths; finding stops while it is full."),
  retry_attempts: unset(
    z.int().min(0).max(99),
    "Times a call of a language model that somebody waits for is repeated; the same as llm.retry.max_attempts less one.",
    { example: 3, defaultText: "unset" },
  ),
  retry_delay_ms: unset(
    z.int().min(0).max(3_600_000),
    "Wait before the first repetition in milliseconds; the same as llm.retry.base_delay_s.",
    { example: 1000, defaultText: "unset" },
  ),
});

const limits = z.object({
  max_file_size_mb: z
    .number()
    .positive()
    .max(1_000_000)
    .default(100)
    .describe("Largest file that is read, in MB of 1,048,576 bytes; larger ones are quarantined as too_large."),
  max_image_dimension: count(1_000_000)
    .default(30_000)
    .describe("Longest edge of a photo in pixels, checked before decoding."),
  max_megapixels: z
    .number()
    .positive()
    .max(1_000_000)
    .default(200)
    .describe("Width times height of a photo in millions of pixels, checked before decoding."),
  decode_timeout_ms: timeoutMs()
    .default(15_000)
    .describe("Time for decoding one photo in milliseconds; then the decoder is stopped."),
  embed_timeout_ms: timeoutMs()
    .default(30_000)
    .describe("Time for one inference in milliseconds, without the wait for its turn."),
  llm_timeout_ms: z
    .int()
    .min(1000)
    .max(300_000)
    .default(60_000)
    .describe("Time for one call of a language model with a picture in milliseconds."),
});

const embedding = z.object({
  model: z
    .string()
    .min(1)
    .default("auto")
    .describe(
      "Id of the embedding model; auto takes the best one installed when a library is first written, photon-mini if there is no other.",
    ),
  batch_size: z
    .union([z.literal("auto"), count(64)])
    .default("auto")
    .describe("Photos per inference run; auto takes what is fastest for the model."),
  device: z
    .enum(["auto", "cpu", "cuda", "coreml", "dml"])
    .default("auto")
    .describe("Where inference runs; auto takes the CPU. A device the runtime lacks falls back to the CPU."),
});

const models = z.object({
  base_url: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+$/)
    .default("https://huggingface.co")
    .describe("Server models are downloaded from, an http or https address: the hub, or a mirror with the same paths."),
});

const thumbnail = z.object({
  enabled: z.boolean().default(true).describe("Make a thumbnail of each photo."),
  size: z
    .int()
    .min(16)
    .max(4096)
    .default(256)
    .describe("Longest edge of a thumbnail in pixels; smaller photos are not enlarged."),
  format: z.enum(THUMBNAIL_FORMATS).default("webp").describe("File format of thumbnails."),
  quality: z.int().min(1).max(100).default(80).describe("Quality of thumbnails, 1 to 100."),
});

const tagging = z.object({
  enabled: z.boolean().default(true).describe("Name what is in each photo, from a fixed vocabulary."),
  min_confidence: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Least confidence of a tag, 0 to 1; at 0.5 half of the tags at that level are right."),
  max_tags: z.int().min(1).max(1000).default(15).describe("Most tags per photo."),
  deduplicate_ancestors: z
    .boolean()
    .default(true)
    .describe("Drop a tag when a more specific one is as sure: dog goes when beagle stays."),
  show_paths: z.boolean().default(false).describe("Write the path of each tag into records: animal > dog > beagle."),
  path_max_depth: z.int().min(1).max(20).default(2).describe("Ancestors shown in a tag path, nearest first."),
  vocabulary: z.object({
    dir: folder("Folder of your own vocabulary files.", "<data_dir>/vocabulary"),
    sets: z
      .array(z.string().regex(/^[a-z0-9_-]+$/))
      .default(["visual"])
      .describe(
        "Names of the vocabularies tags are taken from: visual, wordnet, and your own files in the folder without .json; yours come first.",
      ),
    blocked: z
      .array(z.string().trim().min(1))
      .default([])
      .describe("Tags you never want, by name; category:mood leaves out a whole category."),
  }),
});

const output = z.object({
  format: z
    .enum(["json", "jsonl"])
    .default("json")
    .describe("Record format of photon process when neither -f nor the extension of -o says it."),
  pretty: z.boolean().default(false).describe("Indent JSON that is written to a file by two spaces."),
  include_embedding: z.boolean().default(true).describe("Write the vector into records; false writes [] instead."),
  errors: z
    .enum(["none", "jsonl"])
    .default("none")
    .describe("jsonl writes a record for each photo that failed, beside the message on stderr."),
});

const logging = z.object({
  level: z.enum(LOG_LEVELS).default("info").describe("Least important message that is shown on stderr."),
  format: z.enum(LOG_FORMATS).default("pretty").describe("pretty for people, json for programs."),
});

const SECTIONS = {
  general,
  processing,
  pipeline,
  limits,
  embedding,
  models,
  thumbnail,
  tagging,
  output,
  logging,
  watch,
  llm,
  enrichment,
  events,
  roots,
} as const;
export const configSchema = z.object(SECTIONS);

/** Effective settings; names are those of config.toml. */
export type Config = z.output<typeof configSchema>;

type Leaf<Key extends string, Value> = Value extends readonly unknown[]
  ? Key
  : Value extends object
    ? string extends keyof Value // a table with names of the user's own
      ? Key
      : Leaves<Value, `${Key}.`>
    : Key;
type Leaves<Section, Prefix extends string = ""> = {
  [Name in keyof Section & string]-?: Leaf<`${Prefix}${Name}`, Section[Name]>;
}[keyof Section & string];
/** Dotted name of a setting, e.g. `thumbnail.size`. */
export type ConfigKey = Leaves<Config>;

export interface ConfigField {
  readonly key: ConfigKey;
  readonly schema: z.ZodType;
  readonly description: string;
  readonly traits: FieldTraits;
}

const fieldsOf = (section: z.ZodObject, prefix: string): readonly ConfigField[] =>
  Object.entries(section.shape as Readonly<Record<string, z.ZodType>>).flatMap(([name, schema]) =>
    schema instanceof z.ZodObject
      ? fieldsOf(schema, `${prefix}${name}.`)
      : [
          {
            key: `${prefix}${name}` as ConfigKey, // leaves of the schema are what the type is derived from
            schema,
            description: schema.description ?? "",
            traits: fieldTraits.get(schema) ?? {},
          },
        ],
  );

/** Every setting, in the order of the schema. */
export const configFields: readonly ConfigField[] = fieldsOf(configSchema, "");

export const isConfigKey = (key: string): key is ConfigKey => configFields.some((field) => field.key === key);

/** `PHOTON_A_B_C` for `a.b-b_c`; general.data_dir is PHOTON_HOME. */
export const environmentName = (key: ConfigKey): string =>
  key === "general.data_dir" ? "PHOTON_HOME" : `PHOTON_${key.replaceAll(/[.-]/g, "_").toUpperCase()}`;

/** The variables that set a field; none for tables. */
export const environmentNames = ({ key, traits }: ConfigField): readonly string[] =>
  traits.fileOnly === true ? [] : [environmentName(key), ...(traits.alsoVariables ?? [])];

/** `llm.ollama` for `llm.ollama.model`; empty for a key of no section. */
export const sectionOf = (key: ConfigKey): string => key.slice(0, Math.max(0, key.lastIndexOf(".")));

/**
 * Shapes of the records that `photon process` writes, one JSON object each. Additional keys are allowed everywhere:
 * readers must pass over what they do not know. The JSON Schemas in docs/reference/schemas are generated from here.
 */
import { z } from "zod";
import type { PhotoFailureCode } from "../errors.ts";
import { PHOTO_FAILURE_CODES } from "../errors.ts";

const U32_MAX = 0xffff_ffff;
const u32 = z.int().min(0).max(U32_MAX);
const u64 = z.int().min(0);
const contentHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe("BLAKE3 of the file's bytes, lower-case hex. Joins a patch to its photo.");
const shortId = z
  .string()
  .regex(/^[0-9a-f]{12}$/)
  .exactOptional()
  .describe("First 12 digits of content_hash.");
const schemaVersion = z.literal(1).exactOptional().describe("Version of this record shape.");

/** Values of `format`. `ico`, `pnm` and `unknown` come from other writers of these records only. */
const RECORD_FORMATS = [
  "jpeg",
  "png",
  "webp",
  "gif",
  "tiff",
  "bmp",
  "ico",
  "pnm",
  "avif",
  "unknown",
  "heic",
  "raw",
] as const;

const tagSchema = z.looseObject({
  name: z.string(),
  confidence: z.number().min(0).max(1),
  category: z.string().exactOptional(),
  path: z.string().exactOptional().describe("Way from a general term to this one, `a > b > c`; with --show-tag-paths."),
});

const exifSchema = z.looseObject({
  captured_at: z.string().exactOptional().describe("`2024-07-15 14:32:00`, as the camera wrote it."),
  camera_make: z.string().exactOptional(),
  camera_model: z.string().exactOptional(),
  gps_latitude: z.number().min(-90).max(90).exactOptional().describe("Degrees, north positive."),
  gps_longitude: z.number().min(-180).max(180).exactOptional().describe("Degrees, east positive."),
  iso: u32.exactOptional(),
  aperture: z.string().exactOptional().describe("`f/1.8`"),
  shutter_speed: z.string().exactOptional().describe("`1/1000`, or seconds."),
  focal_length: z.number().exactOptional().describe("Millimetres, 32-bit float."),
  orientation: z.int().min(1).max(8).exactOptional().describe("Raw value of the tag."),
});

const processedImageSchema = z
  .looseObject({
    file_path: z.string().describe("Path as given by the user plus the walked part."),
    file_name: z.string(),
    content_hash: contentHash,
    width: u32.describe("Pixels, after orientation."),
    height: u32.describe("Pixels, after orientation."),
    format: z.enum(RECORD_FORMATS),
    file_size: u64.describe("Bytes."),
    embedding: z.array(z.number()).describe("32-bit floats, length 1 in sum of squares; empty when there is none."),
    exif: exifSchema.exactOptional(),
    tags: z.array(tagSchema),
    description: z.string().exactOptional(),
    thumbnail: z.string().exactOptional().describe("Base64 of a WebP file, without a `data:` prefix."),
    perceptual_hash: z.string().length(24).exactOptional().describe("Base64 of 18 bytes."),
    id: shortId,
    embedding_model: z.string().exactOptional().describe("Vector key; only vectors of equal keys can be compared."),
    captured_at: z
      .string()
      .exactOptional()
      .describe("ISO-8601 local time, with an offset only when the file states one."),
    orientation: z.int().min(1).max(8).exactOptional().describe("EXIF orientation that has been applied."),
    schema_version: schemaVersion,
  })
  .describe("One processed photo.");

/** Only with `--llm-details`, and then behind everything else. */
const patchDetails = {
  kind: z.string().exactOptional().describe("Sort of enrichment; with --llm-details."),
  document_type: z.string().exactOptional().describe("The kind, or `kind:qualifier`."),
  document_version: z.int().min(1).exactOptional(),
  title: z.string().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  source_type: z.string().exactOptional().describe("PHOTO, SCREENSHOT, DOCUMENT, POSTER or ARTWORK."),
  state: z
    .enum(["READY_TO_CONFIRM", "CONFIRMED"])
    .exactOptional()
    .describe("READY_TO_CONFIRM: nobody has confirmed it yet."),
  cached: z.boolean().exactOptional().describe("True when no request was made for it."),
  cost_usd: z.number().min(0).exactOptional().describe("Of all its requests; left out when the price is unknown."),
};

const enrichmentPatchSchema = z
  .looseObject({
    content_hash: contentHash,
    description: z.string(),
    llm_model: z.string(),
    llm_latency_ms: u64,
    llm_tokens: u32.exactOptional().describe("Input and output together."),
    id: shortId,
    llm_input_tokens: u32.exactOptional(),
    llm_output_tokens: u32.exactOptional(),
    schema_version: schemaVersion,
    ...patchDetails,
  })
  .describe("What a language model said about a photo; belongs to the photo with this content_hash.");

/** Codes of error records beyond those of photos. */
const LLM_FAILURE_CODES = ["llm_unavailable", "llm_timeout", "llm_rejected", "llm_empty", "llm_budget"] as const;
export type LlmFailureCode = (typeof LLM_FAILURE_CODES)[number];
export type RecordFailureCode = PhotoFailureCode | LlmFailureCode;

const errorRecordSchema = z
  .looseObject({
    type: z.literal("error"),
    file_path: z.string(),
    code: z.enum([...PHOTO_FAILURE_CODES, ...LLM_FAILURE_CODES]).describe("Stable; the message is not."),
    message: z.string(),
  })
  .describe("A photo, or one part of it, that failed.");

/** Streams with several kinds of records say the kind first, in `type`. */
const outputRecordSchema = z
  .union([
    z.looseObject({ type: z.literal("core"), ...processedImageSchema.shape }),
    z.looseObject({ type: z.literal("enrichment"), ...enrichmentPatchSchema.shape }),
    errorRecordSchema,
  ])
  .describe("One record of a stream that holds several kinds.");

export type Tag = z.infer<typeof tagSchema>;
export type ExifData = z.infer<typeof exifSchema>;
export type ProcessedImage = z.infer<typeof processedImageSchema>;
export type EnrichmentPatch = z.infer<typeof enrichmentPatchSchema>;
export type ErrorRecord = z.infer<typeof errorRecordSchema>;
export type OutputRecord = z.infer<typeof outputRecordSchema>;

/** File name (without `.schema.json`) of each published JSON Schema. */
export const recordSchemas = {
  "processed-image": processedImageSchema,
  "enrichment-patch": enrichmentPatchSchema,
  "error-record": errorRecordSchema,
  "output-record": outputRecordSchema,
} as const;

/** JSON Schema 2020-12 of one record type. */
export const recordJsonSchema = (name: keyof typeof recordSchemas): Record<string, unknown> =>
  z.toJSONSchema(recordSchemas[name]);

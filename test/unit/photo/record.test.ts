import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { PHOTO_FAILURE_CODES } from "../../../src/errors.ts";
import type { DescribedPhoto, PatchOptions } from "../../../src/photo/patch-record.ts";
import { toPatch } from "../../../src/photo/patch-record.ts";
import {
  type RecordOptions,
  tagCore,
  tagPatch,
  toErrorRecord,
  toRecord,
  withoutBrokenVector,
} from "../../../src/photo/record.ts";
import { recordJsonSchema, recordSchemas } from "../../../src/photo/record-schema.ts";
import type { ProcessedPhoto } from "../../../src/photo/types.ts";

const GOLDEN = join(import.meta.dirname, "../../fixtures/golden");
const SCHEMAS = join(import.meta.dirname, "../../../docs/reference/schemas");

const options: RecordOptions = {
  compat: false,
  includeEmbedding: true,
  thumbnail: true,
  showTagPaths: true,
  tagPathDepth: 2,
};
const contentHash = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

const full: ProcessedPhoto = {
  contentHash,
  format: "heic",
  fileSize: 3_456_789,
  width: 3024,
  height: 4032,
  orientation: 6,
  metadata: { capturedAt: { local: "2024-07-15T14:32:00.25", offset: "+02:00" }, title: "not part of a record" },
  exif: {
    orientation: 6,
    focal_length: Math.fround(6.86),
    shutter_speed: "1/1000",
    aperture: "f/1.8",
    iso: 64,
    gps_longitude: 14.505751,
    gps_latitude: 46.056946,
    camera_model: "iPhone 15 Pro",
    camera_make: "Apple",
    captured_at: "2024-07-15 14:32:00",
  },
  embedding: {
    vectorKey: "photon-mini@0123abcd/int8/p1",
    vector: Float32Array.of(0.017, -0.1, 0.57735026, 1e-8, 0.99999994),
  },
  tags: [
    {
      name: "beagle",
      confidence: Math.fround(0.93),
      category: "animal",
      ancestors: ["hound", "dog", "animal", "entity"],
    },
    { name: "grass", confidence: Math.fround(0.5), ancestors: ["entity"] },
  ],
  thumbnail: { size: 256, format: "webp", quality: 80, width: 192, height: 256, bytes: Buffer.from("RIFF....WEBP") },
  perceptualHash: Uint8Array.from({ length: 18 }, (_, index) => index * 7),
};
const bare: ProcessedPhoto = {
  contentHash,
  format: "png",
  fileSize: 68,
  width: 1,
  height: 1,
  orientation: 1,
  metadata: {},
  exif: {},
  tags: [],
};
const described: DescribedPhoto = {
  contentHash,
  description: "A beagle on a lawn; “no cat” in sight.",
  model: "llama3.2-vision",
  latencyMs: 2345,
  inputTokens: 800,
  outputTokens: 112,
  kind: "image_tag",
  documentType: "image_tag",
  version: 2,
  state: "CONFIRMED",
  title: "Beagle on a lawn",
  tags: ["beagle", "lawn", "dog"],
  sourceType: "PHOTO",
  cached: false,
  costUsd: 0.001234,
};
const shown: PatchOptions = { compat: false, details: false };

const goldens = {
  "core-full": toRecord("photos/trip/IMG_0001.HEIC", full, options),
  "core-bare": toRecord("pixel.png", bare, options),
  "core-compat": toRecord("./photos/IMG_0001.HEIC", full, { ...options, compat: true, showTagPaths: false }),
  "core-tagged": tagCore(toRecord("pixel.png", bare, options)),
  enrichment: toPatch(described, shown),
  "enrichment-tagged": tagPatch(toPatch(described, shown)),
  "enrichment-compat-tagged": tagPatch(toPatch(described, { compat: true, details: true })),
  "enrichment-details-tagged": tagPatch(toPatch(described, { compat: false, details: true })),
  "enrichment-unknown-tokens-tagged": tagPatch(
    toPatch({ ...described, inputTokens: undefined, cached: true, costUsd: undefined }, shown),
  ),
  "error-llm": toErrorRecord("photos/rude.jpg", {
    code: "llm_rejected",
    message: "Invalid request format (LLM_REFUSED).",
  }),
  error: toErrorRecord("photos/broken.jpg", { code: "decode_failed", message: "The file ends too early." }),
} as const;
const schemaOf = (name: string): keyof typeof recordSchemas => {
  if (name.endsWith("-tagged")) return "output-record";
  if (name.startsWith("error")) return "error-record";
  return name === "enrichment" ? "enrichment-patch" : "processed-image";
};

test.each(Object.entries(goldens))("the %s record is written as in its golden file", async (name, record) => {
  await expect(`${JSON.stringify(record, undefined, 2)}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.json`));
});

test.each(Object.keys(goldens))("the golden file of %s fits its published JSON Schema", (name) => {
  const record: unknown = JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), "utf8"));
  const schema = JSON.parse(readFileSync(join(SCHEMAS, `${schemaOf(name)}.schema.json`), "utf8")) as object;
  const validate = new Ajv2020({ strict: true }).compile(schema);
  expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...(record as object), added_later: 1 })).toBe(true); // additional properties are allowed
  expect(validate({ ...(record as object), content_hash: 7, file_path: 7 })).toBe(false);
});

/** `UPDATE_SCHEMAS=1 npx vitest run test/unit/photo/record.test.ts && npx oxfmt docs/reference/schemas` writes them. */
test.each(Object.keys(recordSchemas))("the published schema of %s is generated from the code", (name) => {
  const schema = recordJsonSchema(name as keyof typeof recordSchemas); // the keys of the table
  const path = join(SCHEMAS, `${name}.schema.json`);
  if (process.env["UPDATE_SCHEMAS"] === "1") writeFileSync(path, JSON.stringify(schema, undefined, 2));
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(schema);
});

test("keys without a value are left out, arrays never are", () => {
  expect(Object.keys(toRecord("a.png", bare, { ...options, compat: true }))).toEqual([
    "file_path",
    "file_name",
    "content_hash",
    "width",
    "height",
    "format",
    "file_size",
    "embedding",
    "tags",
  ]);
  expect(JSON.stringify(goldens["core-full"])).not.toContain("null");
});

test("leaving the vector out keeps tags and the name of the model", () => {
  const record = toRecord("a.heic", full, { ...options, includeEmbedding: false, thumbnail: false });
  expect(record).toMatchObject({ embedding: [], embedding_model: "photon-mini@0123abcd/int8/p1" });
  expect(record.tags).toHaveLength(2);
  expect(record).not.toHaveProperty("thumbnail");
});

test("capture times carry an offset only when there is one, and never become UTC", () => {
  const at = (capturedAt: NonNullable<ProcessedPhoto["metadata"]["capturedAt"]>): unknown =>
    toRecord("a.jpg", { ...bare, metadata: { capturedAt } }, options).captured_at;
  expect(at({ local: "2024-07-15T14:32:00" })).toBe("2024-07-15T14:32:00");
  expect(at({ local: "2024-07-15T14:32:00", offset: "-05:30" })).toBe("2024-07-15T14:32:00-05:30");
});

test("tag paths show the nearest ancestors, general first, without empty words", () => {
  const paths = (depth: number): unknown =>
    toRecord("a.heic", full, { ...options, tagPathDepth: depth }).tags.map((tag) => tag.path);
  expect(paths(2)).toEqual(["dog > hound > beagle", undefined]);
  expect(paths(9)).toEqual(["animal > dog > hound > beagle", undefined]);
});

test("a path that is no well-formed text is written with the replacement character", () => {
  const record = toRecord("photos/bad\uD800name.jpg", bare, options);
  expect(record).toMatchObject({ file_path: "photos/bad\uFFFDname.jpg", file_name: "bad\uFFFDname.jpg" });
  expect(toErrorRecord("\uDC00.jpg", { code: "unreadable", message: "No." }).file_path).toBe("\uFFFD.jpg");
});

test.each([NaN, Infinity, -Infinity])("a vector with %d is a failed embedding; the record is kept", (value) => {
  const broken = { ...full, embedding: { vectorKey: "m", vector: Float32Array.of(0.5, value) } };
  const { photo, failure } = withoutBrokenVector(broken);
  expect(failure?.code).toBe("embed_failed");
  expect(toRecord("a.jpg", photo, options)).toMatchObject({ embedding: [], tags: [] });
});

test("a sound vector passes unchanged", () => {
  expect(withoutBrokenVector(full)).toEqual({ photo: full });
});

test("error records know every code of a photo that failed", () => {
  const validate = new Ajv2020().compile(recordJsonSchema("error-record"));
  for (const code of PHOTO_FAILURE_CODES) expect(validate(toErrorRecord("a.jpg", { code, message: "No." }))).toBe(true);
});

test("a patch starts with the five fields of the original program, in their order", () => {
  const five = ["content_hash", "description", "llm_model", "llm_latency_ms", "llm_tokens"];
  expect(Object.keys(toPatch(described, { compat: true, details: true }))).toEqual(five);
  expect(Object.keys(toPatch(described, { compat: false, details: true })).slice(0, 5)).toEqual(five);
  const silent = toPatch({ ...described, outputTokens: undefined }, { compat: true, details: false });
  expect(Object.keys(silent)).toEqual(five.slice(0, 4)); // half a sum is no sum
});

test("what a patch has no value for is left out, not null", () => {
  const bareDescription = {
    ...described,
    title: undefined,
    tags: undefined,
    sourceType: undefined,
    costUsd: undefined,
  };
  const record = toPatch(bareDescription, { compat: false, details: true });
  expect(JSON.stringify(record)).not.toContain("null");
  expect(record).not.toHaveProperty("cost_usd");
});

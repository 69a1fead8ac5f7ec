/** Makes output records. Key order and the rule "a key without a value is left out" are part of the contract. */
import { basename } from "node:path";
import type {
  EnrichmentPatch,
  ErrorRecord,
  ExifData,
  OutputRecord,
  ProcessedImage,
  RecordFailureCode,
  Tag,
} from "./record-schema.ts";
import { shortestFloat32, shortestFloat32s } from "./shortest-float32.ts";
import type { CaptureTime, ExifRecord, PhotoFailure, ProcessedPhoto, ScoredTag } from "./types.ts";

export type { EnrichmentPatch, ErrorRecord, OutputRecord, ProcessedImage, RecordFailureCode } from "./record-schema.ts";

export interface RecordOptions {
  /** Only the fields of the original program: no additions, formats it does not know are `unknown`. */
  readonly compat: boolean;
  /** Write the vector; without it `embedding` is `[]`. */
  readonly includeEmbedding: boolean;
  /** Write the thumbnail. */
  readonly thumbnail: boolean;
  readonly showTagPaths: boolean;
  /** Ancestors shown in a tag's path, nearest first. */
  readonly tagPathDepth: number;
}

const SHORT_ID_DIGITS = 12;
export const SCHEMA_VERSION = 1;
/** Ancestors that say nothing about a picture. */
const ABSTRACT_TERMS = new Set([
  "entity",
  "physical entity",
  "object",
  "whole",
  "thing",
  "organism",
  "living thing",
  "abstraction",
  "matter",
  "substance",
  "body",
  "unit",
]);

export const shortId = (contentHash: string): string => contentHash.slice(0, SHORT_ID_DIGITS);

/** Drops the keys whose value is undefined. */
export const present = <Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Fields]: Exclude<Fields[Key], undefined>; // what the filter leaves
  };

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

const tagPath = ({ name, ancestors = [] }: ScoredTag, depth: number): string | undefined => {
  const shown = ancestors.filter((ancestor) => !ABSTRACT_TERMS.has(ancestor)).slice(0, depth);
  return shown.length === 0 ? undefined : [...shown.toReversed(), name].join(" > ");
};

const toTag = (tag: ScoredTag, { showTagPaths, tagPathDepth }: RecordOptions): Tag => ({
  name: tag.name,
  confidence: shortestFloat32(tag.confidence),
  ...(tag.category === undefined ? {} : { category: tag.category }),
  ...present({ path: showTagPaths ? tagPath(tag, tagPathDepth) : undefined }),
});

const toExif = (exif: ExifRecord): ExifData =>
  present({
    captured_at: exif.captured_at,
    camera_make: exif.camera_make,
    camera_model: exif.camera_model,
    gps_latitude: exif.gps_latitude,
    gps_longitude: exif.gps_longitude,
    iso: exif.iso,
    aperture: exif.aperture,
    shutter_speed: exif.shutter_speed,
    focal_length: exif.focal_length === undefined ? undefined : shortestFloat32(exif.focal_length),
    orientation: exif.orientation,
  });

const isoTime = ({ local, offset = "" }: CaptureTime): string => `${local}${offset}`;

const knownFormat = (format: ProcessedPhoto["format"], compat: boolean): ProcessedImage["format"] =>
  compat && (format === "heic" || format === "raw") ? "unknown" : format;

const additions = (photo: ProcessedPhoto): Partial<ProcessedImage> =>
  present({
    id: shortId(photo.contentHash),
    embedding_model: photo.embedding?.vectorKey,
    captured_at: photo.metadata.capturedAt === undefined ? undefined : isoTime(photo.metadata.capturedAt),
    orientation: photo.orientation,
    schema_version: SCHEMA_VERSION,
  });

/**
 * @param displayPath path as the user typed it plus the walked part
 * @returns the record, ready for JSON.stringify: 32-bit floats are doubles that print as their shortest decimal
 */
export const toRecord = (displayPath: string, photo: ProcessedPhoto, options: RecordOptions): ProcessedImage => {
  const path = displayPath.toWellFormed();
  const exif = toExif(photo.exif);
  const { embedding, thumbnail, perceptualHash } = photo;
  return {
    file_path: path,
    file_name: basename(path),
    content_hash: photo.contentHash,
    width: photo.width,
    height: photo.height,
    format: knownFormat(photo.format, options.compat),
    file_size: photo.fileSize,
    embedding: embedding !== undefined && options.includeEmbedding ? shortestFloat32s(embedding.vector) : [],
    ...(Object.keys(exif).length === 0 ? {} : { exif }),
    tags: photo.tags.map((tag) => toTag(tag, options)),
    ...(thumbnail === undefined || !options.thumbnail ? {} : { thumbnail: base64(thumbnail.bytes) }),
    ...(perceptualHash === undefined ? {} : { perceptual_hash: base64(perceptualHash) }),
    ...(options.compat ? {} : additions(photo)),
  };
};

/** A failure as records show it: of a photo, of one of its parts, or of what a language model was asked about it. */
export interface RecordFailure {
  readonly code: RecordFailureCode;
  readonly message: string;
}

export const toErrorRecord = (displayPath: string, failure: RecordFailure): ErrorRecord => ({
  type: "error",
  file_path: displayPath.toWellFormed(),
  code: failure.code,
  message: failure.message,
});

/** The forms of a stream that holds several kinds of records: `type` comes first. */
export const tagCore = (record: ProcessedImage): OutputRecord => ({ type: "core", ...record });
export const tagPatch = (patch: EnrichmentPatch): OutputRecord => ({ type: "enrichment", ...patch });

const isFiniteVector = (vector: Float32Array): boolean => vector.every((value) => Number.isFinite(value));

/**
 * A photo whose vector is not finite keeps its record, without vector and tags.
 * @returns the failure to report, or undefined when there is nothing wrong
 */
export const withoutBrokenVector = (
  photo: ProcessedPhoto,
): { readonly photo: ProcessedPhoto; readonly failure?: PhotoFailure } => {
  if (photo.embedding === undefined || isFiniteVector(photo.embedding.vector)) return { photo };
  const { embedding: _, ...rest } = photo;
  return {
    photo: { ...rest, tags: [] },
    failure: {
      code: "embed_failed",
      message: "The model returned a vector that holds NaN or infinity.",
      stage: "embed",
    },
  };
};

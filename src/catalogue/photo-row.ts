/** Photos as rows: what the stages produced on one side, columns on the other. */
import type { Insertable, Selectable } from "kysely";
import { captureKey } from "../photo/capture-time.ts";
import type {
  CaptureTime,
  ExifRecord,
  GpsPosition,
  MetadataReading,
  Orientation,
  PhotoFormat,
  PhotoMetadata,
  ScoredTag,
  Thumbnail,
} from "../photo/types.ts";
import type { PhotosTable } from "./schema.ts";

/** Facts of a stored thumbnail; its bytes are a file under renditions/. */
export type ThumbnailFacts = Omit<Thumbnail, "bytes">;

export interface PhotoSize {
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
}

/** A run of a model that writes tags. */
export interface TagRun {
  /** Random; the same in every commit of the run. */
  readonly token: string;
  readonly vectorKey: string;
  readonly bankKey: string;
  readonly calibrationId: string;
}

interface StoredEmbedding {
  readonly vectorKey: string;
  readonly vector: Float32Array;
}

/** What a run learned about one photo. Parts left out stay as they are in the catalogue. */
export interface PhotoUpdate {
  readonly contentHash: string;
  readonly format: PhotoFormat;
  readonly fileSize: number;
  readonly size?: PhotoSize;
  readonly metadata?: MetadataReading;
  readonly thumbnail?: ThumbnailFacts;
  readonly perceptualHash?: Uint8Array;
  /** See photo/pixel-digest.ts. */
  readonly pixelDigest?: Uint8Array;
  readonly embedding?: StoredEmbedding;
  /** Of a larger model beside the library's. */
  readonly largerEmbedding?: StoredEmbedding;
  readonly tags?: { readonly run: TagRun; readonly tags: readonly ScoredTag[] };
  /** Keys of the stages whose results are in this update. */
  readonly stageKeys: ReadonlyMap<string, string>;
}

/** A photo as the catalogue has it. */
export interface StoredPhoto {
  readonly contentHash: string;
  readonly rev: number;
  readonly format: PhotoFormat;
  readonly fileSize: number;
  readonly size: PhotoSize;
  readonly metadata: PhotoMetadata;
  readonly exif: ExifRecord;
  readonly thumbnail: ThumbnailFacts | undefined;
  readonly perceptualHash: Uint8Array | undefined;
  readonly favourite: boolean;
}

type PhotoRow = Selectable<PhotosTable>;

/** Leaves out what is null, so that optional fields are absent. */
const present = <Value extends object>(value: {
  readonly [Key in keyof Value]: Value[Key] | null | undefined;
}): Value =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null && field !== undefined)) as Value; // nulls are gone

const metadataOf = (row: PhotoRow): PhotoMetadata => {
  const capturedAt =
    row.captured_local === null
      ? null
      : present<CaptureTime>({ local: row.captured_local, offset: row.captured_offset });
  const gps =
    row.latitude === null || row.longitude === null
      ? null
      : present<GpsPosition>({ latitude: row.latitude, longitude: row.longitude, altitude: row.altitude });
  const keywords = JSON.parse(row.keywords) as string[]; // written by columnsOf below
  return present<PhotoMetadata>({
    capturedAt,
    cameraMake: row.camera_make,
    cameraModel: row.camera_model,
    lens: row.lens,
    iso: row.iso,
    aperture: row.aperture,
    exposureSeconds: row.exposure_seconds,
    focalLengthMm: row.focal_length_mm,
    gps,
    orientation: row.metadata_orientation as Orientation | null, // written from an Orientation
    rating: row.rating,
    title: row.title,
    caption: row.caption,
    keywords: keywords.length === 0 ? null : keywords,
  });
};

export const storedPhotoOf = (row: PhotoRow): StoredPhoto => ({
  contentHash: row.content_hash,
  rev: row.rev,
  format: row.format as PhotoFormat, // written from a PhotoFormat
  fileSize: row.file_size,
  size: { width: row.width, height: row.height, orientation: row.orientation as Orientation }, // written from a PhotoSize
  metadata: metadataOf(row),
  exif: JSON.parse(row.exif) as ExifRecord, // written by columnsOf below
  thumbnail: row.thumbnail === null ? undefined : (JSON.parse(row.thumbnail) as ThumbnailFacts), // written below
  perceptualHash: row.perceptual_hash ?? undefined,
  favourite: row.favourite === 1,
});

const metadataColumns = ({ merged, exif }: MetadataReading) => ({
  captured_local: merged.capturedAt?.local ?? null,
  captured_offset: merged.capturedAt?.offset ?? null,
  captured_key: merged.capturedAt === undefined ? null : captureKey(merged.capturedAt),
  camera_make: merged.cameraMake ?? null,
  camera_model: merged.cameraModel ?? null,
  lens: merged.lens ?? null,
  iso: merged.iso ?? null,
  aperture: merged.aperture ?? null,
  exposure_seconds: merged.exposureSeconds ?? null,
  focal_length_mm: merged.focalLengthMm ?? null,
  latitude: merged.gps?.latitude ?? null,
  longitude: merged.gps?.longitude ?? null,
  altitude: merged.gps?.altitude ?? null,
  metadata_orientation: merged.orientation ?? null,
  rating: merged.rating ?? null,
  title: merged.title ?? null,
  caption: merged.caption ?? null,
  keywords: JSON.stringify(merged.keywords ?? []),
  exif: JSON.stringify(exif),
});

const emptyMetadata = metadataColumns({ merged: {}, exif: {} });

/** Written by document-rows.ts alone. */
const emptyReadModel = {
  llm_title: null,
  llm_summary: null,
  enriched_description: null,
  photo_profile: null,
  translations: null,
  source_type: null,
  llm_processed_at: null,
  llm_model_used: null,
};

const newRow = {
  ...emptyMetadata,
  ...emptyReadModel,
  rev: 0,
  favourite: 0,
  width: 0,
  height: 0,
  orientation: 1,
};

/** The whole row after an update; `before` is the stored row, if any. `rev` is raised by markChanged. */
export const rowAfter = (update: PhotoUpdate, before: PhotoRow | undefined, now: number): Insertable<PhotosTable> => ({
  ...(before ?? { ...newRow, created_at: now }),
  content_hash: update.contentHash,
  format: update.format,
  file_size: update.fileSize,
  ...update.size,
  ...(update.metadata === undefined ? {} : metadataColumns(update.metadata)),
  perceptual_hash: update.perceptualHash ?? before?.perceptual_hash ?? null,
  pixel_digest: update.pixelDigest ?? before?.pixel_digest ?? null,
  thumbnail: update.thumbnail === undefined ? (before?.thumbnail ?? null) : JSON.stringify(update.thumbnail),
  updated_at: now,
});

/** Columns an update may change; `rev` is markChanged's, `favourite` the user's. */
export const updatedColumns = [
  "format",
  "file_size",
  "width",
  "height",
  "orientation",
  "perceptual_hash",
  "pixel_digest",
  "thumbnail",
  "updated_at",
  ...(Object.keys(emptyMetadata) as (keyof typeof emptyMetadata)[]), // the keys of a literal
] as const;

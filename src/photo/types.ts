/** What photon knows about a photo, in the words every folder uses. */
import type { PhotoFailureCode } from "../errors.ts";

/** Container formats photon decodes. `ico`, `pnm` and `unknown` of the record contract never reach the pipeline. */
export type PhotoFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp" | "avif" | "heic" | "raw";

/** EXIF orientation, TIFF tag 0x0112 (CIPA DC-008, 4.6.4). 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Interleaved 8-bit sRGB pixels, row-major, no alpha: `data.length === width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The one decode of a photo: shrunk on load, upright, sRGB, alpha on white. Every rendition and model input derives
 * from it.
 */
export interface DecodedImage extends RgbImage {
  /** Size of the full photo in pixels, after orientation. */
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** The EXIF orientation that has been applied. */
  readonly orientation: Orientation;
}

export type RenditionFormat = "webp" | "jpeg";

export interface ThumbnailSettings {
  /** Longest edge in pixels; smaller photos are not enlarged. */
  readonly size: number;
  readonly format: RenditionFormat;
  /** 1..100 */
  readonly quality: number;
}

export interface Thumbnail extends ThumbnailSettings {
  readonly width: number;
  readonly height: number;
  /** Encoded file without metadata. */
  readonly bytes: Uint8Array;
}

/** How an encoder wants its pictures; part of its manifest. */
export interface ModelInputSpec {
  /** Edge of the square input in pixels. */
  readonly size: number;
  /** squash: ignore aspect. short-side-crop: short side to `size`, centre crop. pad: long side to `size`, grey border. */
  readonly resize: "squash" | "short-side-crop" | "pad";
  readonly kernel: "bilinear" | "bicubic" | "lanczos3";
}

/** Limits that stop work before and during decode. */
export interface DecodeLimits {
  readonly maxFileBytes: number;
  /** Longest edge, pixels. */
  readonly maxDimension: number;
  readonly maxPixels: number;
  readonly timeoutMs: number;
}

/** Wall-clock time where the photo was taken. */
export interface CaptureTime {
  /** `2024-07-15T14:32:00` with up to nine fraction digits; no zone. */
  readonly local: string;
  /** `+02:00`, `-05:30` or `Z` when the file states one. */
  readonly offset?: string;
}

export interface GpsPosition {
  /** Degrees, -90..90, north positive. */
  readonly latitude: number;
  /** Degrees, -180..180, east positive. */
  readonly longitude: number;
  /** Metres above sea level. */
  readonly altitude?: number;
}

/** Metadata of one source (file or sidecar) or of both merged. Every field is cleaned and capped text or a finite number. */
export interface PhotoMetadata {
  readonly capturedAt?: CaptureTime;
  readonly cameraMake?: string;
  readonly cameraModel?: string;
  readonly lens?: string;
  readonly iso?: number;
  /** f-number, e.g. 1.8 */
  readonly aperture?: number;
  readonly exposureSeconds?: number;
  readonly focalLengthMm?: number;
  readonly gps?: GpsPosition;
  /** Raw tag value; what was applied is `DecodedImage.orientation`. */
  readonly orientation?: Orientation;
  /** XMP rating, -1 (rejected) or 0..5. */
  readonly rating?: number;
  readonly title?: string;
  readonly caption?: string;
  readonly keywords?: readonly string[];
}

/** `exif` of the output record: the file alone, never the sidecar. Key order is part of the contract. */
export interface ExifRecord {
  /** DateTimeOriginal, else DateTime: `2024-07-15 14:32:00`, no T, no zone. */
  readonly captured_at?: string;
  readonly camera_make?: string;
  readonly camera_model?: string;
  readonly gps_latitude?: number;
  readonly gps_longitude?: number;
  readonly iso?: number;
  /** `f/1.8` */
  readonly aperture?: string;
  /** `1/1000`, or seconds from 1 s up */
  readonly shutter_speed?: string;
  readonly focal_length?: number;
  readonly orientation?: number;
}

export interface MetadataReading {
  /** Sidecar beats file, field by field. */
  readonly merged: PhotoMetadata;
  readonly exif: ExifRecord;
}

/** One tag on one photo. */
export interface ScoredTag {
  readonly name: string;
  /** 0..1 */
  readonly confidence: number;
  readonly category?: string;
  /** Ancestors, most specific first. */
  readonly ancestors?: readonly string[];
}

export type TagSource = "zero-shot" | "llm" | "user" | "sidecar" | "file";

/** Where a stored tag comes from. The model's part is absent on tags of people. */
export interface TagProvenance {
  readonly source: TagSource;
  /** Names the run that wrote it; `photon tag undo` takes it. undefined on tags older than runs. */
  readonly runId?: number;
  /** Milliseconds UTC. */
  readonly at: number;
  readonly vectorKey?: string;
  readonly bankKey?: string;
  /** Which fit the confidence comes from. */
  readonly calibrationId?: string;
}

export interface StoredTag extends ScoredTag {
  readonly provenance: TagProvenance;
}

/** One thing that went wrong with a photo or with one stage of it. */
export interface PhotoFailure {
  readonly code: PhotoFailureCode;
  /** Full sentence for people; no absolute path beyond what the user typed, no stack. */
  readonly message: string;
  /** Stage that failed; left out when the photo failed before any stage. */
  readonly stage?: string;
}

/** A file that a user or a scan named. */
export interface PhotoSource {
  /** Path as the user typed it plus the walked part; what records show. */
  readonly displayPath: string;
  /** Absolute real path, exact bytes (names need not be UTF-8). */
  readonly absolutePath: Buffer;
  /** Added or visited root that holds the file, as absolute real path. */
  readonly rootPath: Buffer;
  /** The user named this very file, not a folder around it: a forgotten photo comes back. */
  readonly named?: true;
}

/** Everything `process` reports about one finished photo. */
export interface ProcessedPhoto {
  readonly contentHash: string;
  readonly format: PhotoFormat;
  readonly fileSize: number;
  /** Pixels, after orientation. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  readonly metadata: PhotoMetadata;
  readonly exif: ExifRecord;
  /** L2-normalised; undefined when there is none. */
  readonly embedding?: { readonly vectorKey: string; readonly vector: Float32Array };
  readonly tags: readonly ScoredTag[];
  readonly thumbnail?: Thumbnail;
  /** 18 bytes, see perceptual-hash.ts */
  readonly perceptualHash?: Uint8Array;
}

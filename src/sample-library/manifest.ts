/** What a generated library holds, so that tests and the demo can check what a search finds. */
import type { SceneName } from "./scenes.ts";

export interface SampleCamera {
  readonly make: string;
  readonly model: string;
  readonly lens: string;
}

export interface SamplePlace {
  readonly name: string;
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
}

export type SampleFormat = "jpeg" | "png" | "webp" | "tiff" | "gif" | "avif" | "bmp";

export interface SampleFile {
  /** Relative to the library folder, with `/`. */
  readonly path: string;
  readonly scene: SceneName;
  /** Words a person would search it by. */
  readonly words: readonly string[];
  readonly format: SampleFormat;
  /** Pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** `2024-07-15T14:32:00`, with `+01:00` when the file states an offset; left out when the file has no time. */
  readonly capturedAt?: string;
  readonly camera?: SampleCamera;
  readonly gps?: SamplePlace;
  /** EXIF orientation in the file; its pixels are stored turned accordingly. */
  readonly orientation?: number;
  readonly rating?: number;
  readonly title?: string;
  readonly keywords?: readonly string[];
  /** Path of the `.xmp` sidecar, which then carries rating, title and keywords. */
  readonly sidecar?: string;
  /** Path of the file with the same bytes. */
  readonly duplicateOf?: string;
  /** Path of the file this is a re-encoded or cropped version of. */
  readonly nearDuplicateOf?: string;
  /** Files of one burst share this name. */
  readonly burst?: string;
  /** Why the file cannot be read; only with `withBadFiles`. */
  readonly damage?: "truncated" | "not-an-image" | "empty";
}

export interface SampleManifest {
  readonly folder: string;
  readonly seed: number;
  readonly files: readonly SampleFile[];
}

/** The formats photon decodes, one row each. Discovery, config defaults, decoding and docs all read this table. */
import { InternalError } from "../errors.ts";
import type { PhotoFormat } from "./types.ts";

/** Who turns the bytes into pixels. `raw-preview` takes the largest JPEG the camera embedded. */
export type Decoder = "sharp" | "bmp" | "heic" | "raw-preview";

export interface FormatRow {
  readonly format: PhotoFormat;
  /** As shown to people. */
  readonly title: string;
  /** Lower case, without the dot. */
  readonly extensions: readonly string[];
  readonly mediaType: string;
  readonly decoder: Decoder;
}

export const FORMATS = [
  { format: "jpeg", title: "JPEG", extensions: ["jpg", "jpeg"], mediaType: "image/jpeg", decoder: "sharp" },
  { format: "png", title: "PNG", extensions: ["png"], mediaType: "image/png", decoder: "sharp" },
  { format: "webp", title: "WebP", extensions: ["webp"], mediaType: "image/webp", decoder: "sharp" },
  { format: "gif", title: "GIF", extensions: ["gif"], mediaType: "image/gif", decoder: "sharp" },
  { format: "tiff", title: "TIFF", extensions: ["tif", "tiff"], mediaType: "image/tiff", decoder: "sharp" },
  { format: "bmp", title: "BMP", extensions: ["bmp"], mediaType: "image/bmp", decoder: "bmp" },
  { format: "avif", title: "AVIF", extensions: ["avif"], mediaType: "image/avif", decoder: "sharp" },
  { format: "heic", title: "HEIC", extensions: ["heic", "heif"], mediaType: "image/heic", decoder: "heic" },
  {
    format: "raw",
    title: "RAW",
    extensions: ["cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"],
    mediaType: "image/x-raw",
    decoder: "raw-preview",
  },
] as const satisfies readonly FormatRow[];

/** Every extension a file may have to be considered a photo: lower case, without the dot, in table order. */
export const SUPPORTED_EXTENSIONS: readonly string[] = FORMATS.flatMap((row) => row.extensions);

const rowByFormat = new Map<PhotoFormat, FormatRow>(FORMATS.map((row) => [row.format, row]));
const formatByExtension = new Map<string, PhotoFormat>(
  FORMATS.flatMap((row) => row.extensions.map((extension) => [extension, row.format] as const)),
);

export const formatRow = (format: PhotoFormat): FormatRow => {
  const row = rowByFormat.get(format);
  if (row === undefined) throw new InternalError(`Expected a format of the table, received ${format}.`);
  return row;
};

/** @param extension with or without the dot, any case */
export const formatOfExtension = (extension: string): PhotoFormat | undefined =>
  formatByExtension.get(extension.toLowerCase().replace(/^\./, ""));

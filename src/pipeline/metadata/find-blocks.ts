/** One finder per container. */
import type { PhotoFormat } from "../../photo/types.ts";
import type { MetadataBlocks } from "./blocks.ts";
import { emptyBlocks } from "./blocks.ts";
import { findGifBlocks } from "./containers/gif.ts";
import { findIsoMediaBlocks } from "./containers/iso-media.ts";
import { findJpegBlocks } from "./containers/jpeg.ts";
import { findPngBlocks } from "./containers/png.ts";
import { findRawBlocks } from "./containers/raw.ts";
import { findWebpBlocks } from "./containers/riff.ts";
import { findTiffBlocks } from "./containers/tiff.ts";

const FINDERS: Readonly<Record<PhotoFormat, (bytes: Uint8Array) => MetadataBlocks>> = {
  jpeg: findJpegBlocks,
  png: findPngBlocks,
  webp: findWebpBlocks,
  gif: findGifBlocks,
  tiff: findTiffBlocks,
  bmp: emptyBlocks,
  avif: findIsoMediaBlocks,
  heic: findIsoMediaBlocks,
  raw: findRawBlocks,
};

/** Where the metadata of a photo lies. Never throws: damage ends the search, what was found before it stays. */
export const findMetadataBlocks = (bytes: Uint8Array, format: PhotoFormat): MetadataBlocks => FINDERS[format](bytes);

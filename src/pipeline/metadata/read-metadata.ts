/**
 * Metadata of a photo file and of the sidecars beside it.
 *
 * Precedence inside a file follows the Metadata Working Group: what the camera measured (time, camera, lens, exposure,
 * place, orientation) comes from EXIF and XMP fills the gaps; what people wrote (rating, title, caption, keywords)
 * comes from XMP, then IPTC, then EXIF. A sidecar beats the file, field by field.
 */
import type { ExifRecord, PhotoFormat, PhotoMetadata } from "../../photo/types.ts";
import type { Sidecars } from "../sidecar-files.ts";
import { cleanKeywords } from "./clean-text.ts";
import { defined } from "./defined.ts";
import { exifFields, exifRecord } from "./exif-fields.ts";
import { readExifTags } from "./exif-tags.ts";
import { findMetadataBlocks } from "./find-blocks.ts";
import { iptcFields } from "./iptc-fields.ts";
import { isSameInstant, readTakeout } from "./takeout-fields.ts";
import { readXmp } from "./xmp-document.ts";
import { xmpFields } from "./xmp-fields.ts";

export interface FileMetadata {
  readonly metadata: PhotoMetadata;
  /** EXIF alone, for the output record. */
  readonly exif: ExifRecord;
}

const MAX_PACKETS = 4;

/** Reads the metadata of a photo. Never throws: broken parts are left out. */
export const readMetadata = async (bytes: Uint8Array, format: PhotoFormat): Promise<FileMetadata> => {
  const blocks = findMetadataBlocks(bytes, format);
  const tags = await readExifTags(blocks.exif);
  const exif = exifFields(tags);
  const xmp = mergeAll(blocks.xmp.slice(0, MAX_PACKETS).map((packet) => xmpFields(readXmp(packet))));
  const iptc = mergeAll(await Promise.all(blocks.iptc.slice(0, MAX_PACKETS).map(iptcFields)));
  const written = mergeAll([xmp, iptc, exif]);
  const { rating, title, caption, keywords } = written;
  const lens = tags.text("lensModel") === undefined ? (xmp.lens ?? exif.lens) : exif.lens;
  return {
    metadata: { ...mergeAll([exif, xmp]), ...defined({ lens, rating, title, caption, keywords }) },
    exif: exifRecord(tags, exif),
  };
};

/** First source that has a field wins it. */
const mergeAll = (sources: readonly PhotoMetadata[]): PhotoMetadata => Object.assign({}, ...sources.toReversed());

/** Reads an XMP sidecar. Never throws: a file that is no XMP has no fields. */
export const readSidecar = async (xmp: Uint8Array): Promise<PhotoMetadata> => xmpFields(readXmp(xmp));

/** Sidecar beats file, field by field; of two times in the same second the more exact one stays. */
export const mergeMetadata = (file: PhotoMetadata, sidecar: PhotoMetadata): PhotoMetadata => {
  const isSameSecond = file.capturedAt?.local.slice(0, 19) === sidecar.capturedAt?.local.slice(0, 19);
  const capturedAt = isSameSecond && sidecar.capturedAt?.offset === undefined ? file.capturedAt : sidecar.capturedAt;
  return { ...file, ...sidecar, ...defined({ capturedAt: capturedAt ?? file.capturedAt }) };
};

const mergeTakeout = (file: PhotoMetadata, taken: PhotoMetadata): PhotoMetadata => {
  const { capturedAt, ...others } = taken;
  return mergeMetadata(file, isSameInstant(file.capturedAt, capturedAt) ? others : taken);
};

const withKeywords = (metadata: PhotoMetadata, more: readonly string[]): PhotoMetadata =>
  more.length === 0
    ? metadata
    : { ...metadata, ...defined({ keywords: cleanKeywords([...(metadata.keywords ?? []), ...more]) }) };

/**
 * Takeout beats the file, XMP beats both: it is what people wrote last. Sidecars that are none have no values. Never
 * throws.
 */
export const withSidecars = async (
  file: PhotoMetadata,
  { xmp, takeout }: Pick<Sidecars, "xmp" | "takeout"> = {},
): Promise<PhotoMetadata> => {
  const taken = takeout === undefined ? undefined : readTakeout(takeout);
  const exported = taken === undefined ? file : mergeTakeout(file, taken.metadata);
  const edited = xmp === undefined ? exported : mergeMetadata(exported, await readSidecar(xmp));
  return withKeywords(edited, taken?.people ?? []);
};

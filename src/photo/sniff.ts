/** Finds the format of a file by its first bytes; a wrong extension does not matter. */
import { UnreadablePhotoError } from "../errors.ts";
import { FORMATS, formatOfExtension } from "./formats.ts";
import { readTiff, TIFF_TAGS } from "./tiff.ts";
import type { PhotoFormat } from "./types.ts";

const latin1 = (head: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...head.subarray(start, end));

const BRAND_BYTES = 4;
const MAX_FTYP_BYTES = 256;
const FIRST_COMPATIBLE_BRAND = 16;
const AVIF_BRANDS = new Set(["avif", "avis"]);
const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"]);
/** Names no codec: the compatible brands decide, and without one of AVIF the pictures are HEVC. */
const HEIF_BRANDS = new Set(["mif1", "mif2", "msf1", "heif", "miaf"]);

/** ISO base media files by brand (ISO 14496-12, 4.3; ISO 23008-12, 10). The major brands of videos are no images. */
const sniffBrands = (head: Uint8Array): PhotoFormat | undefined => {
  const boxEnd = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  const major = latin1(head, 8, 12);
  if (major === "crx ") return "raw";
  if (AVIF_BRANDS.has(major)) return "avif";
  if (HEIC_BRANDS.has(major)) return "heic";
  if (!HEIF_BRANDS.has(major)) return undefined;
  const end = Math.min(boxEnd, MAX_FTYP_BYTES, head.length);
  for (let at = FIRST_COMPATIBLE_BRAND; at + BRAND_BYTES <= end; at += BRAND_BYTES) {
    if (AVIF_BRANDS.has(latin1(head, at, at + BRAND_BYTES))) return "avif";
  }
  return "heic";
};

const isRawName = (name: string): boolean => formatOfExtension(name.slice(name.lastIndexOf(".") + 1)) === "raw";

const CR2_MARK_OFFSET = 8;
const TIFF_MAGIC = 42;
const REDUCED_RESOLUTION = 1;

/**
 * NEF, ARW and DNG are TIFF files. DNG and CR2 carry a mark of their own. NEF and ARW are known by the maker plus
 * either the extension or their layout: a small picture first, the sensor data in a SubIFD.
 */
const sniffTiff = (head: Uint8Array, name: string): PhotoFormat | undefined => {
  const tiff = readTiff(head);
  if (tiff === undefined) return undefined;
  if (tiff.magic !== TIFF_MAGIC || latin1(head, CR2_MARK_OFFSET, CR2_MARK_OFFSET + 2) === "CR") return "raw";
  const first = tiff.directories[0];
  if (first === undefined || first.isCutOff) return isRawName(name) ? "raw" : "tiff";
  if (first.entries.has(TIFF_TAGS.dngVersion)) return "raw";
  const hasSubIfds = first.entries.has(TIFF_TAGS.subIfds);
  if (isRawName(name) && (hasSubIfds || first.entries.has(TIFF_TAGS.make))) return "raw";
  const isReduced = tiff.numbers(first, TIFF_TAGS.newSubfileType)[0] === REDUCED_RESOLUTION;
  const isRawMaker = /^(nikon|sony)/i.test(tiff.text(first, TIFF_TAGS.make));
  return isRawMaker && isReduced && hasSubIfds ? "raw" : "tiff";
};

const BMP_HEADER_SIZE_OFFSET = 14;
const BMP_HEADER_SIZES = new Set([12, 40, 52, 56, 64, 108, 124]);

/** "BM" alone starts many a text file: the size of the second header must be one that exists. */
const isBmp = (head: Uint8Array): boolean =>
  head.length >= BMP_HEADER_SIZE_OFFSET + 4 &&
  BMP_HEADER_SIZES.has(
    new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(BMP_HEADER_SIZE_OFFSET, true),
  );

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";
const MIN_HEAD_BYTES = 12;

/**
 * @param head the start of the file; the more of it, the surer are TIFF files told from RAW
 * @param name file name, path or extension; decides nothing but RAW or TIFF for files that could be both
 * @returns undefined when the bytes are no picture photon knows
 */
export const sniffFormat = (head: Uint8Array, name = ""): PhotoFormat | undefined => {
  if (head.length < MIN_HEAD_BYTES) return undefined;
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return "jpeg";
  if (latin1(head, 0, 8) === PNG_SIGNATURE) return "png";
  if (/^GIF8[79]a/.test(latin1(head, 0, 6))) return "gif";
  if (latin1(head, 0, 4) === "RIFF") return latin1(head, 8, 12) === "WEBP" ? "webp" : undefined;
  if (latin1(head, 0, 2) === "BM") return isBmp(head) ? "bmp" : undefined;
  if (latin1(head, 0, 15) === "FUJIFILMCCD-RAW") return "raw";
  if (latin1(head, 4, 8) === "ftyp") return sniffBrands(head);
  return sniffTiff(head, name);
};

/**
 * {@link sniffFormat} for a whole file that has to be a photo.
 * @throws UnreadablePhotoError `decode_failed` for an empty file, `unsupported_format` for anything but a known picture
 */
export const identifyFormat = (bytes: Uint8Array, name: string): PhotoFormat => {
  if (bytes.length === 0) {
    throw new UnreadablePhotoError("decode_failed", "Expected a photo, received an empty file.", {
      hint: "The file was probably not copied completely: copy it again, or delete it.",
    });
  }
  const format = sniffFormat(bytes, name);
  if (format === undefined) {
    const known = FORMATS.map((row) => row.title).join(", ");
    throw new UnreadablePhotoError(
      "unsupported_format",
      `Expected ${known}, received a file that starts like none of them.`,
      {
        hint: "Convert the file to JPEG, or take it out of the folder.",
      },
    );
  }
  return format;
};

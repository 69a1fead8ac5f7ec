/** The one decode of a photo; dispatches to the decoder of its format. */
import { formatRow } from "../../photo/formats.ts";
import type { DecodedImage, PhotoFormat } from "../../photo/types.ts";
import { decodeBmp } from "./bmp-decoder.ts";
import type { DecodeOptions } from "./decode-request.ts";
import { decodeHeic } from "./heic-decoder.ts";
import { checkFileSize } from "./limits.ts";
import { decodeRawPreview } from "./raw-decoder.ts";
import { decodeWithSharp } from "./sharp-decoder.ts";

const DECODERS = {
  sharp: decodeWithSharp,
  bmp: decodeBmp,
  heic: decodeHeic,
  "raw-preview": decodeRawPreview,
} as const;

/**
 * Decodes to upright 8-bit sRGB on white, shrunk to what `needs` ask for and never enlarged.
 * @throws UnreadablePhotoError `too_large`, `too_many_pixels`, `decode_failed` or `decode_timeout`; aborts pass untouched
 */
export const decodePhoto = async (
  bytes: Uint8Array,
  format: PhotoFormat,
  options: DecodeOptions,
): Promise<DecodedImage> => {
  options.signal.throwIfAborted();
  checkFileSize(bytes.byteLength, options.limits);
  const { decoder, title } = formatRow(format);
  return DECODERS[decoder](bytes, { ...options, title });
};

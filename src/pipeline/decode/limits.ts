/** The limits a photo must keep before any pixel of it is decoded. */
import { UnreadablePhotoError } from "../../errors.ts";
import type { DecodeLimits } from "../../photo/types.ts";

const LIMIT_HINT = "Raise the limit in the config when the file is meant to be that large.";

/** @throws UnreadablePhotoError `too_large` above the limit, to the byte */
export const checkFileSize = (bytes: number, { maxFileBytes }: Pick<DecodeLimits, "maxFileBytes">): void => {
  if (bytes <= maxFileBytes) return;
  throw new UnreadablePhotoError(
    "too_large",
    `Expected a file of at most ${maxFileBytes} bytes (limits.max_file_size_mb), received ${bytes} bytes.`,
    { hint: LIMIT_HINT },
  );
};

/** @throws UnreadablePhotoError `too_many_pixels`, or `decode_failed` for a size that no picture has */
export const checkDimensions = (width: number, height: number, limits: DecodeLimits): void => {
  if (!(width > 0 && height > 0)) {
    throw new UnreadablePhotoError("decode_failed", `Expected a picture with pixels, received ${width} x ${height}.`);
  }
  const { maxDimension, maxPixels } = limits;
  if (Math.max(width, height) > maxDimension) {
    throw new UnreadablePhotoError(
      "too_many_pixels",
      `Expected edges of at most ${maxDimension} pixels (limits.max_image_dimension), received ${width} x ${height}.`,
      { hint: LIMIT_HINT },
    );
  }
  if (width * height > maxPixels) {
    throw new UnreadablePhotoError(
      "too_many_pixels",
      `Expected at most ${maxPixels} pixels (limits.max_megapixels), received ${width} x ${height}.`,
      { hint: LIMIT_HINT },
    );
  }
};

/** RAW files: the camera's own JPEG stands for the photo. */
import { UnreadablePhotoError } from "../../errors.ts";
import type { DecodedImage } from "../../photo/types.ts";
import type { DecodeRequest } from "./decode-request.ts";
import { withOrientation } from "./jpeg-header.ts";
import { checkDimensions } from "./limits.ts";
import { findRawPreview } from "./raw-preview.ts";
import { decodeWithSharp, readHeader } from "./sharp-decoder.ts";

/** The orientation of the RAW file counts when its JPEG states none. The size told is that of the RAW photo. */
export const decodeRawPreview = async (bytes: Uint8Array, request: DecodeRequest): Promise<DecodedImage> => {
  const preview = findRawPreview(bytes);
  if (preview === undefined) {
    throw new UnreadablePhotoError(
      "decode_failed",
      "Expected a RAW file with an embedded JPEG preview, received one without.",
      { hint: "Convert the file to DNG or JPEG with the camera maker's program." },
    );
  }
  const photo = preview.photo ?? preview;
  checkDimensions(photo.width, photo.height, request.limits);
  const header = await readHeader(preview.jpeg, request.title);
  const isSilent = header.orientation === undefined && preview.orientation >= 2 && preview.orientation <= 8;
  const jpeg = isSilent ? withOrientation(preview.jpeg, preview.orientation) : preview.jpeg;
  const image = await decodeWithSharp(jpeg, request);
  const isTurned = photo.width > photo.height !== image.originalWidth > image.originalHeight;
  return {
    ...image,
    originalWidth: isTurned ? photo.height : photo.width,
    originalHeight: isTurned ? photo.width : photo.height,
  };
};

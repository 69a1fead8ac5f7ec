/**
 * HEIC and HEIF: libvips reads the header, libheif compiled to WebAssembly decodes the pixels in a worker (the prebuilt
 * libvips has no HEVC decoder). libheif applies the container's own rotation, mirroring and crop, and ISO 23008-12 says
 * that EXIF orientation must then be ignored; so nothing more is applied and `orientation` is 1.
 */
import type { DecodedImage } from "../../photo/types.ts";
import type { DecodeRequest } from "./decode-request.ts";
import { toTiffWithProfile } from "./icc.ts";
import { decodePixels } from "./pixel-decoder.ts";
import { readHeader, runSharp } from "./sharp-decoder.ts";
import { checkDimensions } from "./limits.ts";

export const decodeHeic = async (bytes: Uint8Array, request: DecodeRequest): Promise<DecodedImage> => {
  const { width, height, icc, pagePrimary = 0 } = await readHeader(bytes, request.title);
  checkDimensions(width, height, request.limits);
  const image = await decodePixels({ decoder: "heic", bytes, width, height, page: pagePrimary }, request);
  if (icc === undefined) return image;
  const converted = await runSharp((sharp) => sharp(toTiffWithProfile(image, icc)), request);
  return { ...image, ...converted };
};

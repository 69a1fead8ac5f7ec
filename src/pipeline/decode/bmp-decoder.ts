import type { DecodedImage } from "../../photo/types.ts";
import type { BmpHeader } from "./bmp.ts";
import { readBmpHeader } from "./bmp.ts";
import type { DecodeRequest } from "./decode-request.ts";
import { checkDimensions } from "./limits.ts";
import { decodePixels } from "./pixel-decoder.ts";
import { decodeFailure } from "./sharp-decoder.ts";

const headerOf = (bytes: Uint8Array, title: string): BmpHeader => {
  try {
    return readBmpHeader(bytes);
  } catch (error) {
    throw decodeFailure(error, title);
  }
};

/** The header is checked here; the pixels are read in a worker, so that a large file holds up nothing. */
export const decodeBmp = async (bytes: Uint8Array, request: DecodeRequest): Promise<DecodedImage> => {
  const { width, height } = headerOf(bytes, request.title);
  checkDimensions(width, height, request.limits);
  return decodePixels({ decoder: "bmp", bytes, width, height, page: 0 }, request);
};

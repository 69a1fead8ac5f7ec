/** A digest of the decoded picture: files with equal ones differ in their metadata alone. */
import { blake3 } from "@napi-rs/blake-hash";
import type { DecodedImage } from "./types.ts";

const DIGEST_BYTES = 16;

/** Says nothing of pictures that were decoded at another scale. 16 bytes. */
export const pixelDigest = ({ data, width, height, originalWidth, originalHeight }: DecodedImage): Uint8Array => {
  const sizes = Buffer.from(`${originalWidth}x${originalHeight}/${width}x${height}/`);
  return blake3(Buffer.concat([sizes, blake3(data)])).subarray(0, DIGEST_BYTES);
};

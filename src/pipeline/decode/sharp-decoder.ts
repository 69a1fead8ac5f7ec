/** JPEG, PNG, WebP, GIF, TIFF and AVIF, by libvips. Shrinks while decoding where the format can. */
import type { Metadata, Sharp, SharpOptions } from "sharp";
import { SECOND } from "../../clock.ts";
import { UnreadablePhotoError } from "../../errors.ts";
import { loadSharp } from "../../photo/load-sharp.ts";
import type { SharpFactory } from "../../photo/load-sharp.ts";
import type { DecodedImage, Orientation, RgbImage } from "../../photo/types.ts";
import { createSlots, decodeTimeout, withDeadline } from "./deadline.ts";
import type { DecodeRequest } from "./decode-request.ts";
import { decodeTarget } from "./decode-target.ts";
import { checkDimensions } from "./limits.ts";

/** Size of libuv's default thread pool: more decodes at once would only wait there, with their clocks running. */
const PARALLEL_DECODES = 4;
const slots = createSlots(PARALLEL_DECODES);

/** Fails on cut-off and damaged data, but not on harmless stray bytes, which many cameras write. */
const FAIL_ON = "error";
const SHOWN_REASONS = 2;
const WHITE = { r: 255, g: 255, b: 255 };

/** One line, the first reasons, each once, without the library's prefixes; buffers have no paths, so none can leak. */
const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.replace(/^Input buffer (?:has corrupt header: )?/, "").split("\n");
  const reasons = lines.map((line) => line.replaceAll(/\bVips\w+: /g, "").replace(/[\s:.]+$/, ""));
  const first = [...new Set(reasons)].filter((reason) => reason !== "").slice(0, SHOWN_REASONS);
  return first.join("; ").replaceAll(/\s+/g, " ").slice(0, 160);
};

export const decodeFailure = (error: unknown, title: string): UnreadablePhotoError =>
  new UnreadablePhotoError(
    "decode_failed",
    `Expected a complete ${title} file, received a damaged one: ${reasonOf(error)}.`,
    {
      hint: "Open the file in another program; when it fails there too, restore it from a backup.",
      cause: error,
    },
  );

/** Header of a file that libvips can open, before any pixel; of the picture meant to be shown when it holds several. */
export const readHeader = async (bytes: Uint8Array, title: string): Promise<Metadata> => {
  const sharp = await loadSharp();
  const read = (page: number): Promise<Metadata> =>
    sharp(bytes, { failOn: FAIL_ON, limitInputPixels: false, page }).metadata();
  try {
    const header = await read(0);
    return header.pagePrimary === undefined || header.pagePrimary === 0 ? header : await read(header.pagePrimary);
  } catch (error) {
    throw decodeFailure(error, title);
  }
};

/** Upright, sRGB by the embedded profile, alpha on white, 8-bit RGB. */
const toRgb = async (image: Sharp): Promise<RgbImage> => {
  const { data, info } = await image
    .flatten({ background: WHITE })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

/** libvips checks its own timeout (whole seconds) between rows, which ends the work behind an expired deadline. */
export const runSharp = async (
  build: (sharp: SharpFactory) => Sharp,
  { limits, signal, title }: Pick<DecodeRequest, "limits" | "signal" | "title">,
): Promise<RgbImage> => {
  const sharp = await loadSharp();
  const release = await slots.acquire(signal);
  const decodeInPlace = async (): Promise<RgbImage> =>
    toRgb(build(sharp).timeout({ seconds: Math.ceil(limits.timeoutMs / SECOND) }));
  const work = decodeInPlace().finally(release); // the place is free only when libvips has really ended
  try {
    return await withDeadline(work, { timeoutMs: limits.timeoutMs, signal });
  } catch (error) {
    if (error instanceof UnreadablePhotoError || signal.aborted) throw error;
    if (error instanceof Error && error.message.startsWith("timeout: ")) throw decodeTimeout(limits.timeoutMs);
    throw decodeFailure(error, title);
  }
};

const orientationOf = ({ orientation }: Metadata): Orientation =>
  orientation !== undefined && orientation >= 1 && orientation <= 8
    ? (orientation as Orientation) // the range was just checked
    : 1;

/** Decodes once to the size that `needs` ask for. */
export const decodeWithSharp = async (bytes: Uint8Array, request: DecodeRequest): Promise<DecodedImage> => {
  const { needs, limits, title } = request;
  const header = await readHeader(bytes, title);
  checkDimensions(header.width, header.height, limits);
  const upright = header.autoOrient;
  const target = decodeTarget(upright.width, upright.height, needs);
  const options: SharpOptions = { failOn: FAIL_ON, limitInputPixels: limits.maxPixels, page: header.pagePrimary ?? 0 };
  const image = await runSharp(
    (sharp) => sharp(bytes, options).autoOrient().resize(target.width, target.height, { fit: "fill" }),
    request,
  );
  return {
    ...image,
    originalWidth: upright.width,
    originalHeight: upright.height,
    orientation: orientationOf(header),
  };
};

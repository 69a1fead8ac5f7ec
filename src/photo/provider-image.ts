/**
 * The picture as it leaves for a language model: a small JPEG made anew from pixels, with nothing of the original's
 * metadata. The bytes are checked before anybody gets them.
 */
import { InternalError } from "../errors.ts";
import { JPEG_MARKERS, jpegMarkers } from "./jpeg-markers.ts";
import { loadSharp } from "./load-sharp.ts";
import type { RgbImage } from "./types.ts";

/** Pixels; settings may only go below. */
const MAX_PROVIDER_EDGE = 1024;
/** Pixels of the second try, when a provider rejects a picture. */
export const SMALLER_PROVIDER_EDGE = 768;

export interface ProviderImageSettings {
  /** Longest edge in pixels; smaller pictures are not enlarged. */
  readonly maxEdge: number;
  /** 1..100 */
  readonly quality: number;
}

export interface ProviderImage {
  readonly mime: "image/jpeg";
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

const { soi, eoi, sos, dri, dqt, dht, app0, startsOfFrame } = JPEG_MARKERS;
/** What a picture consists of; everything else in a JPEG file says something beside the picture. */
const PICTURE_MARKERS: ReadonlySet<number> = new Set([soi, eoi, sos, dri, dqt, dht, ...startsOfFrame]);

/**
 * @throws InternalError when a JPEG file holds anything beside its picture: EXIF, XMP, IPTC, colour profiles, comments,
 * thumbnails, bytes behind the end
 */
export const assertBarePicture = (bytes: Uint8Array): void => {
  for (const { marker, identifier } of jpegMarkers(bytes)) {
    if (PICTURE_MARKERS.has(marker) || (marker === app0 && identifier === "JFIF")) continue;
    throw new InternalError(
      `Expected a JPEG file without metadata, received one with the marker 0xff${marker.toString(16)}.`,
    );
  }
};

/** @param image upright sRGB pixels on white, as the decoder gives them */
export const encodeProviderImage = async (
  image: RgbImage,
  { maxEdge, quality }: ProviderImageSettings,
): Promise<ProviderImage> => {
  const sharp = await loadSharp();
  const edge = Math.min(maxEdge, MAX_PROVIDER_EDGE);
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const { data: bytes, info } = await sharp(image.data, { raw, limitInputPixels: false })
    .resize(edge, edge, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer({ resolveWithObject: true });
  assertBarePicture(bytes);
  return { mime: "image/jpeg", bytes, width: info.width, height: info.height };
};

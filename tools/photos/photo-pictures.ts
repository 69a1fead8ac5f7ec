/** Pictures of photos as tools return them: each with its data as text, so that a client that drops pictures still answers. */
import type { PicturesApi } from "../../src/app/pictures.ts";
import { formatCaptureTime } from "../../src/photo/capture-time.ts";
import type { GalleryItem } from "../gallery/gallery-data.ts";
import type { Picture, ToolSettings } from "../outcome.ts";
import type { ItemError, KnownPhoto } from "./known-photos.ts";
import { outsideName, outsideText } from "./outside-text.ts";
import { captionOf, photoUri, placeOf } from "./photo-row.ts";

/** Pictures in one result, one by one. */
export const MAX_SINGLE = 8;
/** Longest edges, pixels. */
export const PICTURE_SIZES = [256, 512, 1024] as const;
export type PictureSize = (typeof PICTURE_SIZES)[number];

/** Bytes of all pictures of a result: in base64 they stay below 700,000 characters. */
const RESULT_BYTES = 510_000;
const PICTURE_BYTES: Readonly<Record<PictureSize, number>> = { 256: 60_000, 512: 60_000, 1024: 200_000 };
const CAPTION_LENGTH = 200;
const GONE = "The picture cannot be shown now: its file is not connected or damaged, and there is no thumbnail.";

export interface PictureDeps {
  readonly library: PicturesApi;
  readonly settings: Pick<ToolSettings, "images">;
  readonly signal: AbortSignal;
}

/** What identifies a photo to people, and to the gallery. */
export const galleryItem = ({ id, photo }: KnownPhoto): GalleryItem => {
  const caption = captionOf(photo);
  return {
    id,
    name: outsideName(placeOf(photo).name),
    ...(caption === undefined ? {} : { caption: outsideText(caption.caption, CAPTION_LENGTH) }),
    ...(photo.capturedAt === undefined ? {} : { taken_at: formatCaptureTime(photo.capturedAt) }),
  };
};

/** One line of JSON: fields of the photo, its number first. */
const textOf = (known: KnownPhoto, number: number, problem?: string): string => {
  const source = captionOf(known.photo)?.caption_source;
  return JSON.stringify({
    number,
    ...galleryItem(known),
    ...(source === undefined ? {} : { caption_source: source }),
    ...(problem === undefined ? {} : { problem }),
  });
};

const linkOf = (known: KnownPhoto): NonNullable<Picture["link"]> => ({
  uri: photoUri(known.id),
  name: outsideName(placeOf(known.photo).name),
});

/** A picture, a text and a link for each photo. @param photos 8 at most */
export const singlePictures = async (
  { library, settings, signal }: PictureDeps,
  photos: readonly KnownPhoto[],
  size: PictureSize,
): Promise<readonly Picture[]> => {
  const maxBytes = Math.min(PICTURE_BYTES[size], Math.floor(RESULT_BYTES / Math.max(1, photos.length)));
  return Promise.all(
    photos.map(async (known, place) => {
      const link = linkOf(known);
      if (settings.images === "omit") return { text: textOf(known, place + 1), link };
      const made = await library.pictures.view(known.photo.contentHash, { maxEdge: size, maxBytes }, signal);
      return made === undefined
        ? { text: textOf(known, place + 1, GONE), link }
        : { text: textOf(known, place + 1), jpeg: made.bytes, link };
    }),
  );
};

/** One picture of all, numbered as the lines of its text are. @param photos 30 at most */
export const sheetPictures = async (
  { library, settings, signal }: PictureDeps,
  photos: readonly KnownPhoto[],
): Promise<readonly Picture[]> => {
  const hashes = photos.map(({ photo }) => photo.contentHash);
  const sheet = settings.images === "omit" ? undefined : await library.pictures.sheet(hashes, RESULT_BYTES, signal);
  const missing = new Set(sheet?.missing);
  const lines = photos.map((known, place) =>
    textOf(known, place + 1, missing.has(known.photo.contentHash) ? GONE : undefined),
  );
  return [{ text: lines.join("\n"), ...(sheet === undefined ? {} : { jpeg: sheet.picture.bytes }) }];
};

/** Ids that are not known are told in a text of their own. */
export const withErrors = (pictures: readonly Picture[], errors: readonly ItemError[]): readonly Picture[] =>
  errors.length === 0 ? pictures : [...pictures, { text: JSON.stringify({ errors }) }];

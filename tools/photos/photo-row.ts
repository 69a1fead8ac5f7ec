/** What results tell of a photo: short rows for lists, more where it is asked for. */
import { basename, dirname, relative, sep } from "node:path";
import { z } from "zod";
import { formatCaptureTime } from "../../src/photo/capture-time.ts";
import type { GpsPosition } from "../../src/photo/types.ts";
import type { PhotoPlace, PhotoSummary } from "../../src/search/types.ts";
import { outsideName, outsideNames, outsideText } from "./outside-text.ts";

export const DETAILS = ["concise", "full"] as const;
export type Detail = (typeof DETAILS)[number];

/** Lengths of the texts in a row, in characters, and how many tags there are. */
export interface RowLimits {
  readonly caption: number;
  readonly name: number;
  readonly folder: number;
  readonly tags: number;
}

/** From rich to poor: a page of rows takes the first that fits into a result. */
export const ROW_LIMITS: readonly RowLimits[] = [
  { caption: 500, name: 120, folder: 200, tags: 30 },
  { caption: 160, name: 100, folder: 120, tags: 8 },
  { caption: 80, name: 60, folder: 80, tags: 4 },
  { caption: 40, name: 40, folder: 40, tags: 2 },
  { caption: 20, name: 20, folder: 20, tags: 1 },
];
export const CONCISE_LIMITS: RowLimits = { caption: 160, name: 100, folder: 120, tags: 8 };

const gpsSchema = z.strictObject({ latitude: z.number(), longitude: z.number(), altitude: z.number().optional() });
const captionFields = {
  caption: z.string().optional().describe("Best there is: what is written about the photo, else what its file says."),
  caption_source: z.enum(["exif", "llm", "assistant", "user"]).optional(),
};

/** Rows of lists. The fields of `detail: full` are optional. */
export const photoRowSchema = z.strictObject({
  id: z.string(),
  uri: z.string(),
  name: z.string().describe("Of the file."),
  folder: z.string().describe("From the root's name on: `Pictures/2024/Beach`."),
  taken_at: z.string().optional().describe("Wall-clock time, with an offset when the file states one."),
  ...captionFields,
  tags: z.array(z.string()),
  online: z.literal(false).optional().describe("False: its disk is not connected."),
  title: z.string().optional(),
  size: z.string().optional(),
  format: z.string().optional(),
  camera: z.string().optional(),
  gps: gpsSchema.optional(),
  rating: z.number().optional(),
  favourite: z.literal(true).optional(),
  copies: z.number().optional(),
});
export type PhotoRow = z.output<typeof photoRowSchema>;

/** Address of the photo's resource. */
export const photoUri = (id: string): string => `photo://${id}`;

const folderOf = ({ path, rootPath }: PhotoPlace): string => {
  const below = relative(rootPath, dirname(path)).split(sep).join("/");
  return below === "" ? basename(rootPath) : `${basename(rootPath)}/${below}`;
};

/** Name of the file and its folder from the root's name on; photos have one place at least. */
export const placeOf = ({ places }: PhotoSummary): { readonly name: string; readonly folder: string } => {
  const [place] = places;
  return place === undefined ? { name: "", folder: "" } : { name: basename(place.path), folder: folderOf(place) };
};

/** `Pictures/2024/Beach/1.jpg` */
export const displayPath = (place: PhotoPlace): string => `${folderOf(place)}/${basename(place.path)}`;

export interface ShownCaption {
  readonly caption: string;
  readonly caption_source: "exif" | "llm" | "assistant" | "user";
}

/** What is written about the photo, else what its file says. */
export const captionOf = (photo: PhotoSummary): ShownCaption | undefined => {
  const { described, caption, title } = photo;
  const written = described?.description ?? described?.title;
  if (described !== undefined && written !== undefined) {
    return { caption: written, caption_source: described.source };
  }
  const own = caption ?? title;
  return own === undefined ? undefined : { caption: own, caption_source: "exif" };
};

const COARSE_DIGITS = 1;
const FINE_DIGITS = 6;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Coarse: to a tenth of a degree, about 10 km. */
export const gpsOf = ({ latitude, longitude, altitude }: GpsPosition, detail: Detail): GpsPosition => {
  const digits = detail === "full" ? FINE_DIGITS : COARSE_DIGITS;
  const place = { latitude: rounded(latitude, digits), longitude: rounded(longitude, digits) };
  return detail === "full" && altitude !== undefined ? { ...place, altitude } : place;
};

const fullFields = (photo: PhotoSummary, { name }: RowLimits): Partial<PhotoRow> => {
  const { width, height, format, camera, gps, rating, favourite, places } = photo;
  const title = photo.described?.title ?? photo.title;
  return {
    ...(title === undefined ? {} : { title: outsideName(title, name) }),
    size: `${width}x${height}`,
    format,
    ...(camera === undefined ? {} : { camera: outsideName(camera, name) }),
    ...(gps === undefined ? {} : { gps: gpsOf(gps, "full") }),
    ...(rating === undefined ? {} : { rating }),
    ...(favourite ? { favourite: true as const } : {}),
    ...(places.length > 1 ? { copies: places.length } : {}),
  };
};

export const photoRow = (photo: PhotoSummary, id: string, detail: Detail, limits: RowLimits): PhotoRow => {
  const { name, folder } = placeOf(photo);
  const caption = captionOf(photo);
  return {
    id,
    uri: photoUri(id),
    name: outsideName(name, limits.name),
    folder: outsideName(folder, limits.folder),
    ...(photo.capturedAt === undefined ? {} : { taken_at: formatCaptureTime(photo.capturedAt) }),
    ...(caption === undefined ? {} : { ...caption, caption: outsideText(caption.caption, limits.caption) }),
    tags: [...outsideNames(photo.tags.slice(0, limits.tags), limits.name)],
    ...(photo.places.some(({ online }) => online) ? {} : { online: false as const }),
    ...(detail === "full" ? fullFields(photo, limits) : {}),
  };
};

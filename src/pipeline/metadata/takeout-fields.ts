/** The JSON that a Google Takeout puts beside each photo. Names of people are data like any other text. */
import { z } from "zod";
import { MINUTE } from "../../clock.ts";
import { captureKey } from "../../photo/capture-time.ts";
import type { CaptureTime, PhotoMetadata } from "../../photo/types.ts";
import { cleanCaption, cleanKeywords } from "./clean-text.ts";
import { defined } from "./defined.ts";
import { gpsPosition } from "./exif-fields.ts";

/** Clocks on walls differ by this much from UTC at most; a larger difference is another time. */
const MAX_ZONE_MS = 14 * 60 * MINUTE;
const MAX_SECONDS = 8_640_000_000_000;

const takeout = z.object({
  photoTakenTime: z.object({ timestamp: z.coerce.number().int().min(-MAX_SECONDS).max(MAX_SECONDS) }),
  description: z.string().optional().catch(undefined),
  geoData: z
    .object({ latitude: z.number(), longitude: z.number(), altitude: z.number().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  people: z
    .array(z.object({ name: z.string() }))
    .optional()
    .catch(undefined),
});

export interface TakeoutFields {
  readonly metadata: PhotoMetadata;
  readonly people: readonly string[];
}

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined; // no JSON: it belongs to somebody else
  }
};

/** An instant; where on earth it was, nobody says. */
const capturedAtOf = (timestamp: number): CaptureTime => ({
  local: new Date(timestamp * 1000).toISOString().slice(0, 19),
  offset: "Z",
});

/** Takeout writes 0, 0 for photos without a place. */
const gpsOf = ({ geoData: place }: z.output<typeof takeout>) =>
  place === undefined || (place.latitude === 0 && place.longitude === 0)
    ? undefined
    : gpsPosition(place.latitude, place.longitude, place.altitude === 0 ? undefined : place.altitude);

/** undefined for JSON that is no such file. Never throws. */
export const readTakeout = (bytes: Uint8Array): TakeoutFields | undefined => {
  const result = takeout.safeParse(parsed(bytes));
  if (!result.success) return undefined;
  const { photoTakenTime, description = "", people = [] } = result.data;
  return {
    metadata: defined({
      capturedAt: capturedAtOf(photoTakenTime.timestamp),
      caption: cleanCaption(description),
      gps: gpsOf(result.data),
    }),
    people: cleanKeywords(people.map(({ name }) => name)) ?? [],
  };
};

/** The file's own time of the same instant is better: it is that of the clock on the wall. */
export const isSameInstant = (file: CaptureTime | undefined, taken: CaptureTime | undefined): boolean =>
  file !== undefined && taken !== undefined && Math.abs(captureKey(file) - captureKey(taken)) <= MAX_ZONE_MS;

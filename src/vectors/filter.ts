/** Filters as SQL predicates. Values come from users and photos: each one is escaped or checked here. */
import { InvalidInputError } from "../errors.ts";
import type { IndexFilter } from "./types.ts";

/** Mean radius, IUGG. */
const EARTH_RADIUS_KM = 6371.0088;
/** Widens the bounding box so that rounding in it never loses a photo the exact distance keeps. */
const BOX_MARGIN = 1 + 1e-9;
const NOTHING = "false";
const MAX_LATITUDE = 90;
const MAX_LONGITUDE = 180;

/** SQL has one escape in strings: the doubled quote. Backslashes (Windows folders) are plain characters. */
export const sqlString = (value: string): string => `'${value.toWellFormed().replaceAll("'", "''")}'`;

const sqlList = (values: readonly string[]): string => values.map(sqlString).join(", ");

const finite = (name: string, value: number): number => {
  if (Number.isFinite(value)) return value;
  throw new InvalidInputError(`Expected a finite number for ${name}, received ${value}.`);
};

const anyOf = (values: readonly string[] | undefined, condition: (values: readonly string[]) => string): string[] => {
  if (values === undefined) return [];
  return [values.length === 0 ? NOTHING : condition(values)];
};

const isFlag = (column: string, value: boolean | undefined): string[] => {
  if (value === undefined) return [];
  return [value ? column : `NOT ${column}`];
};

const toRadians = (degrees: number): number => (degrees * Math.PI) / 180;
const toDegrees = (radians: number): number => (radians * 180) / Math.PI;
const between = (column: string, low: number, high: number): string => `${column} BETWEEN ${low} AND ${high}`;

/** Longitudes of a box, cut in two where it crosses the antimeridian. */
const longitudeCondition = (west: number, east: number): string => {
  if (west < -MAX_LONGITUDE) {
    return `(${between("longitude", west + 360, MAX_LONGITUDE)} OR ${between("longitude", -MAX_LONGITUDE, east)})`;
  }
  if (east > MAX_LONGITUDE) {
    return `(${between("longitude", west, MAX_LONGITUDE)} OR ${between("longitude", -MAX_LONGITUDE, east - 360)})`;
  }
  return between("longitude", west, east);
};

/** The box of latitudes and longitudes around a circle on the sphere; around a pole it spans all longitudes. */
const boxConditions = (latitude: number, longitude: number, kilometres: number): string[] => {
  const angle = (kilometres / EARTH_RADIUS_KM) * BOX_MARGIN;
  const south = latitude - toDegrees(angle);
  const north = latitude + toDegrees(angle);
  if (south <= -MAX_LATITUDE || north >= MAX_LATITUDE) return [between("latitude", south, north)];
  const halfWidth = toDegrees(Math.asin(Math.min(1, Math.sin(angle) / Math.cos(toRadians(latitude))))) * BOX_MARGIN;
  return [between("latitude", south, north), longitudeCondition(longitude - halfWidth, longitude + halfWidth)];
};

/**
 * Box first (indexed columns), then the exact great-circle distance: LanceDB evaluates both before any limit, so pages
 * and nearest neighbours are exact. NOT NULL matters: `least` ignores NULLs (the box keeps NULL latitudes out).
 */
const nearConditions = ({ latitude, longitude, kilometres }: NonNullable<IndexFilter["near"]>): string[] => {
  if (!(Math.abs(latitude) <= MAX_LATITUDE && Math.abs(longitude) <= MAX_LONGITUDE)) {
    throw new InvalidInputError(
      `Expected a latitude of -90 to 90 and a longitude of -180 to 180 for near, received ${latitude}, ${longitude}.`,
    );
  }
  if (!(kilometres >= 0)) {
    throw new InvalidInputError(`Expected a distance of 0 km or more for near, received ${kilometres}.`);
  }
  const latitudes = `power(sin(radians(latitude - (${latitude})) / 2), 2)`;
  const longitudes = `power(sin(radians(longitude - (${longitude})) / 2), 2)`;
  const chord = `${latitudes} + cos(radians(latitude)) * ${Math.cos(toRadians(latitude))} * ${longitudes}`;
  return [
    "longitude IS NOT NULL",
    ...boxConditions(latitude, longitude, Math.min(kilometres, Math.PI * EARTH_RADIUS_KM)),
    `${2 * EARTH_RADIUS_KM} * asin(sqrt(least(1.0, ${chord}))) <= ${Math.min(kilometres, Number.MAX_SAFE_INTEGER)}`,
  ];
};

const hasGpsCondition = (hasGps: boolean | undefined): string[] => {
  if (hasGps === undefined) return [];
  return [hasGps ? "(latitude IS NOT NULL AND longitude IS NOT NULL)" : "(latitude IS NULL OR longitude IS NULL)"];
};

const dateConditions = ({ capturedFrom, capturedBefore }: IndexFilter): string[] => [
  ...(capturedFrom === undefined ? [] : [`captured_key >= ${Math.ceil(finite("capturedFrom", capturedFrom))}`]),
  ...(capturedBefore === undefined ? [] : [`captured_key < ${Math.ceil(finite("capturedBefore", capturedBefore))}`]),
];

/** `contains` and not LIKE: the text needs no wildcards escaped. */
const cameraCondition = (cameras: readonly string[]): string =>
  `(${cameras.map((camera) => `contains(lower(camera), ${sqlString(camera.toLowerCase())})`).join(" OR ")})`;

/**
 * The predicate of a filter, undefined when it has no condition. An empty "any of" list (folders, cameras, formats,
 * contentHashes) lets nothing pass, an empty `tags` or `withoutTags` everything.
 * @throws InvalidInputError for numbers that are not finite or not on the globe
 */
export const filterToSql = (filter: IndexFilter = {}): string | undefined => {
  const { folders, cameras, tags = [], withoutTags = [], formats, contentHashes, minRating } = filter;
  const conditions = [
    ...dateConditions(filter),
    ...anyOf(folders, (values) => `array_has_any(folders, [${sqlList(values)}])`),
    ...tags.flatMap((names) => anyOf(names, (listed) => `array_has_any(tags, [${sqlList(listed)}])`)),
    ...(withoutTags.length === 0 ? [] : [`NOT array_has_any(tags, [${sqlList(withoutTags)}])`]),
    ...anyOf(formats, (values) => `format IN (${sqlList(values)})`),
    ...isFlag("favourite", filter.favourite),
    ...isFlag("enriched", filter.enriched),
    ...(minRating === undefined ? [] : [`rating >= ${finite("minRating", minRating)}`]),
    ...hasGpsCondition(filter.hasGps),
    ...(filter.near === undefined ? [] : nearConditions(filter.near)),
    ...anyOf(cameras, cameraCondition),
    ...anyOf(contentHashes, (values) => `content_hash IN (${sqlList(values)})`),
  ];
  return conditions.length === 0 ? undefined : conditions.join(" AND ");
};

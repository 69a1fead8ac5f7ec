/** From XMP properties to photon's fields (XMP specification part 2; CIPA DC-010 for the exif namespaces). */
import type { CaptureTime, GpsPosition, Orientation, PhotoMetadata } from "../../photo/types.ts";
import { cleanCaption, cleanKeywords, cleanName } from "./clean-text.ts";
import { defined } from "./defined.ts";
import { gpsPosition } from "./exif-fields.ts";
import { parseDate } from "./parse-date.ts";
import type { XmpName, XmpProperties } from "./xmp-document.ts";

const MIN_RATING = -1;
const MAX_RATING = 5;

/** `45/10`, `4.5`; undefined for everything else. */
const parseNumber = (text: string | undefined): number | undefined => {
  const match = /^\s*(-?\d+(?:\.\d+)?)(?:\/(\d+))?\s*$/.exec(text ?? "");
  if (match === null) return undefined;
  const value = Number(match[1]) / Number(match[2] ?? 1);
  return Number.isFinite(value) ? value : undefined;
};

/** `38,42.81N`, `38,42,49N`, `38.7135N`: degrees, minutes and seconds with a direction (part 2, GPSCoordinate). */
const parseCoordinate = (text: string | undefined): number | undefined => {
  const match = /^\s*(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([NSEW])\s*$/i.exec(text ?? "");
  if (match === null) return undefined;
  const [degree = 0, minute = 0, second = 0] = match.slice(1, 4).map((part) => Number(part ?? 0));
  const size = degree + minute / 60 + second / 3600;
  return /[SW]/i.test(match[4] ?? "") ? -size : size;
};

const capturedAt = (xmp: XmpProperties): CaptureTime | undefined => {
  const names = ["exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"] as const;
  return names.map((name) => parseDate(xmp(name)[0])).find((time) => time !== undefined);
};

const gps = (xmp: XmpProperties): GpsPosition | undefined => {
  const altitude = parseNumber(xmp("exif:GPSAltitude")[0]);
  const isBelow = xmp("exif:GPSAltitudeRef")[0]?.trim() === "1";
  return gpsPosition(
    parseCoordinate(xmp("exif:GPSLatitude")[0]),
    parseCoordinate(xmp("exif:GPSLongitude")[0]),
    altitude === undefined ? undefined : isBelow ? -Math.abs(altitude) : altitude,
  );
};

const rating = (xmp: XmpProperties): number | undefined => {
  const value = parseNumber(xmp("xmp:Rating")[0]);
  return value === undefined || value < MIN_RATING || value > MAX_RATING ? undefined : Math.round(value);
};

const orientation = (xmp: XmpProperties): Orientation | undefined => {
  const text = xmp("tiff:Orientation")[0]?.trim();
  // The pattern proves the range of the union.
  return text !== undefined && /^[1-8]$/.test(text) ? (Number(text) as Orientation) : undefined;
};

export const xmpFields = (xmp: XmpProperties): PhotoMetadata => {
  const name = (...candidates: readonly XmpName[]): string | undefined =>
    candidates.map((candidate) => cleanName(xmp(candidate)[0] ?? "")).find((text) => text !== undefined);
  const positive = (...candidates: readonly XmpName[]): number | undefined =>
    candidates
      .map((candidate) => parseNumber(xmp(candidate)[0]))
      .find((value): value is number => value !== undefined && value > 0);
  return defined({
    capturedAt: capturedAt(xmp),
    cameraMake: name("tiff:Make"),
    cameraModel: name("tiff:Model"),
    lens: name("exifEX:LensModel", "aux:Lens"),
    iso: positive("exifEX:PhotographicSensitivity", "exif:ISOSpeedRatings"),
    aperture: positive("exif:FNumber"),
    exposureSeconds: positive("exif:ExposureTime"),
    focalLengthMm: positive("exif:FocalLength"),
    gps: gps(xmp),
    orientation: orientation(xmp),
    rating: rating(xmp),
    title: name("dc:title", "photoshop:Headline"),
    caption: cleanCaption(xmp("dc:description")[0] ?? ""),
    keywords: cleanKeywords(xmp("dc:subject")),
  });
};

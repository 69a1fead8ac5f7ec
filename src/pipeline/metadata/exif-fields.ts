/** From EXIF tags to photon's fields and to the `exif` object of the output record. */
import type { CaptureTime, ExifRecord, GpsPosition, Orientation, PhotoMetadata } from "../../photo/types.ts";
import { cleanCaption, cleanKeywords, cleanName } from "./clean-text.ts";
import { defined } from "./defined.ts";
import type { ExifTags } from "./exif-tags.ts";
import { parseDate, withParts } from "./parse-date.ts";

/** ISO 65535 means "see the 32-bit tags" (CIPA DC-008, 4.6.6.7, PhotographicSensitivity). */
const ISO_OVERFLOW = 65_535;
const MAX_ALTITUDE_METRES = 100_000;
/** What cameras write into ImageDescription by themselves; nobody searches for it. */
const CAMERA_DEFAULT_DESCRIPTION =
  /^(olympus digital camera|minolta digital camera|konica minolta digital camera|sony dsc|digital camera|digital image|exif_jpeg_picture|camera|samsung|default|untitled|dcim[\\/].*|<(digimax|samsung|kenox|vluu).*)$/i;

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;

const firstPositive = (values: readonly number[]): number | undefined => positive(values.find((value) => value > 0));

/** Rounds away the noise of APEX powers and odd rationals; `digits` significant digits. */
const rounded = (value: number, digits: number): number => Number(value.toPrecision(digits));

const captureTime = (tags: ExifTags): CaptureTime | undefined => {
  const original = parseDate(tags.text("dateTimeOriginal"));
  if (original !== undefined) {
    return withParts(original, {
      subSeconds: tags.text("subSecTimeOriginal"),
      offset: tags.text("offsetTimeOriginal"),
    });
  }
  const digitized = parseDate(tags.text("dateTimeDigitized"));
  return digitized === undefined
    ? undefined
    : withParts(digitized, { subSeconds: tags.text("subSecTimeDigitized"), offset: tags.text("offsetTimeDigitized") });
};

const iso = (tags: ExifTags): number | undefined => {
  const plain = firstPositive(tags.numbers("iso")) ?? firstPositive(tags.numbers("panasonicIso"));
  if (plain !== undefined && plain !== ISO_OVERFLOW) return Math.round(plain);
  const long = firstPositive(tags.numbers("isoSpeed")) ?? firstPositive(tags.numbers("recommendedExposureIndex"));
  return long ?? plain;
};

/** f-number; the APEX value Av counts when it is all there is: f = 2^(Av/2). */
const aperture = (tags: ExifTags): number | undefined => {
  const fNumber = positive(tags.numbers("fNumber")[0]);
  if (fNumber !== undefined) return fNumber;
  const apex = positive(tags.numbers("apertureValue")[0]);
  return apex === undefined || apex > 20 ? undefined : rounded(2 ** (apex / 2), 2);
};

/** Seconds; the APEX value Tv counts when it is all there is: t = 2^-Tv. */
const exposureSeconds = (tags: ExifTags): number | undefined => {
  const seconds = positive(tags.numbers("exposureTime")[0]);
  if (seconds !== undefined) return seconds;
  const apex = tags.numbers("shutterSpeedValue")[0];
  return apex === undefined || !(Math.abs(apex) < 25) || apex === 0 ? undefined : rounded(2 ** -apex, 3);
};

const orientation = (tags: ExifTags): Orientation | undefined => {
  const value = tags.numbers("orientation")[0];
  // The guard proves the range of the union.
  return Number.isInteger(value) && value !== undefined && value >= 1 && value <= 8
    ? (value as Orientation)
    : undefined;
};

/** `24-70mm f/2.8`, `18-55mm f/3.5-5.6`, `50mm`; unknown f-numbers are 0/0. */
const lensFromSpecification = (numbers: readonly number[]): string | undefined => {
  const [short, long, wide, tele] = numbers.map((value) => positive(value)).map((value) => value && rounded(value, 3));
  if (short === undefined) return undefined;
  const range = (from: number, to: number | undefined): string =>
    to === undefined || to === from ? String(from) : `${from}-${to}`;
  return `${range(short, long)}mm${wide === undefined ? "" : ` f/${range(wide, tele)}`}`;
};

/** Degrees from one to three numbers. A missing or broken minute or second costs precision, a broken degree the place. */
const degrees = (numbers: readonly number[], ref: string | undefined, negative: string): number | undefined => {
  const [degree, ...parts] = numbers.slice(0, 3);
  const direction = ref?.trim().charAt(0).toUpperCase();
  if (degree === undefined || !Number.isFinite(degree) || direction === undefined || direction === "") return undefined;
  const [minute = 0, second = 0] = parts.map((part) => (Number.isFinite(part) ? part : 0));
  const size = Math.abs(degree) + Math.abs(minute) / 60 + Math.abs(second) / 3600;
  return direction === negative || degree < 0 ? -size : size;
};

export const gpsPosition = (
  latitude: number | undefined,
  longitude: number | undefined,
  altitude: number | undefined,
): GpsPosition | undefined => {
  if (latitude === undefined || longitude === undefined) return undefined;
  if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) return undefined;
  const isSane = altitude !== undefined && Math.abs(altitude) < MAX_ALTITUDE_METRES;
  // Adding 0 turns -0 (a place on the equator, south) into 0.
  return { latitude: latitude + 0, longitude: longitude + 0, ...(isSane ? { altitude } : {}) };
};

const gps = (tags: ExifTags): GpsPosition | undefined => {
  const altitude = tags.gpsNumbers("altitude")[0];
  // 1 = below sea level, 3 = below the ellipsoid (CIPA DC-008-2023, GPSAltitudeRef).
  const isBelow = [1, 3].includes(tags.gpsNumbers("altitudeRef")[0] ?? 0);
  return gpsPosition(
    degrees(tags.gpsNumbers("latitude"), tags.gpsText("latitudeRef"), "S"),
    degrees(tags.gpsNumbers("longitude"), tags.gpsText("longitudeRef"), "W"),
    altitude === undefined ? undefined : isBelow ? -Math.abs(altitude) : altitude,
  );
};

const rating = (tags: ExifTags): number | undefined => {
  const value = tags.numbers("rating")[0];
  return value !== undefined && value >= 0 && value <= 5 ? Math.round(value) : undefined;
};

const textField = (text: string | undefined): string | undefined => (text === undefined ? undefined : cleanName(text));

const description = (tags: ExifTags): string | undefined => {
  const text = cleanCaption(tags.text("imageDescription") ?? "");
  return text === undefined || CAMERA_DEFAULT_DESCRIPTION.test(text) ? undefined : text;
};

export const exifFields = (tags: ExifTags): PhotoMetadata =>
  defined({
    capturedAt: captureTime(tags),
    cameraMake: textField(tags.text("make")),
    cameraModel: textField(tags.text("model")),
    lens: textField(tags.text("lensModel")) ?? lensFromSpecification(tags.numbers("lensSpecification")),
    iso: iso(tags),
    aperture: aperture(tags),
    exposureSeconds: exposureSeconds(tags),
    focalLengthMm: positive(tags.numbers("focalLength")[0]),
    gps: gps(tags),
    orientation: orientation(tags),
    rating: rating(tags),
    title: textField(tags.text("xpTitle")),
    caption: description(tags),
    keywords: cleanKeywords((tags.text("xpKeywords") ?? "").split(";")),
  });

/** `1/250` below a second, `1/2.5` where whole numbers would lie, a plain number of seconds from 1 s up. */
export const formatExposure = (seconds: number): string => {
  if (seconds >= 1) return String(Number(seconds.toFixed(2)));
  const inverse = 1 / seconds;
  return `1/${inverse >= 10 ? Math.round(inverse) : Number(inverse.toFixed(1))}`;
};

/** `f/1.8`, `f/8`. */
export const formatAperture = (aperture: number): string => `f/${Number(aperture.toFixed(1))}`;

/** Key order is part of the record contract. */
export const exifRecord = (tags: ExifTags, fields: PhotoMetadata): ExifRecord => {
  const time = parseDate(tags.text("dateTimeOriginal")) ?? parseDate(tags.text("dateTime"));
  return defined({
    captured_at: time?.local.slice(0, 19).replace("T", " "),
    camera_make: fields.cameraMake,
    camera_model: fields.cameraModel,
    gps_latitude: fields.gps?.latitude,
    gps_longitude: fields.gps?.longitude,
    iso: fields.iso,
    aperture: fields.aperture === undefined ? undefined : formatAperture(fields.aperture),
    shutter_speed: fields.exposureSeconds === undefined ? undefined : formatExposure(fields.exposureSeconds),
    focal_length: fields.focalLengthMm,
    orientation: fields.orientation,
  });
};

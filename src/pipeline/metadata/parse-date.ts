/** Dates as cameras and editors write them. */
import type { CaptureTime } from "../../photo/types.ts";

/** The year of the oldest photograph. */
const MIN_YEAR = 1826;
const MAX_OFFSET_HOURS = 14;
/** `2024:07:15 14:32:00`, `2024-07-15T14:32:00.25+02:00`, `2024-07-15T14:32`, `2024-07-15`, with the usual separators. */
const DATE =
  /^(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?\s*(Z|[+-]\d{1,2}(?::?\d{2})?)?)?$/i;
const OFFSET = /^([+-])(\d{1,2}):?(\d{2})?$/;

const padded = (value: number, length: number): string => String(value).padStart(length, "0");

const isRealDate = (year: number, month: number, day: number): boolean => {
  if (year < MIN_YEAR || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
};

/** `+02:00`, `-05:30`, `Z`; `undefined` for blanks and impossible offsets. */
export const parseOffset = (text: string | undefined): string | undefined => {
  const trimmed = text?.trim().toUpperCase() ?? "";
  if (trimmed === "Z") return "Z";
  const [, sign, hours, minutes = "00"] = OFFSET.exec(trimmed) ?? [];
  if (sign === undefined || Number(hours) > MAX_OFFSET_HOURS || Number(minutes) > 59) return undefined;
  return `${sign}${padded(Number(hours), 2)}:${minutes}`;
};

/** Parses a date; blanks, zeros and days that never were give `undefined`. A date without time means midnight. */
export const parseDate = (text: string | undefined): CaptureTime | undefined => {
  const match = DATE.exec(text?.trim() ?? "");
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (!isRealDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = match[7] === undefined ? "" : `.${match[7]}`;
  const time = `${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}${fraction}`;
  const local = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${time}`;
  const offset = parseOffset(match[8]);
  return offset === undefined ? { local } : { local, offset };
};

/** Adds what EXIF keeps in tags of their own: sub-seconds (digits after the point) and offset. */
export const withParts = (
  time: CaptureTime,
  parts: { readonly subSeconds: string | undefined; readonly offset: string | undefined },
): CaptureTime => {
  const digits = /^\d+/.exec(parts.subSeconds?.trim() ?? "")?.[0].slice(0, 9);
  const local = digits === undefined || time.local.includes(".") ? time.local : `${time.local}.${digits}`;
  const offset = time.offset ?? parseOffset(parts.offset);
  return offset === undefined ? { local } : { local, offset };
};

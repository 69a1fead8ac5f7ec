/** Capture time as records, the catalogue and filters use it. */
import type { CaptureTime } from "./types.ts";

/** `2024-07-15T14:32:00.25+02:00`: local time, with the offset only when the file states one. */
export const formatCaptureTime = ({ local, offset }: CaptureTime): string => `${local}${offset ?? ""}`;

/** The reverse of {@link formatCaptureTime}. */
export const parseCaptureTime = (text: string): CaptureTime | undefined => {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return match[2] === undefined ? { local: match[1] } : { local: match[1], offset: match[2] };
};

/**
 * Filter key: the wall time read as if it were UTC, in milliseconds since the epoch. Photos of one evening sort and
 * filter by the clock on the wall, wherever they were taken.
 */
export const captureKey = ({ local }: Pick<CaptureTime, "local">): number => {
  const [date = "", fraction = ""] = local.split(".");
  return Date.parse(`${date}.${fraction.slice(0, 3).padEnd(3, "0")}Z`);
};

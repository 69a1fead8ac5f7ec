/** Local times of a place as times of the world. */
import { DAY } from "../../clock.ts";

/** What the clocks of a zone show at a moment, read as if it were UTC. */
const wallTimeAt = (zone: string, instant: number): number => {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((candidate) => candidate.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
};

/**
 * A time that occurs twice, when clocks go back, is its first; a time that does not occur, when they go forward, is
 * counted with the offset from before (RFC 5545, 3.3.5).
 * @param local ISO date and time without a zone
 * @param zone IANA name
 * @returns milliseconds UTC
 */
export const instantOf = (local: string, zone: string): number => {
  const wall = Date.parse(`${local}Z`);
  // The offsets a day before and after hold on either side of a change of the clocks.
  const [before, after] = [wall - DAY, wall + DAY].map((near) => wallTimeAt(zone, near) - near) as [number, number]; // two in, two out
  const candidates = [wall - before, wall - after].filter((instant) => wallTimeAt(zone, instant) === wall);
  return candidates.length === 0 ? wall - before : Math.min(...candidates);
};

/** Calendar files: RFC 5545, one event each. */
import { DAY } from "../../clock.ts";
import { InvalidInputError } from "../../errors.ts";
import { isLocalDate, isLocalDateTime } from "../quality/event-times.ts";
import { removeInvisible } from "../visible-text.ts";
import { instantOf } from "./zoned-time.ts";

export interface CalendarFileEvent {
  readonly id: string;
  readonly title: string;
  /** ISO local time, or a date when all day. */
  readonly startsAt: string;
  readonly endsAt: string | null;
  /** IANA name; null = floating: the same clock time wherever it is read. */
  readonly timezone: string | null;
  readonly allDay: boolean;
  readonly location: string | null;
  readonly description?: string;
  /** A reminder: shows an alarm at its start. */
  readonly alarm: boolean;
}

/** Octets of a line without its end (RFC 5545, 3.1). */
const MAX_LINE_OCTETS = 75;
const LINE_END = "\r\n";
const PRODUCT = "-//photon//photon//EN";

/** Values of type TEXT (RFC 5545, 3.3.11). */
const escapeText = (text: string): string =>
  removeInvisible(text)
    .replaceAll(/[\\;,]/g, String.raw`\$&`)
    .replaceAll("\n", String.raw`\n`);

/** Long lines go on in the next, behind a blank; characters stay whole. */
const fold = (line: string): string => {
  const lines: string[] = [];
  let current = "";
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > MAX_LINE_OCTETS) {
      lines.push(current);
      current = " ";
      octets = 1;
    }
    current += character;
    octets += size;
  }
  return [...lines, current].join(LINE_END);
};

const basicUtc = (instant: number): string =>
  new Date(instant)
    .toISOString()
    .replaceAll(/[-:]/g, "")
    .replace(/\.\d{3}Z$/, "Z");

const withSeconds = (local: string): string => (local.length === "2026-03-04T09:30".length ? `${local}:00` : local);

const timeProperty = (name: string, local: string, { allDay, timezone }: CalendarFileEvent): string => {
  if (allDay) return `${name};VALUE=DATE:${local.replaceAll("-", "")}`;
  const time = withSeconds(local);
  return timezone === null
    ? `${name}:${time.replaceAll(/[-:]/g, "")}`
    : `${name}:${basicUtc(instantOf(time, timezone))}`;
};

const dayAfter = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + DAY).toISOString().slice(0, date.length);

/** The end of all-day events is the first day that is free again (RFC 5545, 3.6.1); people name the last that is not. */
const endProperty = (event: CalendarFileEvent): readonly string[] => {
  const { endsAt, allDay } = event;
  if (endsAt === null) return [];
  return [timeProperty("DTEND", allDay ? dayAfter(endsAt) : endsAt, event)];
};

const alarmLines = ({ alarm, title }: CalendarFileEvent): readonly string[] =>
  alarm ? ["BEGIN:VALARM", "ACTION:DISPLAY", `DESCRIPTION:${escapeText(title)}`, "TRIGGER:PT0S", "END:VALARM"] : [];

const checkTimes = ({ startsAt, endsAt, allDay }: CalendarFileEvent): void => {
  const isTime = allDay ? isLocalDate : isLocalDateTime;
  if (isTime(startsAt) && (endsAt === null || isTime(endsAt))) return;
  const form = allDay ? "dates such as 2026-03-04" : "dates and times such as 2026-03-04T19:30";
  throw new InvalidInputError(`Expected ${form} for an event of the calendar, received another form.`, {
    hint: "Correct the event with photon review edit.",
  });
};

/**
 * @param now milliseconds UTC, for DTSTAMP
 * @throws InvalidInputError for times that are none
 */
export const calendarFile = (event: CalendarFileEvent, now: number): string => {
  checkTimes(event);
  const { id, title, startsAt, location, description } = event;
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    `PRODID:${PRODUCT}`,
    "BEGIN:VEVENT",
    `UID:${id}@photon`,
    `DTSTAMP:${basicUtc(now)}`,
    timeProperty("DTSTART", startsAt, event),
    ...endProperty(event),
    `SUMMARY:${escapeText(title)}`,
    ...(location === null ? [] : [`LOCATION:${escapeText(location)}`]),
    ...(description === undefined ? [] : [`DESCRIPTION:${escapeText(description)}`]),
    ...alarmLines(event),
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map((line) => fold(line) + LINE_END).join("");
};

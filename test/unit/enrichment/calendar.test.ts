import { describe, expect, test } from "vitest";
import { calendarFile, type CalendarFileEvent } from "../../../src/enrichment/calendar/ics.ts";
import { instantOf } from "../../../src/enrichment/calendar/zoned-time.ts";

const NOW = Date.UTC(2026, 1, 20, 10, 11, 12, 345);
const event: CalendarFileEvent = {
  id: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  title: "Concert",
  startsAt: "2026-03-04T19:30",
  endsAt: null,
  timezone: null,
  allDay: false,
  location: null,
  alarm: false,
};
const linesOf = (changes: Partial<CalendarFileEvent> = {}): readonly string[] =>
  calendarFile({ ...event, ...changes }, NOW).split("\r\n");
/** What a reader of the format sees: folded lines put together. */
const unfolded = (changes: Partial<CalendarFileEvent>): string =>
  calendarFile({ ...event, ...changes }, NOW).replaceAll("\r\n ", "");

test("a whole file", () => {
  expect(calendarFile(event, NOW)).toBe(
    [
      "BEGIN:VCALENDAR",
      "VERSION:2.0",
      "PRODID:-//photon//photon//EN",
      "BEGIN:VEVENT",
      "UID:01ARZ3NDEKTSV4RRFFQ69G5FAV@photon",
      "DTSTAMP:20260220T101112Z",
      "DTSTART:20260304T193000",
      "SUMMARY:Concert",
      "END:VEVENT",
      "END:VCALENDAR",
      "",
    ].join("\r\n"),
  );
});

describe("times", () => {
  test("a known zone is written in UTC, summer and winter", () => {
    expect(linesOf({ timezone: "Europe/Berlin" })).toContain("DTSTART:20260304T183000Z");
    expect(linesOf({ timezone: "Europe/Berlin", startsAt: "2026-07-04T19:30" })).toContain("DTSTART:20260704T173000Z");
    expect(linesOf({ timezone: "Asia/Kolkata" })).toContain("DTSTART:20260304T140000Z");
  });

  test("an unknown zone floats", () => {
    expect(linesOf({ endsAt: "2026-03-04T21:00:30" })).toEqual(
      expect.arrayContaining(["DTSTART:20260304T193000", "DTEND:20260304T210030"]),
    );
  });

  test("days are dates, and their end is the first free day", () => {
    const lines = linesOf({ allDay: true, startsAt: "2026-12-30", endsAt: "2026-12-31", timezone: "Europe/Berlin" });
    expect(lines).toEqual(expect.arrayContaining(["DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270101"]));
  });

  test.each([
    [{ startsAt: "tomorrow" }],
    [{ startsAt: "2026-02-30T10:00" }],
    [{ endsAt: "2026-03-04" }],
    [{ allDay: true }],
  ])("%o is refused", (changes) => {
    expect(() => linesOf(changes)).toThrow("Expected date");
  });

  test.each([
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"], // does not occur: counted with the offset from before
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"], // occurs twice: the first
    ["2026-03-08T02:30", "America/New_York", "2026-03-08T07:30:00.000Z"],
    ["2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00.000Z"],
    ["2026-01-01T00:00", "Pacific/Kiritimati", "2025-12-31T10:00:00.000Z"],
    ["2026-06-01T12:00", "UTC", "2026-06-01T12:00:00.000Z"],
  ])("%s in %s is %s", (local, zone, instant) => {
    expect(new Date(instantOf(`${local}:00`, zone)).toISOString()).toBe(instant);
  });
});

describe("texts", () => {
  test("are escaped, and cannot begin a line of their own", () => {
    const location = "Hall; 1, back\\side\r\nBEGIN:VALARM\nX\u0000Y\u202e";
    expect(unfolded({ location })).toContain(String.raw`LOCATION:Hall\; 1\, back\\side\nBEGIN:VALARM\nXY`);
    expect(linesOf({ location })).not.toContain("BEGIN:VALARM");
  });

  test.each([
    ["ASCII", "x".repeat(300)],
    ["umlauts", "ü".repeat(300)],
    ["faces", "😀".repeat(100)],
    ["exactly one line", "x".repeat(75 - "SUMMARY:".length)],
    ["one more", "x".repeat(76 - "SUMMARY:".length)],
  ])("%s are folded at 75 octets and come back whole", (_, title) => {
    const lines = linesOf({ title });
    expect(lines.every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
    expect(lines.every((line) => line.isWellFormed())).toBe(true);
    expect(unfolded({ title })).toContain(`SUMMARY:${title}\r\n`);
  });

  test("a line of exactly 75 octets is not folded", () => {
    const title = "x".repeat(75 - "SUMMARY:".length);
    expect(linesOf({ title })).toContain(`SUMMARY:${title}`);
  });
});

test("a reminder shows an alarm at its start", () => {
  const lines = linesOf({ alarm: true, title: "Print, please" });
  const alarm = lines.slice(lines.indexOf("BEGIN:VALARM"), lines.indexOf("END:VALARM") + 1);
  expect(alarm).toEqual([
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    String.raw`DESCRIPTION:Print\, please`,
    "TRIGGER:PT0S",
    "END:VALARM",
  ]);
});

import { expect, test } from "vitest";
import { dayAround, daysBetween, dayStart, localDay, monthAround } from "../../../src/app/enrichment/budget-period.ts";

const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString();
const isoPeriod = ({ from, until }: { readonly from: number; readonly until: number }): readonly string[] => [
  iso(from),
  iso(until),
];

test.each([
  ["UTC", "2026-03-29T23:59:59.999Z", "2026-03-29"],
  ["UTC", "2026-03-30T00:00:00.000Z", "2026-03-30"],
  ["Europe/Berlin", "2026-03-28T23:00:00.000Z", "2026-03-29"],
  ["Asia/Kathmandu", "2026-03-28T18:15:00.000Z", "2026-03-29"],
  ["Asia/Kathmandu", "2026-03-28T18:14:59.999Z", "2026-03-28"],
  ["Pacific/Kiritimati", "2026-12-31T10:00:00.000Z", "2027-01-01"],
])("in %s, %s is %s", (zone, moment, day) => {
  expect(localDay(at(moment), zone)).toBe(day);
});

test.each([
  ["an ordinary day", "Europe/Berlin", "2026-07-10T12:00:00Z", "2026-07-09T22:00:00.000Z", "2026-07-10T22:00:00.000Z"],
  [
    "a day of 23 hours",
    "Europe/Berlin",
    "2026-03-29T12:00:00Z",
    "2026-03-28T23:00:00.000Z",
    "2026-03-29T22:00:00.000Z",
  ],
  [
    "a day of 25 hours",
    "Europe/Berlin",
    "2026-10-25T12:00:00Z",
    "2026-10-24T22:00:00.000Z",
    "2026-10-25T23:00:00.000Z",
  ],
  // Clocks went from 23:59:59 to 1:00: the day has no midnight.
  [
    "a day without midnight",
    "America/Santiago",
    "2025-09-07T15:00:00Z",
    "2025-09-07T04:00:00.000Z",
    "2025-09-08T03:00:00.000Z",
  ],
  [
    "the last day of a year",
    "America/New_York",
    "2026-12-31T20:00:00Z",
    "2026-12-31T05:00:00.000Z",
    "2027-01-01T05:00:00.000Z",
  ],
  ["its first moment", "Europe/Berlin", "2026-07-09T22:00:00Z", "2026-07-09T22:00:00.000Z", "2026-07-10T22:00:00.000Z"],
  [
    "its last moment",
    "Europe/Berlin",
    "2026-07-10T21:59:59.999Z",
    "2026-07-09T22:00:00.000Z",
    "2026-07-10T22:00:00.000Z",
  ],
  [
    "a zone of half hours",
    "Asia/Kolkata",
    "2026-05-01T00:00:00Z",
    "2026-04-30T18:30:00.000Z",
    "2026-05-01T18:30:00.000Z",
  ],
])("the day around a moment: %s", (_name, zone, moment, from, until) => {
  expect(isoPeriod(dayAround(at(moment), zone))).toEqual([from, until]);
});

test.each([
  [
    "over the spring change",
    "Europe/Berlin",
    "2026-03-15T12:00:00Z",
    "2026-02-28T23:00:00.000Z",
    "2026-03-31T22:00:00.000Z",
  ],
  [
    "over the autumn change",
    "Europe/Berlin",
    "2026-10-01T00:00:00Z",
    "2026-09-30T22:00:00.000Z",
    "2026-10-31T23:00:00.000Z",
  ],
  ["a leap February", "UTC", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
  ["December", "Asia/Tokyo", "2026-12-31T14:59:59Z", "2026-11-30T15:00:00.000Z", "2026-12-31T15:00:00.000Z"],
  [
    "the moment after December",
    "Asia/Tokyo",
    "2026-12-31T15:00:00Z",
    "2026-12-31T15:00:00.000Z",
    "2027-01-31T15:00:00.000Z",
  ],
])("the month around a moment: %s", (_name, zone, moment, from, until) => {
  expect(isoPeriod(monthAround(at(moment), zone))).toEqual([from, until]);
});

test("days lie side by side, without a gap at a clock change", () => {
  const days = daysBetween(at("2026-10-24T12:00:00Z"), at("2026-10-27T12:00:00Z"), "Europe/Berlin");
  expect(days.map(({ day }) => day)).toEqual(["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"]);
  for (const [place, { until }] of days.slice(0, -1).entries()) expect(days[place + 1]?.from).toBe(until);
});

test("every quarter of an hour belongs to one day whole, in every zone", () => {
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    expect(dayStart("2026-06-15", zone) % 900_000, zone).toBe(0);
  }
});

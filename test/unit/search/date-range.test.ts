import { expect, test } from "vitest";
import { InvalidInputError } from "../../../src/errors.ts";
import { parseDateRange, parseDateSpan } from "../../../src/search/date-range.ts";

const span = (text: string): readonly [string, string] => {
  const { from, before } = parseDateSpan(text, "from");
  return [new Date(from).toISOString().slice(0, 19), new Date(before).toISOString().slice(0, 19)];
};

test.each([
  ["2024", "2024-01-01T00:00:00", "2025-01-01T00:00:00"],
  ["2024-06", "2024-06-01T00:00:00", "2024-07-01T00:00:00"],
  ["2024-12", "2024-12-01T00:00:00", "2025-01-01T00:00:00"],
  ["2024-02", "2024-02-01T00:00:00", "2024-03-01T00:00:00"],
  ["2024-02-29", "2024-02-29T00:00:00", "2024-03-01T00:00:00"],
  ["2023-02-28", "2023-02-28T00:00:00", "2023-03-01T00:00:00"],
  ["2024-12-31", "2024-12-31T00:00:00", "2025-01-01T00:00:00"],
  ["2024-06-15T14", "2024-06-15T14:00:00", "2024-06-15T15:00:00"],
  ["2024-06-15 14:30", "2024-06-15T14:30:00", "2024-06-15T14:31:00"],
  ["2024-06-15T23:59:59", "2024-06-15T23:59:59", "2024-06-16T00:00:00"],
  ["0099-05", "0099-05-01T00:00:00", "0099-06-01T00:00:00"],
])("%s covers its whole span", (text, from, before) => {
  expect(span(text)).toEqual([from, before]);
});

test.each([
  "2023-02-29",
  "2024-13",
  "2024-00",
  "2024-06-31",
  "2024-06-15T24:00",
  "2024-6",
  "yesterday",
  "",
  "2024-06-15T10:00:00Z",
  "2024-06-15T10:00+02:00",
])("%s is refused with what was expected", (text) => {
  expect(() => parseDateSpan(text, "from")).toThrow(InvalidInputError);
  expect(() => parseDateSpan(text, "from")).toThrow(/Expected a local date for from, received/);
});

test("a range from one month to another takes both whole", () => {
  const range = parseDateRange("2024-06", "2024-09");
  expect(range.from).toBe(Date.UTC(2024, 5, 1));
  expect(range.before).toBe(Date.UTC(2024, 9, 1));
});

test("a range of one day takes that day", () => {
  const range = parseDateRange("2024-02-29", "2024-02-29");
  expect((range.before ?? 0) - (range.from ?? 0)).toBe(24 * 3_600_000);
});

test("open ends stay open", () => {
  expect(parseDateRange(undefined, undefined)).toEqual({});
  expect(parseDateRange("2024", undefined)).toEqual({ from: Date.UTC(2024, 0, 1) });
});

test("an empty range is refused", () => {
  expect(() => parseDateRange("2024-07", "2024-06")).toThrow(/not before "from" \(2024-07\)/);
  expect(parseDateRange("2024-06-15", "2024-06")).toMatchObject({ before: Date.UTC(2024, 6, 1) });
});

import { describe, expect, test } from "vitest";
import { parseDate, parseOffset, withParts } from "../../../../src/pipeline/metadata/parse-date.ts";

describe("a date", () => {
  test.each([
    ["2024:07:15 14:32:00", { local: "2024-07-15T14:32:00" }],
    ["2024-07-15T14:32", { local: "2024-07-15T14:32:00" }],
    ["2024-07-15", { local: "2024-07-15T00:00:00" }],
    ["2024/07/15 14:32:00", { local: "2024-07-15T14:32:00" }],
    ["2024.07.15 4:32:00", { local: "2024-07-15T04:32:00" }],
    ["2024:07:15  14:32:00.123456789012", { local: "2024-07-15T14:32:00.123456789" }],
    ["2024:07:15 14:32:00+02:00", { local: "2024-07-15T14:32:00", offset: "+02:00" }],
    ["2024-07-15T14:32:00Z", { local: "2024-07-15T14:32:00", offset: "Z" }],
    ["2024-07-15T14:32:00-0530", { local: "2024-07-15T14:32:00", offset: "-05:30" }],
    ["2024:02:29 00:00:00", { local: "2024-02-29T00:00:00" }],
    ["1826:06:01 12:00:00", { local: "1826-06-01T12:00:00" }],
  ])("is read from %j", (text, expected) => {
    expect(parseDate(text)).toEqual(expected);
  });

  test.each([
    undefined,
    "",
    "    :  :     :  :  ",
    "0000:00:00 00:00:00",
    "2023:02:29 00:00:00",
    "2024:00:10 00:00:00",
    "2024:07:00 00:00:00",
    "2024:07:15 24:00:00",
    "2024:07:15 12:60:00",
    "2024:07:15 12:00:61",
    "1800:01:01 00:00:00",
    "2024",
    "2024-07",
    "yesterday",
    "2024:07:15 14:32:00 and more",
  ])("is not read from %j", (text) => {
    expect(parseDate(text)).toBeUndefined();
  });
});

test("offsets are written the same way, impossible ones dropped", () => {
  expect(["+02:00", "-0530", "+9", " +02:00 ", "z", "+14:00"].map(parseOffset)).toEqual([
    "+02:00",
    "-05:30",
    "+09:00",
    "+02:00",
    "Z",
    "+14:00",
  ]);
  expect(["+15:00", "+02:75", "   :  ", "", "UTC", undefined].map(parseOffset)).toEqual(Array(6).fill(undefined));
});

test("sub-seconds are digits after the point; what the date itself states comes first", () => {
  const time = { local: "2024-07-15T14:32:00" };
  const noParts = { subSeconds: undefined, offset: undefined };
  expect(withParts(time, { ...noParts, subSeconds: "05  " })).toEqual({ local: "2024-07-15T14:32:00.05" });
  expect(withParts(time, { ...noParts, subSeconds: "   " })).toEqual(time);
  expect(withParts(time, { ...noParts, subSeconds: "1234567890123" }).local).toBe("2024-07-15T14:32:00.123456789");
  const exact = { local: "2024-07-15T14:32:00.9", offset: "Z" };
  expect(withParts(exact, { subSeconds: "5", offset: "+02:00" })).toEqual(exact);
});

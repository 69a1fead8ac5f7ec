import { expect, test } from "vitest";
import { captureKey, formatCaptureTime, parseCaptureTime } from "../../../src/photo/capture-time.ts";

test("a time shows its offset only when the file states one", () => {
  expect(formatCaptureTime({ local: "2024-07-15T14:32:00" })).toBe("2024-07-15T14:32:00");
  expect(formatCaptureTime({ local: "2024-07-15T14:32:00.5", offset: "+02:00" })).toBe("2024-07-15T14:32:00.5+02:00");
});

test.each(["2024-07-15T14:32:00", "2024-07-15T14:32:00.123456789-05:30", "2024-07-15T14:32:00Z"])(
  "%s survives the way through text",
  (text) => {
    const time = parseCaptureTime(text);
    expect(time === undefined ? undefined : formatCaptureTime(time)).toBe(text);
  },
);

test("text that is no capture time is refused", () => {
  expect(["2024-07-15", "2024-07-15 14:32:00", ""].map(parseCaptureTime)).toEqual([undefined, undefined, undefined]);
});

test("the filter key is the wall time read as UTC, whatever the offset, to the millisecond", () => {
  expect(captureKey({ local: "2024-07-15T14:32:00" })).toBe(Date.UTC(2024, 6, 15, 14, 32));
  expect(captureKey({ local: "2024-07-15T14:32:00.25" })).toBe(Date.UTC(2024, 6, 15, 14, 32, 0, 250));
  expect(captureKey({ local: "2024-07-15T14:32:00.123456789" })).toBe(Date.UTC(2024, 6, 15, 14, 32, 0, 123));
  expect(captureKey({ local: "1899-12-31T23:59:59" })).toBe(Date.UTC(1899, 11, 31, 23, 59, 59));
});

import { expect, test } from "vitest";
import { parseDuration } from "../../../src/cli/agent/duration.ts";
import { DAY, MINUTE } from "../../../src/clock.ts";
import { InvalidInputError } from "../../../src/errors.ts";

test.each([
  ["30m", 30 * MINUTE],
  ["2h", 120 * MINUTE],
  ["1d12h", 1.5 * DAY],
  ["2H", 120 * MINUTE],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "2", "h", "2x", "1.5h", "-1h", "2h 5", "2h5"])("%o is no time, and the error shows some", (text) => {
  expect(() => parseDuration(text)).toThrow(InvalidInputError);
  expect(() => parseDuration(text)).toThrow("2h, 30m or 1d");
});

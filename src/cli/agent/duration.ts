/** Times people give: `2h`, `30m`, `1d12h`. */
import { DAY, MINUTE } from "../../clock.ts";
import { InvalidInputError } from "../../errors.ts";

const HOUR = 60 * MINUTE;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY };
const DURATION = /^(\d+[dhm])+$/i;
const PART = /(\d+)([dhm])/gi;

/** Milliseconds. @throws InvalidInputError */
export const parseDuration = (text: string): number => {
  if (!DURATION.test(text)) {
    throw new InvalidInputError(`Expected a time such as 2h, 30m or 1d, received "${text}".`, {
      hint: "Leave it out to pause until you resume: photon agent resume.",
    });
  }
  return [...text.matchAll(PART)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit.toLowerCase()] ?? 0),
    0,
  );
};

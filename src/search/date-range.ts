/** Local dates of any precision as ranges of capture keys (wall time read as if it were UTC, milliseconds). */
import { InvalidInputError } from "../errors.ts";

export interface DateSpan {
  /** First millisecond. */
  readonly from: number;
  /** First millisecond after it. */
  readonly before: number;
}

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2})(?::(\d{2})(?::(\d{2}))?)?)?)?)?$/;
const FIRST = [0, 1, 1, 0, 0, 0] as const;

/** `Date.UTC` without its two-digit-year rule. Overflowing parts carry over. */
const utc = (parts: readonly number[]): number => {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  return date.getTime();
};

const hasParts = (time: number, parts: readonly number[]): boolean => {
  const date = new Date(time);
  const actual = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  return parts.every((part, position) => part === actual[position]);
};

/**
 * The time that a written date covers: `2024-02` is all of February.
 * @param name of the option, for the error
 * @throws InvalidInputError when it is no date or a day that does not exist
 */
export const parseDateSpan = (text: string, name: string): DateSpan => {
  const given = DATE.exec(text.trim())
    ?.slice(1)
    .filter((part) => part !== undefined)
    .map(Number);
  const from = given === undefined ? Number.NaN : utc([...given, ...FIRST.slice(given.length)]);
  if (given === undefined || !hasParts(from, given)) {
    throw new InvalidInputError(`Expected a local date for ${name}, received "${text}".`, {
      hint: "Write a year, month, day or time that exists, without a zone: 2024, 2024-06, 2024-06-15 or 2024-06-15T14:30.",
    });
  }
  const last = given.length - 1;
  const next = given.map((part, position) => (position === last ? part + 1 : part));
  return { from, before: utc([...next, ...FIRST.slice(given.length)]) };
};

/**
 * Both ends inclusive, as written: `from 2024-06, to 2024-09` takes both months whole.
 * @throws InvalidInputError when a date is wrong or the range is empty
 */
export const parseDateRange = (from: string | undefined, to: string | undefined): Partial<DateSpan> => {
  const start = from === undefined ? undefined : parseDateSpan(from, "from").from;
  const end = to === undefined ? undefined : parseDateSpan(to, "to").before;
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError(`Expected a date for "to" that is not before "from" (${from}), received "${to}".`, {
      hint: "Swap the two dates.",
    });
  }
  return { ...(start === undefined ? {} : { from: start }), ...(end === undefined ? {} : { before: end }) };
};

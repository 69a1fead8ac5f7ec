/** Dates and times of events as models write them. */

const LOCAL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** True for days of the calendar: not for 2026-02-30. */
export const isLocalDate = (text: string): boolean => {
  const match = LOCAL_DATE.exec(text);
  if (match === null) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};

/** `2026-03-04T09:30`, seconds allowed, no zone. */
export const isLocalDateTime = (text: string): boolean => {
  const day = LOCAL_TIME.exec(text)?.[1];
  return day !== undefined && isLocalDate(day);
};

export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]\d/.test(name); // offsets are accepted by Intl and are no IANA names
  } catch {
    return false; // unknown to the system's list of zones
  }
};

const MONTH_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl"] as const;

const monthNames = (): readonly string[] => {
  const names = MONTH_LANGUAGES.flatMap((language) =>
    (["long", "short"] as const).flatMap((month) =>
      Array.from({ length: 12 }, (_, index) =>
        new Intl.DateTimeFormat(language, { month, day: "numeric", timeZone: "UTC" })
          .formatToParts(Date.UTC(2026, index, 1))
          .flatMap(({ type, value }) => (type === "month" && /\p{L}{3}/u.test(value) ? [value.replace(".", "")] : [])),
      ).flat(),
    ),
  );
  return [...new Set(names.map((name) => name.toLowerCase()))];
};

/** Year first, day first, month first; not within longer chains of numbers such as addresses and versions. */
const NUMERIC_DATE =
  /(?<![\d.])(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|(?:(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[/-](?:[12]\d|3[01]))(?:[./-](?:\d{4}|\d{2}))?)(?!\.?\d)/;

const namedDatePattern = (): RegExp => {
  const month = `(?:${monthNames().join("|")})`;
  return new RegExp(
    `\\b\\d{1,2}(?:st|nd|rd|th|º|er)?\\.?\\s+(?:of\\s+|de\\s+)?${month}\\b|\\b${month}\\.?\\s+\\d{1,2}\\b`,
    "iu",
  );
};
let namedDate: RegExp | undefined;

/** A day of a month, in digits or with the month's name in one of the languages above. */
export const holdsDate = (text: string): boolean => {
  if (NUMERIC_DATE.test(text)) return true;
  namedDate ??= namedDatePattern(); // names come from the system's locales: once, and not at start
  return namedDate.test(text);
};

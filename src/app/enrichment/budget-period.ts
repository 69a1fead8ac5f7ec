/** Days and months as people have them: in a time zone, with its clock changes. */

const FINEST_MS = 60_000; // no zone changes its clock within a minute
/** From a date's midnight in UTC to the same in the zones farthest away, and a clock change. */
const FARTHEST_MS = 16 * 3_600_000;

export interface Period {
  /** Milliseconds UTC, included. */
  readonly from: number;
  /** Not included. */
  readonly until: number;
}

interface LocalDate {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (timeZone: string | undefined): Intl.DateTimeFormat => {
  const key = timeZone ?? "";
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-CA", {
    calendar: "iso8601",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  formatters.set(key, made);
  return made;
};

/**
 * @param timeZone IANA name; undefined = that of this machine
 * @returns `2026-03-29`
 */
export const localDay = (at: number, timeZone?: string): string => formatterOf(timeZone).format(at);

const dateOf = (day: string): LocalDate => {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return { year, month, day: date };
};

const nameOf = (utc: Date): string => utc.toISOString().slice(0, 10);

/** The first moment of a day; where clocks skip midnight that is not 0:00. */
const startOf = ({ year, month, day }: LocalDate, timeZone: string | undefined): number => {
  const midnight = Date.UTC(year, month - 1, day);
  const name = nameOf(new Date(midnight)); // months and days beyond their end roll over
  let before = midnight - FARTHEST_MS;
  let within = midnight + FARTHEST_MS;
  while (within - before > FINEST_MS) {
    const middle = Math.floor((before + within) / 2 / FINEST_MS) * FINEST_MS;
    if (localDay(middle, timeZone) < name) before = middle;
    else within = middle;
  }
  return within;
};

export const dayAround = (at: number, timeZone?: string): Period => {
  const date = dateOf(localDay(at, timeZone));
  return { from: startOf(date, timeZone), until: startOf({ ...date, day: date.day + 1 }, timeZone) };
};

export const monthAround = (at: number, timeZone?: string): Period => {
  const { year, month } = dateOf(localDay(at, timeZone));
  return {
    from: startOf({ year, month, day: 1 }, timeZone),
    until: startOf({ year, month: month + 1, day: 1 }, timeZone),
  };
};

/** The first moment of `2026-03-29` in the zone. */
export const dayStart = (day: string, timeZone?: string): number => startOf(dateOf(day), timeZone);

export interface NamedDay extends Period {
  readonly day: string;
}

/** Every day that has a part in the stretch, in order. */
export const daysBetween = (from: number, until: number, timeZone?: string): readonly NamedDay[] => {
  const days: NamedDay[] = [];
  for (let at = from; at < until;) {
    const period = dayAround(at, timeZone);
    days.push({ day: localDay(at, timeZone), ...period });
    at = period.until;
  }
  return days;
};

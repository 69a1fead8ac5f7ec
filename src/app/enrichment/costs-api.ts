/** What language models cost and what was sent to them, for people and programs. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { CostPeriod, CostQuery, CostRow, LedgerRow } from "../../catalogue/call-log.ts";
import type { Clock } from "../../clock.ts";
import { DAY } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { ConfigError, InvalidInputError } from "../../errors.ts";
import { parseDateSpan } from "../../search/date-range.ts";
import { dayStart, daysBetween, localDay } from "./budget-period.ts";
import { budgetLimits, toUsd } from "./call-terms.ts";

export const COST_KEYS = ["day", "model", "kind", "provider", "execution"] as const;
export type CostKey = (typeof COST_KEYS)[number];

/** A report without a beginning goes back this far. */
const USUAL_DAYS = 30;
const UTC = "UTC";
const LEDGER_PAGE = 500;
const PHOTO_ID = /^[0-9a-f]{12,64}$/;

export interface CostRange {
  /** Local date, included: `2026`, `2026-03`, `2026-03-29`; unset = 30 days. */
  readonly since?: string | undefined;
  /** Local date, included whole; unset = now. */
  readonly until?: string | undefined;
  /** Days of UTC instead of those of this machine. */
  readonly utc: boolean;
}

export interface CostRequest extends CostRange {
  readonly by: CostKey;
}

/** Numbers of calls under one key. */
export interface CostLine {
  readonly key: string;
  /** Requests that were sent; answers out of the cache are not among them. */
  readonly calls: number;
  readonly failed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Of the calls whose price is known; null = of none. */
  readonly costUsd: number | null;
  /** Calls whose price nobody knows; they are not in the cost. */
  readonly unpricedCalls: number;
  readonly meanLatencyMs: number | null;
  readonly p95LatencyMs: number | null;
  /** Answers out of photon's own cache. */
  readonly cacheHits: number;
  /** Share of the input that came out of the provider's cache, 0 to 1. */
  readonly providerCacheRate: number;
  /** Share of the calls that failed, 0 to 1. */
  readonly failureRate: number;
}

export interface BudgetState {
  readonly limit: "daily" | "monthly" | "total";
  readonly limitUsd: number;
  /** Spent, and held back for calls that are out. */
  readonly usedUsd: number;
  /** Milliseconds UTC; null = it never begins anew. */
  readonly until: number | null;
}

export interface CostReport {
  readonly by: CostKey;
  /** Milliseconds UTC. */
  readonly from: number;
  readonly until: number;
  readonly timeZone: string;
  readonly rows: readonly CostLine[];
  readonly totalUsd: number;
  readonly unpricedCalls: number;
  /** Empty without limits. */
  readonly budget: readonly BudgetState[];
}

/** One day, by model and by kind. */
export interface DailyReport {
  readonly day: string;
  readonly timeZone: string;
  readonly totalUsd: number;
  readonly unpricedCalls: number;
  readonly byModel: readonly CostLine[];
  readonly byKind: readonly CostLine[];
  readonly budget: readonly BudgetState[];
}

export interface LedgerRequest {
  /** Id of a photo: 12 digits or more of its content hash. */
  readonly photo?: string | undefined;
  /** As in {@link CostRange}. */
  readonly since?: string | undefined;
}

export interface CostsApi {
  /** @throws ConfigError when reports are switched off, InvalidInputError for a wrong date */
  readonly report: (request: CostRequest) => Promise<CostReport>;
  /** @param day `2026-03-29`; unset = today */
  readonly daily: (request: { readonly day?: string | undefined; readonly utc: boolean }) => Promise<DailyReport>;
  /** Oldest first. */
  readonly ledger: (request: LedgerRequest) => AsyncIterable<LedgerRow>;
  /** Forgets all kept answers. Returns how many there were. */
  readonly clearCache: () => Promise<number>;
}

export interface CostsDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly catalogue: () => Promise<Catalogue>;
  /** False: nothing was ever called, and none is made for asking. */
  readonly hasLibrary: () => boolean;
}

const rate = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const lineOf = (row: CostRow): CostLine => {
  const { costMicros, reservedMicros: _, ...rest } = row;
  const isUnknown = row.calls > 0 && row.unpricedCalls === row.calls;
  return {
    ...rest,
    costUsd: isUnknown ? null : toUsd(costMicros),
    providerCacheRate: rate(row.cacheReadTokens, row.inputTokens),
    failureRate: rate(row.failed, row.calls),
  };
};

const zoneOf = (utc: boolean): string | undefined => (utc ? UTC : undefined);
const zoneName = (utc: boolean): string => (utc ? UTC : Intl.DateTimeFormat().resolvedOptions().timeZone);

const HALF_DAY = DAY / 2;

/** Wall time, read as if it were UTC, as a moment; the clock change of that very day aside. */
const momentOf = (wall: number, utc: boolean): number => {
  const day = new Date(wall).toISOString().slice(0, 10);
  return dayStart(day, zoneOf(utc)) + (wall % DAY);
};

const rangeOf = ({ since, until, utc }: CostRange, now: number): { readonly from: number; readonly until: number } => {
  const from = since === undefined ? undefined : momentOf(parseDateSpan(since, "--since").from, utc);
  const end = until === undefined ? now + 1 : momentOf(parseDateSpan(until, "--until").before, utc);
  const usual = dayStart(localDay(end - USUAL_DAYS * DAY + HALF_DAY, zoneOf(utc)), zoneOf(utc));
  if (from !== undefined && from >= end) {
    throw new InvalidInputError(`Expected --since before --until, received ${since} and ${until ?? "now"}.`, {
      hint: "Swap the two dates.",
    });
  }
  return { from: from ?? usual, until: end };
};

const periodsOf = ({ from, until }: { from: number; until: number }, utc: boolean): readonly CostPeriod[] =>
  daysBetween(from, until, zoneOf(utc)).map((day) => ({ key: day.day, from: day.from, to: day.until }));

const requireMetrics = ({ llm }: Config): void => {
  if (llm.features.metrics) return;
  throw new ConfigError("Expected llm.features.metrics to be on, received false: reports are switched off.", {
    hint: "Set llm.features.metrics = true; calls have been logged all the same.",
  });
};

const budgetStates = async ({ config, clock, catalogue }: CostsDeps): Promise<readonly BudgetState[]> => {
  const { budget } = config.llm;
  const { calls } = await catalogue();
  const names = (["daily", "monthly", "total"] as const).filter((name) => budget[`${name}_usd`] !== undefined);
  const states = budgetLimits(budget, clock.now()).map(async ({ from, until, micros }, place) => ({
    limit: names[place] ?? "total",
    limitUsd: toUsd(micros),
    usedUsd: toUsd(await calls.spentSince(from)),
    until,
  }));
  return Promise.all(states);
};

const readRows = async (deps: CostsDeps, query: CostQuery): Promise<readonly CostLine[]> =>
  deps.hasLibrary() ? (await (await deps.catalogue()).calls.costs(query)).map(lineOf) : [];

const totals = (rows: readonly CostLine[]): Pick<CostReport, "totalUsd" | "unpricedCalls"> => ({
  totalUsd: rows.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0),
  unpricedCalls: rows.reduce((sum, { unpricedCalls }) => sum + unpricedCalls, 0),
});

const report = async (deps: CostsDeps, request: CostRequest): Promise<CostReport> => {
  requireMetrics(deps.config);
  const { by, utc } = request;
  const range = rangeOf(request, deps.clock.now());
  const query = { from: range.from, to: range.until };
  const rows = await readRows(
    deps,
    by === "day" ? { ...query, by: "period", periods: periodsOf(range, utc) } : { ...query, by },
  );
  const budget = deps.hasLibrary() ? await budgetStates(deps) : [];
  return { by, ...range, timeZone: zoneName(utc), rows, ...totals(rows), budget };
};

const daily = async (
  deps: CostsDeps,
  { day: given, utc }: { readonly day?: string | undefined; readonly utc: boolean },
): Promise<DailyReport> => {
  requireMetrics(deps.config);
  const wall = given === undefined ? undefined : parseDateSpan(given, "--since").from;
  const day = wall === undefined ? localDay(deps.clock.now(), zoneOf(utc)) : new Date(wall).toISOString().slice(0, 10);
  const [period] = daysBetween(dayStart(day, zoneOf(utc)), dayStart(day, zoneOf(utc)) + 1, zoneOf(utc));
  const range = { from: period?.from ?? 0, to: period?.until ?? 0 };
  const byModel = await readRows(deps, { ...range, by: "model" });
  const byKind = await readRows(deps, { ...range, by: "kind" });
  const budget = deps.hasLibrary() ? await budgetStates(deps) : [];
  return { day, timeZone: zoneName(utc), ...totals(byModel), byModel, byKind, budget };
};

async function* readLedger(deps: CostsDeps, { photo, since }: LedgerRequest): AsyncGenerator<LedgerRow> {
  if (photo !== undefined && !PHOTO_ID.test(photo.toLowerCase())) {
    throw new InvalidInputError(`Expected a photo id of 12 to 64 hex digits for --photo, received "${photo}".`, {
      hint: 'Take the id that "photon search" prints.',
    });
  }
  const from = since === undefined ? undefined : momentOf(parseDateSpan(since, "--since").from, false);
  if (!deps.hasLibrary()) return;
  const { calls } = await deps.catalogue();
  for (let after = 0; ;) {
    const page = await calls.ledger({ photo: photo?.toLowerCase(), since: from, after, limit: LEDGER_PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < LEDGER_PAGE) return;
    after = last.id;
  }
}

export const createCostsApi = (deps: CostsDeps): CostsApi => ({
  report: (request) => report(deps, request),
  daily: (request) => daily(deps, request),
  ledger: (request) => readLedger(deps, request),
  clearCache: async () => (deps.hasLibrary() ? (await deps.catalogue()).calls.clearCache() : 0),
});

/** What calls took and cost, out of the call log. */
import type { Kysely, RawBuilder } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { CostQuery, CostRow, MeanUsage } from "./call-log.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { statement } from "./statement.ts";

type Database = Kysely<CatalogueSchema>;

/** Calls a mean is made of: the last ones, so that it follows a new version of the model. */
const MEAN_OF = 100;
/** Fewer say too little. */
const LEAST_CALLS = 20;

export interface MeanQuery {
  readonly provider: string;
  readonly model: string;
  readonly stepId: string;
}

const meanOfLast = statement((database, { provider, model, stepId }: Given<MeanQuery>) =>
  database
    .selectFrom(
      database
        .selectFrom("llm_call_logs")
        .select(["input_tokens", "output_tokens"])
        .where("provider", "=", provider)
        .where("model_requested", "=", model)
        .where("step_id", "=", stepId)
        .where("output_tokens", "is not", null)
        .orderBy("completed_at", "desc")
        .limit(MEAN_OF)
        .as("last"),
    )
    .select((eb) => [
      eb.fn.countAll<number>().as("calls"),
      eb.fn.avg<number | null>("input_tokens").as("input"),
      eb.fn.avg<number | null>("output_tokens").as("output"),
    ]),
);

const askMean = async (database: Database, query: MeanQuery): Promise<MeanUsage | undefined> => {
  const { calls = 0, input = null, output = null } = (await meanOfLast.first(database, query)) ?? {};
  if (calls < LEAST_CALLS || input === null || output === null) return undefined;
  return { calls, inputTokens: Math.round(input), outputTokens: Math.round(output) };
};

/** A mean of so many calls hardly moves from one to the next, and every call asks for it. */
const MEAN_HOLDS_MS = 10 * SECOND;

export const createMeanUsage = (
  database: Database,
  clock: Clock,
): ((query: MeanQuery) => Promise<MeanUsage | undefined>) => {
  const known = new Map<string, { readonly mean: MeanUsage; readonly until: number }>();
  return async ({ provider, model, stepId }) => {
    const key = JSON.stringify([provider, model, stepId]);
    const before = known.get(key);
    if (before !== undefined && clock.now() < before.until) return before.mean;
    const mean = await askMean(database, { provider, model, stepId });
    if (mean !== undefined) known.set(key, { mean, until: clock.now() + MEAN_HOLDS_MS });
    return mean;
  };
};

interface ReportRow {
  readonly key: string;
  readonly calls: number;
  readonly failed: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  readonly cost_micros: number;
  readonly unpriced: number;
  readonly reserved_micros: number;
  readonly mean_latency_ms: number | null;
  readonly p95_latency_ms: number | null;
  readonly cache_hits: number;
}

const COLUMNS = {
  model: sql.ref("calls.model_requested"),
  kind: sql.ref("calls.step_id"),
  provider: sql.ref("calls.provider"),
  execution: sql.ref("calls.execution_id"),
} as const;

/** Calls with the key they are counted under, and their place among those of the key by latency. */
const keyedCalls = ({ by, from, to, periods = [] }: CostQuery): RawBuilder<unknown> => {
  const key = by === "period" ? sql.ref("periods.key") : COLUMNS[by];
  const places = sql`row_number() over (partition by ${key}, latency_ms is null order by latency_ms) as place,
    count(latency_ms) over (partition by ${key}) as timed`;
  if (by !== "period") {
    return sql`select calls.*, ${key} as key, ${places} from llm_call_logs as calls
      where calls.started_at >= ${from} and calls.started_at < ${to}`;
  }
  const list = JSON.stringify(periods.map((period) => [period.key, period.from, period.to]));
  return sql`select calls.*, ${key} as key, ${places}
    from (select value ->> 0 as key, value ->> 1 as since, value ->> 2 as until from json_each(${list})) as periods
    cross join llm_call_logs as calls on calls.started_at >= periods.since and calls.started_at < periods.until
      and calls.started_at >= ${from} and calls.started_at < ${to}`;
};

/** Rows in the order of their keys. The 95th percentile is the smallest latency that 95 % do not exceed. */
export const costRows = async (database: Database, query: CostQuery): Promise<readonly CostRow[]> => {
  const { rows } = await sql<ReportRow>`
    with keyed as (${keyedCalls(query)})
    select key,
      count(*) filter (where not cached) as calls,
      count(*) filter (where not cached and error_type is not null) as failed,
      coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
      coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
      coalesce(sum(cache_write_tokens), 0) as cache_write_tokens,
      coalesce(sum(cost_micros), 0) as cost_micros,
      count(*) filter (where completed_at is not null and cost_micros is null) as unpriced,
      sum(reserved_micros) as reserved_micros,
      avg(latency_ms) as mean_latency_ms,
      min(latency_ms) filter (where 100 * place >= 95 * timed) as p95_latency_ms,
      sum(cached) as cache_hits
    from keyed group by key order by key`.execute(database);
  return rows.map((row) => ({
    key: row.key,
    calls: row.calls,
    failed: row.failed,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    costMicros: row.cost_micros,
    unpricedCalls: row.unpriced,
    reservedMicros: row.reserved_micros,
    meanLatencyMs: row.mean_latency_ms,
    p95LatencyMs: row.p95_latency_ms,
    cacheHits: row.cache_hits,
  }));
};

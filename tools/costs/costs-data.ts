/** The answer of `get_costs`. */
import { z } from "zod";
import type { BudgetState, CostLine, CostReport } from "../../src/app/enrichment/costs-api.ts";
import { outsideName } from "../photos/outside-text.ts";

const MOST_ROWS = 100;
const USD_DIGITS = 6;

export const costsResultSchema = z.strictObject({
  rows: z.array(
    z.strictObject({
      key: z.string(),
      calls: z.number(),
      failed: z.number().optional(),
      input_tokens: z.number(),
      output_tokens: z.number(),
      cost_usd: z.number().nullable().describe("US dollars of the calls whose price is known; null = of none."),
    }),
  ),
  total_usd: z.number(),
  unpriced_calls: z.number().describe("Calls whose price nobody knows; they are in no sum."),
  budget: z.array(z.strictObject({ limit: z.string(), limit_usd: z.number(), used_usd: z.number() })).optional(),
  from: z.string().describe("First and last moment, ISO 8601, UTC."),
  to: z.string(),
  note: z.string().optional(),
});
export type CostsData = z.output<typeof costsResultSchema>;

const usd = (value: number): number => Number(value.toFixed(USD_DIGITS));

const rowOf = ({ key, calls, failed, inputTokens, outputTokens, costUsd }: CostLine): CostsData["rows"][number] => ({
  key: outsideName(key),
  calls,
  ...(failed === 0 ? {} : { failed }),
  input_tokens: inputTokens,
  output_tokens: outputTokens,
  cost_usd: costUsd === null ? null : usd(costUsd),
});

const budgetOf = ({ limit, limitUsd, usedUsd }: BudgetState) => ({
  limit,
  limit_usd: limitUsd,
  used_usd: usd(usedUsd),
});

/** Days without a call are left out. */
export const costsData = (report: CostReport): CostsData => {
  const used = report.rows.filter(({ calls, cacheHits }) => calls + cacheHits > 0);
  const rows = used.slice(-MOST_ROWS);
  return {
    rows: rows.map(rowOf),
    total_usd: usd(report.totalUsd),
    unpriced_calls: report.unpricedCalls,
    ...(report.budget.length === 0 ? {} : { budget: report.budget.map(budgetOf) }),
    from: new Date(report.from).toISOString(),
    to: new Date(report.until).toISOString(),
    ...(used.length > rows.length ? { note: `The last ${rows.length} of ${used.length} rows.` } : {}),
  };
};

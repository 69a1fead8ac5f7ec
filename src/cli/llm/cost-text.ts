/** Cost reports for people. */
import type { BudgetState, CostLine, CostReport, DailyReport } from "../../app/enrichment/costs-api.ts";
import { formatUsd } from "../enrichment/forecast-text.ts";
import type { Output } from "../terminal.ts";
import { formatCount, formatPlural, formatTable } from "../terminal.ts";

type Styled = Pick<Output, "style">;

const seconds = (ms: number | null): string => (ms === null ? "" : `${(ms / 1000).toFixed(1)} s`);
const percent = (share: number): string => (share === 0 ? "" : `${Math.round(100 * share)} %`);
const orBlank = (count: number): string => (count === 0 ? "" : formatCount(count));

const COLUMNS: readonly (readonly [string, (line: CostLine) => string])[] = [
  ["calls", ({ calls }) => formatCount(calls)],
  ["failed", ({ failed }) => orBlank(failed)],
  ["tokens in", ({ inputTokens }) => formatCount(inputTokens)],
  ["out", ({ outputTokens }) => formatCount(outputTokens)],
  ["from provider's cache", ({ providerCacheRate }) => percent(providerCacheRate)],
  ["cost", ({ costUsd }) => (costUsd === null ? "unknown" : formatUsd(costUsd))],
  ["price unknown", ({ unpricedCalls }) => orBlank(unpricedCalls)],
  ["mean", ({ meanLatencyMs }) => seconds(meanLatencyMs)],
  ["95 %", ({ p95LatencyMs }) => seconds(p95LatencyMs)],
  ["from own cache", ({ cacheHits }) => orBlank(cacheHits)],
];

const table = (title: string, lines: readonly CostLine[], { style }: Styled): string => {
  const head = [title, ...COLUMNS.map(([name]) => name)].map((name) => style("dim", name));
  return formatTable([head, ...lines.map((line) => [line.key, ...COLUMNS.map(([, text]) => text(line))])]);
};

const LIMITS: Readonly<Record<BudgetState["limit"], string>> = {
  daily: "today",
  monthly: "this month",
  total: "altogether",
};

const budgetText = ({ limit, limitUsd, usedUsd }: BudgetState): string =>
  `budget ${LIMITS[limit]}: ${formatUsd(usedUsd)} of ${formatUsd(limitUsd)}\n`;

const totalText = ({ totalUsd, unpricedCalls }: Pick<CostReport, "totalUsd" | "unpricedCalls">): string =>
  `${formatUsd(totalUsd)}${unpricedCalls === 0 ? "" : `, and ${formatPlural(unpricedCalls, "call")} whose price nobody knows`}`;

export const costReportText = (report: CostReport, output: Styled): string => {
  const { by, rows, budget } = report;
  if (rows.length === 0) return `No calls of language models in this time.\n${budget.map(budgetText).join("")}`;
  const total = output.style("bold", `Together ${totalText(report)}.`);
  return `${table(by, rows, output)}${total}\n${budget.map(budgetText).join("")}`;
};

export const dailyReportText = (report: DailyReport, output: Styled): string => {
  const { day, timeZone, byModel, byKind, budget } = report;
  const title = output.style("bold", `${day} (${timeZone}): ${totalText(report)}.`);
  const tables =
    byModel.length === 0
      ? "No calls of language models.\n"
      : table("model", byModel, output) + table("kind", byKind, output);
  return `${title}\n${tables}${budget.map(budgetText).join("")}`;
};

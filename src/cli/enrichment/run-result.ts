/** What a run of enrichment ends with: for programs with fixed names, for people in a few lines. */
import type { ExecutionReport } from "../../app/enrichment/follow-execution.ts";
import { EXIT } from "../command.ts";
import { remainingText } from "../progress-display.ts";
import { formatCount } from "../terminal.ts";

/** Names and units are a contract. */
export interface RunResult {
  readonly execution_id: string;
  /** False when something failed. */
  readonly success: boolean;
  readonly message: string;
  readonly processed_count: number;
  readonly failed_count: number;
  readonly total_processed: number;
  /** Percent, one decimal. */
  readonly success_rate: number;
  /** Seconds, one decimal. */
  readonly processing_time: number;
  /** US dollars; null = the price of some call is not known. */
  readonly cost_usd: number | null;
}

const roundTo1 = (value: number): number => Math.round(value * 10) / 10;

const costText = (costUsd: number | null): string =>
  costUsd === null ? "cost unknown" : costUsd === 0 ? "no cost" : `${costUsd.toFixed(costUsd < 0.1 ? 4 : 2)} USD`;

const failuresText = (failures: ExecutionReport["failures"]): string =>
  Object.entries(failures)
    .map(([code, count]) => `${code} ${formatCount(count)}`)
    .join(", ");

/** One sentence or two. `obstacle`: why the rest waits. */
const messageOf = ({ progress, failures, empty }: ExecutionReport, obstacle: string | undefined): string => {
  const { processed, failed, pending, submitted, dropped } = progress;
  const waiting = pending - submitted;
  const parts = [
    `${formatCount(processed)} done${empty > 0 ? ` (nothing to make for ${formatCount(empty)})` : ""}`,
    ...(failed > 0 ? [`${formatCount(failed)} failed (${failuresText(failures)})`] : []),
    ...(dropped > 0 ? [`${formatCount(dropped)} no longer wanted`] : []),
    ...(submitted > 0 ? [`${formatCount(submitted)} with the provider, which answers within 24 hours`] : []),
    ...(waiting > 0 ? [`${formatCount(waiting)} still queued`] : []),
  ];
  const reason =
    waiting > 0 && obstacle !== undefined ? ` ${waiting === 1 ? "It waits" : "They wait"} because ${obstacle}.` : "";
  return `${parts.join(", ")}.${reason}`;
};

export const runResult = (report: ExecutionReport, obstacle?: string): RunResult => {
  const { processed, failed } = report.progress;
  const total = processed + failed;
  return {
    execution_id: report.executionId,
    success: failed === 0,
    message: messageOf(report, obstacle),
    processed_count: processed,
    failed_count: failed,
    total_processed: total,
    success_rate: total === 0 ? 0 : roundTo1((100 * processed) / total),
    processing_time: roundTo1(report.seconds),
    cost_usd: report.costUsd,
  };
};

/** Nothing had to be done, or nobody waits: no execution has run. */
export const emptyResult = (message: string, executionId = ""): RunResult => ({
  execution_id: executionId,
  success: true,
  message,
  processed_count: 0,
  failed_count: 0,
  total_processed: 0,
  success_rate: 0,
  processing_time: 0,
  cost_usd: 0,
});

export const resultText = ({ message, processing_time: seconds, cost_usd: cost, total_processed: total }: RunResult) =>
  total === 0 ? message : `${message} It took ${remainingText(Math.max(1, Math.round(seconds)))}; ${costText(cost)}.`;

/** Queued is no failure. */
export const exitCodeOf = ({ failed_count: failed }: RunResult): number => (failed > 0 ? EXIT.partlyFailed : EXIT.done);

/** What a run of enrichment ends with: names and units are a contract. */
import { expect, test } from "vitest";
import type { ExecutionReport } from "../../../src/app/enrichment/follow-execution.ts";
import { exitCodeOf, resultText, runResult } from "../../../src/cli/enrichment/run-result.ts";
import { checkRunFlags, languageTags } from "../../../src/cli/enrichment/options.ts";
import type { RunFlags } from "../../../src/cli/enrichment/options.ts";
import { InvalidInputError } from "../../../src/errors.ts";

const report = (
  given: Partial<ExecutionReport["progress"]> = {},
  more: Partial<ExecutionReport> = {},
): ExecutionReport => ({
  executionId: "execution",
  progress: { total: 0, pending: 0, submitted: 0, processed: 0, failed: 0, dropped: 0, ...given },
  failures: {},
  empty: 0,
  seconds: 45.21,
  costUsd: 0.25,
  ...more,
});

test("counts, rate in percent, seconds and dollars", () => {
  const result = runResult(report({ total: 200, processed: 197, failed: 3 }, { failures: { LLM_REFUSED: 3 } }));
  expect(result).toEqual({
    execution_id: "execution",
    success: false,
    message: "197 done, 3 failed (LLM_REFUSED 3).",
    processed_count: 197,
    failed_count: 3,
    total_processed: 200,
    success_rate: 98.5,
    processing_time: 45.2,
    cost_usd: 0.25,
  });
  expect(exitCodeOf(result)).toBe(3);
});

test("what stays queued is no failure, and says why it waits", () => {
  const result = runResult(report({ total: 5, processed: 1, pending: 4, submitted: 1 }), "the provider asks to wait");
  expect(result).toMatchObject({ success: true, success_rate: 100 });
  expect(result.message).toBe(
    "1 done, 1 with the provider, which answers within 24 hours, 3 still queued. They wait because the provider asks to wait.",
  );
  expect(exitCodeOf(result)).toBe(0);
});

test("what there was nothing to make of is told apart; one job waits, two wait", () => {
  expect(runResult(report({ processed: 24 }, { empty: 20 })).message).toBe("24 done (nothing to make for 20).");
  expect(runResult(report({ pending: 1 }), "calls are paused").message).toBe(
    "0 done, 1 still queued. It waits because calls are paused.",
  );
  expect(resultText(runResult(report({ processed: 2 })))).toBe("2 done. It took 45 s; 0.25 USD.");
});

test("an unknown price is unknown, not nothing", () => {
  expect(resultText(runResult(report({ processed: 1 }, { costUsd: null })))).toContain("cost unknown");
  expect(resultText(runResult(report({ processed: 1 }, { costUsd: 0 })))).toContain("no cost");
});

const FLAGS: RunFlags = {
  folder: [],
  limit: undefined,
  batch: undefined,
  force: false,
  outdated: false,
  dryRun: false,
  payload: undefined,
  now: false,
  hurry: true,
  wait: true,
  yes: false,
  quiet: false,
  json: false,
};

test.each<[string, Partial<RunFlags>]>([
  ["--force and --outdated", { force: true, outdated: true }],
  ["--now and --no-hurry", { now: true, hurry: false }],
  ["--now and --no-wait", { now: true, wait: false }],
  ["--payload without --dry-run", { payload: "out" }],
])("%s exclude each other", (_name, given) => {
  expect(() => checkRunFlags({ ...FLAGS, ...given })).toThrow(InvalidInputError);
});

test("languages are tags in their usual spelling, each once", () => {
  expect(languageTags(["ES", "pt-br", "es"])).toEqual(["es", "pt-BR"]);
  expect(() => languageTags(["not a language"])).toThrow(InvalidInputError);
});

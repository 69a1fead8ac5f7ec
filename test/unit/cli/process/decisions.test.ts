import { expect, test } from "vitest";
import { chooseFormat } from "../../../../src/cli/process/format.ts";
import { chooseWorkers } from "../../../../src/cli/process/options.ts";
import {
  countFailure,
  createTally,
  enrichmentSummary,
  exitCode,
  failureHints,
  summaryText,
  type Tally,
} from "../../../../src/cli/process/tally.ts";
import { PHOTO_FAILURE_CODES } from "../../../../src/errors.ts";

test.each([
  [undefined, undefined, "json", "json"],
  [undefined, undefined, "jsonl", "jsonl"],
  [undefined, "out.jsonl", "json", "jsonl"],
  [undefined, "out.NDJSON", "json", "jsonl"],
  [undefined, "out.json", "jsonl", "json"],
  [undefined, "out.txt", "jsonl", "jsonl"],
  ["jsonl", undefined, "json", "jsonl"],
  ["json", "out.txt", "jsonl", "json"],
  ["json", "out.json", "jsonl", "json"],
] as const)("flag %s, file %s, config %s: %s, without a warning", (flag, path, configured, format) => {
  expect(chooseFormat(flag, path, configured)).toEqual({ format });
});

test("a flag against the extension is obeyed with a warning", () => {
  expect(chooseFormat("json", "out.jsonl", "json")).toEqual({
    format: "json",
    warning: expect.stringContaining(".jsonl"),
  });
  expect(chooseFormat("jsonl", "out.json", "json")).toEqual({
    format: "jsonl",
    warning: expect.stringContaining(".json"),
  });
});

test("the number of workers stays within 1 and 4 per core, said aloud", () => {
  expect(chooseWorkers(4, 2)).toEqual({ workers: 4 });
  expect(chooseWorkers(8, 2)).toEqual({ workers: 8 });
  expect(chooseWorkers(10_000, 2)).toEqual({ workers: 8, warning: expect.stringContaining("10000") });
  expect(chooseWorkers(0, 2)).toEqual({ workers: 1, warning: expect.stringContaining("1 to 8") });
  expect(chooseWorkers(-3, 2).workers).toBe(1);
});

const tally = (counts: Partial<Tally>): Tally => ({ ...createTally(), ...counts });

test.each([
  [{}, 0],
  [{ succeeded: 3 }, 0],
  [{ skipped: 3 }, 0],
  [{ failed: 2 }, 1],
  [{ succeeded: 1, failed: 1 }, 3],
  [{ skipped: 1, failed: 1 }, 3],
  [{ succeeded: 2, incomplete: 1 }, 3],
  [{ succeeded: 1, incomplete: 1 }, 3],
])("%j ends with exit code %i", (counts, code) => {
  expect(exitCode(tally(counts))).toBe(code);
});

test("the summary names every count, the codes and both rates", () => {
  const done = tally({ succeeded: 1200, incomplete: 1, failed: 3, skipped: 5, bytes: 3_600_000_000 });
  for (const code of ["decode_failed", "decode_failed", "too_large", "embed_failed"] as const) countFailure(done, code);
  expect(summaryText(done, 60)).toBe(
    "1,200 succeeded, 1 of them incomplete, 3 failed (decode_failed 2, too_large 1, embed_failed 1), 5 skipped, " +
      "1,208 in total, 60.0 s, 20.0 img/s, 60.0 MB/s",
  );
});

test("the summary of a described run counts descriptions, failures, what waits, and costs", () => {
  const done = createTally();
  Object.assign(done.enrichment, { described: 1200, failed: 2 });
  countFailure(done.enrichment, "llm_rejected");
  countFailure(done.enrichment, "llm_timeout");
  expect(enrichmentSummary(done, { costUsd: 0.01234, unpricedCalls: 0 })).toBe(
    "1,200 described, 2 failed (llm_rejected 1, llm_timeout 1), $0.0123",
  );
  Object.assign(done.enrichment, { queued: 3 });
  expect(enrichmentSummary(done, { costUsd: 12.3456, unpricedCalls: 1 })).toMatch(
    /, 3 queued, \$12\.35 and 1 call without a known price$/,
  );
});

test("failed descriptions end with 3, waiting ones with 0", () => {
  const described = (counts: object): Tally => {
    const all = { ...createTally(), succeeded: 3 };
    Object.assign(all.enrichment, counts);
    return all;
  };
  expect(exitCode(described({ described: 3 }))).toBe(0);
  expect(exitCode(described({ queued: 3 }))).toBe(0);
  expect(exitCode(described({ described: 2, failed: 1 }))).toBe(3);
});

test("kinds of failed descriptions have hints too, each once", () => {
  const done = createTally();
  countFailure(done, "internal");
  for (const code of ["llm_rejected", "llm_budget", "internal"] as const) countFailure(done.enrichment, code);
  expect(failureHints(done).map((hint) => hint.split(":")[1])).toEqual([" internal", " llm_rejected", " llm_budget"]);
});

test("a run without photos divides by nothing", () => {
  expect(summaryText(createTally(), 0)).toBe(
    "0 succeeded, 0 failed, 0 skipped, 0 in total, 0.0 s, 0.0 img/s, 0.0 MB/s",
  );
});

test("every kind of failure has a hint, shown once", () => {
  const all = createTally();
  for (const code of [...PHOTO_FAILURE_CODES, ...PHOTO_FAILURE_CODES]) countFailure(all, code);
  const hints = failureHints(all);
  expect(hints).toHaveLength(PHOTO_FAILURE_CODES.length);
  for (const hint of hints) expect(hint).toMatch(/^hint: [a-z_]+: .{20,}\.$/);
});

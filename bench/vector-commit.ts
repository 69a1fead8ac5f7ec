/** Rows per second into the vector index: batches against one commit per photo, on the same code. */
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { createCommitter } from "../src/vectors/committer.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast } from "./support/bench.ts";
import { createGeneratedSource } from "./support/vectors.ts";

const DIMENSION = 768;
/** Factor over single rows that each batch size must reach. */
const CASES = [
  { batchSize: 1, rows: 300, factor: undefined },
  { batchSize: 64, rows: 6_400, factor: undefined },
  { batchSize: 256, rows: 12_800, factor: 60 },
  { batchSize: 1_000, rows: 13_000, factor: 80 },
] as const;
const QUICK_SHARE = 4;

/** Rows are made beforehand: only the commits are timed, tidying up included. */
const rowsPerSecond = async (directory: string, batchSize: number, rows: number): Promise<number> => {
  const generated = createGeneratedSource(rows, DIMENSION);
  const hashes = (await generated.allRevisions()).map(({ contentHash }) => contentHash);
  const made = new Map((await generated.rowsFor(hashes, "bench")).map((row) => [row.contentHash, row]));
  const source = {
    ...generated,
    rowsFor: (wanted: readonly string[]) => Promise.resolve(wanted.flatMap((hash) => made.get(hash) ?? [])),
    allRevisions: () => Promise.resolve([]), // nothing but what is marked below
  };
  const table = { directory, vectorKey: `batches of ${batchSize}`, dimension: DIMENSION };
  await using committer = createCommitter({ ...table, source, clock: systemClock, batchSize });
  generated.mark(0, 1);
  await committer.commitPending(); // makes the table
  generated.mark(1, rows - 1);
  const start = performance.now();
  await committer.commitPending();
  return ((rows - 1) / (performance.now() - start)) * 1000;
};

export const vectorCommitBench: Bench = {
  name: "vector-commit",
  about: "rows into the vector index: batches against one commit per photo, on the same code",
  run: async ({ quick, directory, log }) => {
    const results: BenchResult[] = [];
    let single = 0;
    for (const { batchSize, rows, factor } of CASES) {
      const count = quick ? Math.ceil(rows / QUICK_SHARE) : rows;
      const rate = await rowsPerSecond(join(directory, "vectors"), batchSize, count);
      if (batchSize === 1) single = rate;
      log(`batches of ${batchSize}: ${rate.toFixed(0)} rows/s, ${(rate / single).toFixed(1)} times single rows`);
      results.push({ metric: `batches of ${batchSize}`, value: rate, unit: "rows/s" });
      if (factor !== undefined)
        results.push(atLeast(`batches of ${batchSize} over single`, rate / single, "x", factor));
    }
    return results;
  },
};

/** Rows per second into the vector index: batches against one commit per photo, on the same code. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { createCommitter } from "../src/vectors/committer.ts";
import type { BenchResult } from "./support/vectors.ts";
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

/** Rows are made beforehand: only the commit is timed. */
const rowsPerSecond = async (batchSize: number, rows: number): Promise<number> => {
  const directory = await mkdtemp(join(tmpdir(), "photon-bench-"));
  try {
    const generated = createGeneratedSource(rows, DIMENSION);
    const hashes = (await generated.allRevisions()).map(({ contentHash }) => contentHash);
    const made = new Map((await generated.rowsFor(hashes, "bench")).map((row) => [row.contentHash, row]));
    const rowsFor = (wanted: readonly string[]) => Promise.resolve(wanted.flatMap((hash) => made.get(hash) ?? []));
    const source = { ...generated, rowsFor };
    await using committer = createCommitter({
      source: { ...source, allRevisions: () => Promise.resolve([]) },
      directory,
      vectorKey: "bench",
      dimension: DIMENSION,
      clock: systemClock,
      batchSize,
    });
    generated.mark(0, 1);
    await committer.commitPending(); // makes the table
    generated.mark(1, rows - 1);
    const start = performance.now();
    await committer.commitPending();
    return ((rows - 1) / (performance.now() - start)) * 1000;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

export const bench = {
  name: "vector-commit",
  run: async ({ quick, log }: { quick: boolean; log: (line: string) => void }): Promise<readonly BenchResult[]> => {
    const results: BenchResult[] = [];
    let single = 0;
    for (const { batchSize, rows, factor } of CASES) {
      const rate = await rowsPerSecond(batchSize, quick ? Math.ceil(rows / QUICK_SHARE) : rows);
      if (batchSize === 1) single = rate;
      log(`batches of ${batchSize}: ${rate.toFixed(0)} rows/s, ${(rate / single).toFixed(1)} times single rows`);
      results.push({ metric: `batches of ${batchSize}`, value: rate, unit: "rows/s" });
      if (factor === undefined) continue;
      const value = rate / single;
      results.push({
        metric: `batches of ${batchSize} over single`,
        value,
        unit: "x",
        bar: `>= ${factor}x`,
        met: value >= factor,
      });
    }
    return results;
  },
};

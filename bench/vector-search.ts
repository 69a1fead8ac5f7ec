/** Latency and recall of nearest-neighbour search under date filters, against an exact scan of the same table. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DAY, systemClock } from "../src/clock.ts";
import { createCommitter } from "../src/vectors/committer.ts";
import type { IndexFilter, VectorIndex } from "../src/vectors/types.ts";
import { openVectorIndex } from "../src/vectors/vector-index.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast, atMost, secondsOf } from "./support/bench.ts";
import { createClusteredVectors, createGeneratedSource, FIRST_DAY, percentile } from "./support/vectors.ts";

const DIMENSION = 768;
const LIMIT = 10;
const WARM_UP_QUERIES = 10;
/** The calmest round counts: other work on the machine is not what is measured. */
const ROUNDS = 3;

interface Scale {
  readonly rows: number;
  readonly queries: number;
  /** Milliseconds. */
  readonly maxP95: number;
  readonly minRecall: number;
}

const QUICK: Scale = { rows: 20_000, queries: 40, maxP95: 15, minRecall: 0.98 };

const daysFrom = (day: number, days: number): IndexFilter => ({
  capturedFrom: FIRST_DAY + day * DAY,
  capturedBefore: FIRST_DAY + (day + days) * DAY,
});

/** Days of ten years. */
const FILTERS: Readonly<Record<string, IndexFilter>> = {
  "no filter": {},
  "half of the time": daysFrom(0, 1_825),
  "one year": daysFrom(1_000, 365),
  "two months": daysFrom(1_000, 61),
  "two weeks": daysFrom(1_000, 14),
  "two days": daysFrom(1_000, 2),
};

interface Measured {
  readonly milliseconds: readonly number[];
  readonly recall: number;
}

/** Milliseconds per query, of the round with the lowest 95th percentile. */
const timeQueries = async (search: (vector: Float32Array) => Promise<unknown>, vectors: readonly Float32Array[]) => {
  for (const vector of vectors.slice(0, WARM_UP_QUERIES)) await search(vector);
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const milliseconds: number[] = [];
    for (const vector of vectors) milliseconds.push((await secondsOf(() => search(vector))) * 1000);
    rounds.push(milliseconds);
  }
  return rounds.toSorted((left, right) => percentile(left, 0.95) - percentile(right, 0.95))[0] ?? [];
};

const measure = async (
  index: VectorIndex,
  vectors: readonly Float32Array[],
  filter: IndexFilter,
): Promise<Measured> => {
  const milliseconds = await timeQueries((vector) => index.nearest({ vector, limit: LIMIT, filter }), vectors);
  let expected = 0;
  let found = 0;
  for (const vector of vectors) {
    const hits = await index.nearest({ vector, limit: LIMIT, filter });
    const exact = await index.nearest({ vector, limit: LIMIT, filter, exact: true });
    const truth = new Set(exact.map(({ contentHash }) => contentHash));
    expected += truth.size;
    found += hits.filter(({ contentHash }) => truth.has(contentHash)).length;
  }
  return { milliseconds, recall: expected === 0 ? 1 : found / expected };
};

const measureScale = async (scale: Scale, directory: string, log: (line: string) => void): Promise<BenchResult[]> => {
  const { rows, queries, maxP95, minRecall } = scale;
  const table = { directory, vectorKey: `bench/${rows}`, dimension: DIMENSION };
  const started = performance.now();
  {
    const source = createGeneratedSource(rows, DIMENSION);
    await using committer = createCommitter({ ...table, source, clock: systemClock });
    await committer.rebuild();
  }
  const seconds = (performance.now() - started) / 1000;
  log(`${rows} rows made, committed and indexed in ${seconds.toFixed(0)} s`);
  await using index = await openVectorIndex(table);
  log(JSON.stringify(await index.status()));
  const vectorOf = createClusteredVectors(DIMENSION);
  const vectors = Array.from({ length: queries }, (_, query) => vectorOf(2 ** 31 + query)); // none is a stored one
  const results: BenchResult[] = [{ metric: `build of ${rows} rows`, value: seconds, unit: "s" }];
  for (const [name, filter] of Object.entries(FILTERS)) {
    const passing = await index.count(filter);
    const { milliseconds, recall } = await measure(index, vectors, filter);
    const [p50, p95] = [percentile(milliseconds, 0.5), percentile(milliseconds, 0.95)];
    const label = `${rows} rows, ${name} (${passing})`;
    log(`${label}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, recall ${recall.toFixed(3)}`);
    results.push(
      { metric: `${label} p50`, value: p50, unit: "ms" },
      atMost(`${label} p95`, p95, "ms", maxP95),
      atLeast(`${label} recall@10`, recall, "", minRecall),
    );
  }
  return results;
};

/** Each size is a bench of its own: the larger one builds for minutes. */
const benchOf = (name: string, scale: Scale): Bench => ({
  name,
  about: `nearest ten of ${scale.rows.toLocaleString("en")} vectors under date filters: latency (calmest of three rounds), recall against an exact scan`,
  run: async ({ quick, directory, log }) => {
    const tables = join(directory, name);
    try {
      return await measureScale(quick ? QUICK : scale, tables, log);
    } finally {
      await rm(tables, { recursive: true, force: true }); // 3 GB at a million rows
    }
  },
});

export const vectorSearchBenches: readonly Bench[] = [
  benchOf("vector-search", { rows: 100_000, queries: 100, maxP95: 15, minRecall: 0.98 }),
  benchOf("million-vectors", { rows: 1_000_000, queries: 30, maxP95: 30, minRecall: 0.95 }),
];

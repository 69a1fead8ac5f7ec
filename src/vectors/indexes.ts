/** Which indexes a table has, and when it is tidied up. Figures: docs/decisions/0005-vector-index.md. */
import type { Index, Table } from "@lancedb/lancedb";
import type { Clock } from "../clock.ts";
import { MINUTE } from "../clock.ts";
import type { LanceDb } from "./lancedb.ts";
import { isCommitConflict, loadLanceDb } from "./lancedb.ts";
import { withoutLeftovers } from "./training-leftovers.ts";

/** Below this an exact scan is fast and always right. */
export const VECTOR_INDEX_FROM_ROWS = 20_000;
/** The vector index is trained anew when the table has grown by this factor: its partitions only get fuller. */
const RETRAIN_GROWTH = 2;
const MAX_FRAGMENTS = 100;
const MAX_UNINDEXED_ROWS = 5_000;
/** In a large table the limit grows with it: rewriting its indexes costs more. */
const MAX_UNINDEXED_SHARE = 0.01;
/** A reader may still be in a version younger than this. */
const KEEP_VERSIONS_MS = 10 * MINUTE;
/** Longer tokens are not indexed; a content hash as file name still fits. */
const MAX_TOKEN_LENGTH = 80;
const TEXT_INDEX_NAME = "text_idx";
/** The number of rows at training is part of the name: `vector_25000`. */
const VECTOR_INDEX_PREFIX = "vector_";

/** No index on content_hash: merges are slower with one. */
const tableIndexes = ({ Index: index }: LanceDb): Readonly<Record<string, Index>> => ({
  captured_key: index.btree(),
  latitude: index.btree(),
  longitude: index.btree(),
  rating: index.btree(),
  format: index.bitmap(),
  favourite: index.bitmap(),
  enriched: index.bitmap(),
  folders: index.labelList(),
  tags: index.labelList(),
  // No stop words are removed: file and folder words must match as typed. `icu/split` cuts at punctuation
  // (`DSC_0042.jpg`) and segments Chinese, Japanese and Thai by dictionary.
  text: index.fts({
    baseTokenizer: "icu/split",
    language: "English",
    stem: true,
    removeStopWords: false,
    lowercase: true,
    asciiFolding: true,
    withPosition: true,
    maxTokenLength: MAX_TOKEN_LENGTH,
  }),
});

/** Two writers that open a new table together meet at each of its indexes, at most. */
const MAX_CONFLICTS = 20;

const indexedColumns = async (table: Table): Promise<ReadonlySet<string>> =>
  new Set((await table.listIndices()).flatMap(({ columns }) => columns));

/**
 * Creates what is missing: some 15 ms on a new table, nothing later. `optimize` takes new rows in. A conflict means that
 * another writer makes the same indexes: what is left to do is looked up anew.
 */
export const ensureTableIndexes = async (table: Table, conflictsLeft = MAX_CONFLICTS): Promise<void> => {
  const configs = tableIndexes(await loadLanceDb());
  const existing = await indexedColumns(table);
  try {
    for (const [column, config] of Object.entries(configs)) {
      if (!existing.has(column)) await table.createIndex(column, { config });
    }
  } catch (error) {
    if (conflictsLeft === 0 || !isCommitConflict(error)) throw error;
    await table.checkoutLatest();
    await ensureTableIndexes(table, conflictsLeft - 1);
  }
};

export interface VectorIndexState {
  readonly name: string;
  readonly rowsAtTraining: number;
  readonly unindexedRows: number;
}

/** Newest training first; more than one only while a new one replaces the old. */
const listVectorIndexes = async (table: Table): Promise<readonly VectorIndexState[]> =>
  (await table.listIndices())
    .filter(({ name }) => name.startsWith(VECTOR_INDEX_PREFIX))
    .map(({ name, numUnindexedRows = 0 }) => ({
      name,
      rowsAtTraining: Number.parseInt(name.slice(VECTOR_INDEX_PREFIX.length), 10),
      unindexedRows: numUnindexedRows,
    }))
    .toSorted((left, right) => right.rowsAtTraining - left.rowsAtTraining);

export const findVectorIndex = async (table: Table): Promise<VectorIndexState | undefined> =>
  (await listVectorIndexes(table))[0];

/** LanceDB's own number of partitions (one per 4,096 rows) is both the fastest to train and the best in recall. */
const trainVectorIndex = async (table: Table, rows: number): Promise<void> => {
  const { Index: index } = await loadLanceDb();
  const outdated = await listVectorIndexes(table);
  const name = `${VECTOR_INDEX_PREFIX}${rows}`;
  await withoutLeftovers(() =>
    table.createIndex("vector", { config: index.ivfRq({ distanceType: "cosine" }), name, replace: true }),
  );
  for (const { name: old } of outdated) if (old !== name) await table.dropIndex(old);
};

const isTrainingDue = async (table: Table, rows: number): Promise<boolean> => {
  if (rows < VECTOR_INDEX_FROM_ROWS) return false;
  const trained = await findVectorIndex(table);
  if (trained !== undefined) return rows >= trained.rowsAtTraining * RETRAIN_GROWTH;
  return (await table.countRows("vector IS NOT NULL")) >= VECTOR_INDEX_FROM_ROWS;
};

export interface Maintenance {
  /** True when fragments were merged and rows taken into the indexes. */
  readonly optimized: boolean;
  /** True when a vector index was trained. */
  readonly trained: boolean;
}

/**
 * due: when a limit is reached. crowded: only when there are many fragments, and without training; while a backlog is
 * worked off, so that indexes are not made again and again. now: in any case.
 */
export type MaintenanceTime = "due" | "crowded" | "now";

const isTime = async (table: Table, time: MaintenanceTime): Promise<boolean> => {
  if (time === "now") return true;
  const { numRows, fragmentStats } = await table.stats();
  if (fragmentStats.numFragments >= MAX_FRAGMENTS) return true;
  if (time === "crowded") return false;
  const unindexedRows = (await table.indexStats(TEXT_INDEX_NAME))?.numUnindexedRows ?? 0;
  return unindexedRows >= Math.max(MAX_UNINDEXED_ROWS, numRows * MAX_UNINDEXED_SHARE);
};

export interface MaintainOptions {
  readonly clock: Clock;
  /** 0 without a model: such a table gets no vector index. */
  readonly dimension: number;
  readonly time: MaintenanceTime;
}

/** Tidies the table up when it is time; asking costs well under a millisecond. */
export const maintainTable = async (table: Table, options: MaintainOptions): Promise<Maintenance> => {
  const { clock, dimension, time } = options;
  if (!(await isTime(table, time))) return { optimized: false, trained: false };
  await table.optimize({ cleanupOlderThan: new Date(clock.now() - KEEP_VERSIONS_MS) });
  const rows = await table.countRows();
  const trained = dimension > 0 && time !== "crowded" && (await isTrainingDue(table, rows));
  if (trained) await trainVectorIndex(table, rows);
  return { optimized: true, trained };
};

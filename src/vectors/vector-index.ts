/** The read side: nearest vectors, full text, lists and counts over one table. */
import type { Table, VectorQuery } from "@lancedb/lancedb";
import { InvalidInputError } from "../errors.ts";
import { filterToSql } from "./filter.ts";
import { findVectorIndex, VECTOR_INDEX_FROM_ROWS } from "./indexes.ts";
import { loadLanceDb, WORDS_KEY } from "./lancedb.ts";
import { hasDirection } from "./schema.ts";
import type { TableReader } from "./table-reader.ts";
import { createTableReader } from "./table-reader.ts";
import { createTextQuery } from "./text-query.ts";
import type { IndexFilter, TextHit, VectorHit, VectorIndex, VectorIndexStatus } from "./types.ts";
import type { TableOptions } from "./writable-table.ts";

/** Partitions probed, of one per 4,096 rows. Rare hits lie scattered over all of them and need more. */
const PROBES = 20;
const NARROW_PROBES = 60;
const NARROW_SHARE = 0.003;
/** Candidates whose exact distance is computed, as a multiple of the hits wanted; without it recall falls to 0.75. */
const MIN_REFINE_FACTOR = 3;
const MAX_REFINE_FACTOR = 10;
const CANDIDATES = 200;
/** A filter that leaves no more rows than this is scanned exactly: some 10 µs a row, as fast as the index, and complete. */
const EXACT_ROWS = 500;

interface NearestOptions {
  readonly vector: Float32Array;
  readonly limit: number;
  readonly predicate: string | undefined;
  readonly exact: boolean;
}

interface Columns {
  getChild(name: string): Iterable<unknown> | null;
}

const textsOf = (rows: Columns, name: string): readonly string[] => Array.from(rows.getChild(name) ?? [], String);
const numbersOf = (rows: Columns, name: string): readonly number[] => Array.from(rows.getChild(name) ?? [], Number);

const byHash = (left: { contentHash: string }, right: { contentHash: string }): number =>
  left.contentHash < right.contentHash ? -1 : 1;

/** Probes to make, or "scan" when few rows can be hits. */
const chooseProbes = async (table: Table, predicate: string | undefined): Promise<number | "scan"> => {
  const rows = await table.countRows();
  if (rows < VECTOR_INDEX_FROM_ROWS) return "scan";
  if (predicate === undefined) return PROBES;
  const passing = await table.countRows(predicate); // a few milliseconds, from the scalar indexes
  if (passing <= EXACT_ROWS) return "scan";
  return passing < rows * NARROW_SHARE ? NARROW_PROBES : PROBES;
};

const searchWith = (query: VectorQuery, probes: number | "scan", limit: number): VectorQuery => {
  if (probes === "scan") return query.bypassVectorIndex();
  const factor = Math.ceil(CANDIDATES / limit);
  return query.nprobes(probes).refineFactor(Math.min(MAX_REFINE_FACTOR, Math.max(MIN_REFINE_FACTOR, factor)));
};

const findNearest = async (table: Table, options: NearestOptions): Promise<readonly VectorHit[]> => {
  const { vector, limit, predicate, exact } = options;
  const base = table
    .query()
    .nearestTo(vector)
    .distanceType("cosine")
    .select(["content_hash", "_distance"])
    .limit(limit);
  const filtered = predicate === undefined ? base : base.where(predicate);
  const probes = exact ? "scan" : await chooseProbes(table, predicate);
  const rows = await searchWith(filtered, probes, limit).toArrow();
  const distances = numbersOf(rows, "_distance");
  return textsOf(rows, "content_hash")
    .map((contentHash, row) => ({ contentHash, cosine: 1 - (distances[row] ?? 0) }))
    .toSorted((left, right) => right.cosine - left.cosine || byHash(left, right));
};

interface TextOptions {
  readonly text: string;
  readonly limit: number;
  readonly predicate: string | undefined;
}

const findText = async (table: Table, { text, limit, predicate }: TextOptions): Promise<readonly TextHit[]> => {
  const words = createTextQuery(await loadLanceDb(), text);
  if (words === undefined) return [];
  const base = table.query().fullTextSearch(words).select(["content_hash", "_score"]).limit(limit);
  const rows = await (predicate === undefined ? base : base.where(predicate)).toArrow(); // filters before ranking
  const scores = numbersOf(rows, "_score");
  return textsOf(rows, "content_hash")
    .map((contentHash, row) => ({ contentHash, bm25: scores[row] ?? 0 }))
    .toSorted((left, right) => right.bm25 - left.bm25 || byHash(left, right));
};

interface ListOptions {
  readonly predicate: string | undefined;
  readonly order: "newest" | "oldest";
  readonly limit: number;
  readonly offset: number;
}

const listRows = async (table: Table, { predicate, order, limit, offset }: ListOptions): Promise<readonly string[]> => {
  const base = table
    .query()
    .select(["content_hash", "captured_key"]) // LanceDB sorts by selected columns only
    .orderBy([
      { columnName: "captured_key", ascending: order === "oldest", nullsFirst: false },
      { columnName: "content_hash", ascending: true },
    ])
    .limit(limit)
    .offset(offset);
  return textsOf(await (predicate === undefined ? base : base.where(predicate)).toArrow(), "content_hash");
};

const describeTable = async (table: Table): Promise<Omit<VectorIndexStatus, "vectorKey" | "dimension">> => {
  const [stats, version, vectorIndex] = await Promise.all([table.stats(), table.version(), findVectorIndex(table)]);
  return {
    rows: stats.numRows,
    fragments: stats.fragmentStats.numFragments,
    version,
    vectorIndex: vectorIndex === undefined ? "none" : "IVF_RQ",
    unindexedRows: vectorIndex?.unindexedRows ?? stats.numRows,
    bytes: stats.totalBytes,
  };
};

const checkVector = (vector: Float32Array, { vectorKey, dimension }: TableOptions): void => {
  if (vectorKey === undefined) {
    throw new InvalidInputError("Expected a model for a search by meaning, received none: this library has no model.", {
      hint: "Install a model, or search by words and filters.",
    });
  }
  if (vector.length !== dimension || !hasDirection(vector)) {
    const received = vector.length === dimension ? "one without direction" : `${vector.length}`;
    throw new InvalidInputError(
      `Expected a query vector of ${dimension} numbers for the model ${vectorKey}, received ${received}.`,
      { hint: "Encode the query with the model the library is indexed with.", details: { vectorKey, dimension } },
    );
  }
};

const ABSENT = { rows: 0, fragments: 0, version: 0, vectorIndex: "none", unindexedRows: 0, bytes: 0 } as const;

const createQueries = (reader: TableReader, options: TableOptions): Omit<VectorIndex, keyof AsyncDisposable> => {
  const { dimension } = options;
  const vectorKey = options.vectorKey ?? WORDS_KEY;
  return {
    vectorKey,
    dimension,
    nearest: async ({ vector, limit, filter, exact = false }) => {
      checkVector(vector, options);
      const predicate = filterToSql(filter);
      if (limit < 1) return [];
      return reader.read([], (table) => findNearest(table, { vector, limit, predicate, exact }));
    },
    matchText: async ({ text, limit, filter }) => {
      const predicate = filterToSql(filter);
      if (limit < 1) return [];
      return reader.read([], (table) => findText(table, { text, limit, predicate }));
    },
    list: async ({ filter, order = "newest", limit, offset = 0 }) => {
      const predicate = filterToSql(filter);
      if (limit < 1) return [];
      return reader.read([], (table) => listRows(table, { predicate, order, limit, offset }));
    },
    count: async (filter?: IndexFilter) => {
      const predicate = filterToSql(filter);
      return reader.read(0, (table) => table.countRows(predicate));
    },
    status: async () => ({ vectorKey, dimension, ...(await reader.read(ABSENT, describeTable)) }),
  };
};

/**
 * Opens the index of one vector key for reading. A table that does not exist yet answers like an empty one; LanceDB is
 * loaded at the first query.
 * @throws InvalidInputError for query vectors of another dimension and for impossible filters, StorageError
 */
export const openVectorIndex = (options: TableOptions): Promise<VectorIndex> => {
  const reader = createTableReader(options.directory, options.vectorKey);
  return Promise.resolve({
    ...createQueries(reader, options),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  });
};

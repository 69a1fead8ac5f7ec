/** The table behind one vector key: its columns, and rows turned into Arrow. */
import type { Data, Schema, Table as ArrowTable } from "apache-arrow";
import { InternalError } from "../errors.ts";
import type { ColumnBuilder } from "./columns.ts";
import { createColumnBuilder } from "./columns.ts";
import { foldText } from "./fold-text.ts";
import type { Arrow } from "./lancedb.ts";
import type { IndexRow } from "./types.ts";

/**
 * What LanceDB's `setUnenforcedPrimaryKey` writes into a schema. Given at creation it holds from the table's first
 * version on: without it two writers that merge the same new key leave duplicates.
 */
const PRIMARY_KEY = new Map([["lance-schema:unenforced-primary-key:position", "1"]]);
/** A table without a model keeps the column, always NULL, at the smallest dimension a fixed-size list can have. */
const NO_VECTOR_DIMENSION = 1;

export interface RowSchema {
  readonly schema: Schema;
  /** Rows as one record batch. Vectors that cannot be compared (all zero, not finite) become NULL. */
  toArrow(rows: readonly IndexRow[]): ArrowTable;
}

/** False for vectors with no direction: cosine is undefined for them and one would poison the training of the index. */
export const hasDirection = (vector: Float32Array): boolean => {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Number.isFinite(squares) && squares > 0;
};

const checkedVector = (row: IndexRow, dimension: number): Float32Array | undefined => {
  if (row.vector === undefined || dimension === 0) return undefined;
  if (row.vector.length !== dimension) {
    throw new InternalError(
      `Expected a vector of ${dimension} numbers for photo ${row.contentHash}, received ${row.vector.length}.`,
    );
  }
  return hasDirection(row.vector) ? row.vector : undefined;
};

const columnsOf = (build: ColumnBuilder, rows: readonly IndexRow[], dimension: number): readonly Data[] => {
  const vectors = rows.map((row) => checkedVector(row, dimension));
  return [
    build.utf8(rows.map((row) => row.contentHash)),
    build.int64(rows.map((row) => row.rev)),
    build.vectors(vectors, Math.max(dimension, NO_VECTOR_DIMENSION)),
    build.int64(rows.map((row) => row.capturedKey)),
    build.utf8Lists(rows.map((row) => row.folders)),
    build.utf8(rows.map((row) => row.camera)),
    build.utf8(rows.map((row) => row.lens)),
    build.utf8Lists(rows.map((row) => row.tags)),
    build.float64(rows.map((row) => row.latitude)),
    build.float64(rows.map((row) => row.longitude)),
    build.bool(rows.map((row) => row.favourite)),
    build.float64(rows.map((row) => row.rating)),
    build.utf8(rows.map((row) => row.format)),
    build.bool(rows.map((row) => row.enriched)),
    build.utf8(rows.map((row) => foldText(row.text))),
  ];
};

/** @param dimension 0 for a table without a model */
export const createRowSchema = (arrow: Arrow, dimension: number): RowSchema => {
  const { Bool, Field, FixedSizeList, Float32, Float64, Int64, List, Utf8 } = arrow;
  const item = new Field("item", new Utf8(), true);
  const vectorType = new FixedSizeList(
    Math.max(dimension, NO_VECTOR_DIMENSION),
    new Field("item", new Float32(), true),
  );
  const schema = new arrow.Schema([
    new Field("content_hash", new Utf8(), false, PRIMARY_KEY),
    new Field("rev", new Int64(), false),
    new Field("vector", vectorType, true),
    new Field("captured_key", new Int64(), true),
    new Field("folders", new List(item), false),
    new Field("camera", new Utf8(), true),
    new Field("lens", new Utf8(), true),
    new Field("tags", new List(item), false),
    new Field("latitude", new Float64(), true),
    new Field("longitude", new Float64(), true),
    new Field("favourite", new Bool(), false),
    new Field("rating", new Float64(), true),
    new Field("format", new Utf8(), false),
    new Field("enriched", new Bool(), false),
    new Field("text", new Utf8(), false),
  ]);
  const build = createColumnBuilder(arrow);
  return {
    schema,
    toArrow: (rows) => {
      const children = [...columnsOf(build, rows, dimension)];
      const data = arrow.makeData({
        type: new arrow.Struct(schema.fields),
        length: rows.length,
        nullCount: 0,
        children,
      });
      return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
    },
  };
};

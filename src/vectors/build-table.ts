/**
 * Fills the table of a key that is not searched yet, beside the one that is. No mark is taken or cleared: marks belong
 * to the table that is searched. What changes meanwhile is found by revision, see catalogue/vector-key-activation.ts.
 */
import type { Clock } from "../clock.ts";
import { REBUILD_BATCH_SIZE } from "./committer.ts";
import { tableName, tablePath } from "./lancedb.ts";
import { createTableWriter } from "./table-writer.ts";
import type { IndexMark, IndexSource } from "./types.ts";
import type { TableOptions } from "./writable-table.ts";
import { createWritingMarker } from "./writing-marker.ts";

export interface BuildTableOptions extends TableOptions {
  readonly vectorKey: string;
  readonly source: Pick<IndexSource, "allRevisions" | "rowsFor">;
  readonly clock: Clock;
  /** Rows that an earlier call wrote and that are still right, by revision. Unset = the table is emptied first. */
  readonly known?: ReadonlyMap<string, number>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Passes over what changed meanwhile; the switch marks the rest. */
const CATCH_UP_PASSES = 2;

const outOfDate = (all: readonly IndexMark[], indexed: ReadonlyMap<string, number>): readonly string[] =>
  all.filter(({ contentHash, rev }) => indexed.get(contentHash) !== rev).map(({ contentHash }) => contentHash);

/**
 * Brings the table to one row for every photo.
 * @returns the revision of each row
 * @throws StorageError when it cannot be written; an abort takes effect between two batches
 */
export const buildTable = async (options: BuildTableOptions): Promise<ReadonlyMap<string, number>> => {
  const { source, vectorKey, directory, known, signal, onProgress } = options;
  using writer = createTableWriter(options);
  const marker = createWritingMarker(directory, tablePath(directory, vectorKey), tableName(vectorKey));
  const indexed = new Map(known);
  await marker.begin();
  if (known === undefined) {
    await marker.clearStale(); // what earlier runs lost goes with the old rows
    await writer.clear();
  }
  for (let pass = 0; pass <= CATCH_UP_PASSES; pass += 1) {
    const wanted = outOfDate(await source.allRevisions(), indexed);
    if (wanted.length === 0) break;
    for (let from = 0; from < wanted.length; from += REBUILD_BATCH_SIZE) {
      signal.throwIfAborted();
      const rows = await source.rowsFor(wanted.slice(from, from + REBUILD_BATCH_SIZE), vectorKey);
      await writer.upsert(rows);
      for (const { contentHash, rev } of rows) indexed.set(contentHash, rev);
      if (pass === 0) onProgress?.({ done: Math.min(from + REBUILD_BATCH_SIZE, wanted.length), total: wanted.length });
    }
  }
  await writer.maintain("now");
  await marker.end();
  return indexed;
};

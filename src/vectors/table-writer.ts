/** What the committer does to a table: upsert and remove by content hash, read revisions, tidy up. */
import type { Clock } from "../clock.ts";
import { sqlString } from "./filter.ts";
import type { Maintenance, MaintenanceTime } from "./indexes.ts";
import { maintainTable } from "./indexes.ts";
import type { IndexMark, IndexRow } from "./types.ts";
import type { TableOptions, WritableTable } from "./writable-table.ts";
import { createWritableTable } from "./writable-table.ts";

/** Keys per DELETE statement. */
const DELETE_BATCH = 1_000;
/** An older row never replaces a newer one, whatever order two writers commit in. */
const NOT_OLDER = "source.rev >= target.rev";

export interface TableWriter extends Pick<WritableTable, "exists" | "clear">, Disposable {
  upsert(rows: readonly IndexRow[]): Promise<void>;
  remove(contentHashes: readonly string[]): Promise<void>;
  /** Every row's key and revision, in no order. */
  revisions(): AsyncIterable<IndexMark>;
  maintain(time: MaintenanceTime): Promise<Maintenance>;
}

export const createTableWriter = (options: TableOptions & { readonly clock: Clock }): TableWriter => {
  const { clock, dimension } = options;
  const writable = createWritableTable(options);
  return {
    ...writable,
    upsert: (rows) =>
      writable.use(async ({ table, rowSchema }) => {
        if (rows.length === 0) return;
        const merge = table.mergeInsert("content_hash").whenMatchedUpdateAll({ where: NOT_OLDER });
        await merge.whenNotMatchedInsertAll().execute(rowSchema.toArrow(rows));
      }),
    remove: (contentHashes) =>
      writable.use(async ({ table }) => {
        for (let from = 0; from < contentHashes.length; from += DELETE_BATCH) {
          const batch = contentHashes.slice(from, from + DELETE_BATCH);
          await table.delete(`content_hash IN (${batch.map(sqlString).join(", ")})`);
        }
      }),
    revisions: async function* () {
      const query = await writable.use(({ table }) => Promise.resolve(table.query().select(["content_hash", "rev"])));
      for await (const batch of query) {
        const revs = Array.from(batch.getChild("rev") ?? [], Number);
        const hashes = Array.from(batch.getChild("content_hash") ?? [], String);
        yield* hashes.map((contentHash, row) => ({ contentHash, rev: revs[row] ?? 0 }));
      }
    },
    maintain: (time) => writable.use(({ table }) => maintainTable(table, { clock, dimension, time })),
  };
};

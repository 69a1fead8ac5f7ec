/** Opens one table for writing, at its newest version; makes it when it is missing. */
import { mkdir, rm } from "node:fs/promises";
import type { Connection, Table } from "@lancedb/lancedb";
import { StorageError } from "../errors.ts";
import { ensureTableIndexes } from "./indexes.ts";
import {
  connectTo,
  folderIdentity,
  loadArrow,
  openTableIfPresent,
  tableName,
  tablePath,
  toStorageError,
} from "./lancedb.ts";
import type { RowSchema } from "./schema.ts";
import { createRowSchema } from "./schema.ts";

const MAX_ATTEMPTS = 5;

export interface TableOptions {
  /** Folder of all vector tables. */
  readonly directory: string;
  /** undefined = no model: photos are found by words and filters only. */
  readonly vectorKey: string | undefined;
  /** Length of the vectors; 0 without a model. */
  readonly dimension: number;
}

interface OpenedTable {
  readonly table: Table;
  readonly rowSchema: RowSchema;
}

export interface WritableTable extends Disposable {
  /** False when the table's folder is not there. Loads nothing. */
  exists(): Promise<boolean>;
  /** Runs `action` on the newest version. @throws StorageError */
  use<Result>(action: (opened: OpenedTable) => Promise<Result>): Promise<Result>;
  /** Leaves an empty table: a new version of the old one, so that open readers follow; a broken table is replaced. */
  clear(): Promise<void>;
}

type MakeTable = (connection: Connection, name: string, rowSchema: RowSchema) => Promise<Table>;

const openOrCreate: MakeTable = async (connection, name, { schema }) =>
  (await openTableIfPresent(connection, name)) ??
  connection.createEmptyTable(name, schema, { mode: "create", existOk: true });

const overwrite: MakeTable = (connection, name, { schema }) =>
  connection.createEmptyTable(name, schema, { mode: "overwrite" });

export const createWritableTable = ({ directory, vectorKey, dimension }: TableOptions): WritableTable => {
  const path = tablePath(directory, vectorKey);
  let opened: (OpenedTable & { readonly identity: string | undefined }) | undefined;

  const open = async (make: MakeTable): Promise<OpenedTable> => {
    await mkdir(directory, { recursive: true });
    const rowSchema = createRowSchema(await loadArrow(), dimension);
    const table = await make(await connectTo(directory), tableName(vectorKey), rowSchema);
    await ensureTableIndexes(table);
    opened = { identity: await folderIdentity(path), table, rowSchema };
    return opened;
  };

  const newest = async (): Promise<OpenedTable> => {
    if (opened === undefined || opened.identity !== (await folderIdentity(path))) return open(openOrCreate);
    await opened.table.checkoutLatest();
    return opened;
  };

  /** Every action may run twice; a conflict with another writer is settled by starting from its version. */
  const attempt = async <Result>(action: () => Promise<Result>, attempts = MAX_ATTEMPTS): Promise<Result> => {
    try {
      return await action();
    } catch (error) {
      opened = undefined;
      const wrapped = toStorageError("write", path, error);
      if (attempts > 1 && wrapped instanceof StorageError && wrapped.retryable) return attempt(action, attempts - 1);
      throw wrapped;
    }
  };

  return {
    exists: async () => (await folderIdentity(path)) !== undefined,
    use: (action) => attempt(async () => action(await newest())),
    clear: () =>
      attempt(async () => {
        await open(overwrite).catch(async () => {
          // Too broken to get a new version: readers notice that the folder is another one.
          await rm(path, { recursive: true, force: true });
          await open(overwrite);
        });
      }),
    [Symbol.dispose]: () => {
      opened?.table.close();
      opened = undefined;
    },
  };
};

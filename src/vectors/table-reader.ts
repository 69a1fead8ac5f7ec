/** Keeps one LanceDB table open and at its newest version, also when another process replaces its folder. */
import type { Table } from "@lancedb/lancedb";
import { PhotonError } from "../errors.ts";
import { connectTo, folderIdentity, openTableIfPresent, tableName, tablePath, toStorageError } from "./lancedb.ts";

interface Handle {
  readonly identity: string;
  readonly table: Promise<Table | undefined>;
}

export interface TableReader extends AsyncDisposable {
  /** Runs `action` on the newest version; gives `absent` when the table does not exist. @throws StorageError */
  read<Result>(absent: Result, action: (table: Table) => Promise<Result>): Promise<Result>;
}

export const createTableReader = (directory: string, vectorKey: string | undefined): TableReader => {
  const path = tablePath(directory, vectorKey);
  let handle: Handle | undefined;

  const open = async (): Promise<Table | undefined> =>
    openTableIfPresent(await connectTo(directory), tableName(vectorKey));

  /** A handle on a folder that was deleted and made again would serve the old version for ever. */
  const newest = async (): Promise<Table | undefined> => {
    const identity = await folderIdentity(path);
    if (identity === undefined) return undefined;
    if (handle?.identity !== identity) handle = { identity, table: open() };
    const used = handle;
    const table = await used.table;
    if (table === undefined && handle === used) handle = undefined;
    await table?.checkoutLatest();
    return table;
  };

  const attempt = async <Result>(absent: Result, action: (table: Table) => Promise<Result>): Promise<Result> => {
    const table = await newest();
    return table === undefined ? absent : action(table);
  };

  return {
    read: async (absent, action) => {
      try {
        return await attempt(absent, action);
      } catch (error) {
        if (error instanceof PhotonError) throw error;
        handle = undefined; // the table may have been replaced under this read: a fresh handle decides
        return await attempt(absent, action).catch((again: unknown) => {
          throw toStorageError("read", path, again);
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      const opened = await handle?.table.catch(() => undefined); // its reader has been told
      handle = undefined;
      opened?.close();
    },
  };
};

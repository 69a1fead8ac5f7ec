/** What can be known of a table from the names in its folder, without loading LanceDB. */
import { folderIdentity, tableName, tablePath } from "./lancedb.ts";
import type { TableOptions } from "./writable-table.ts";
import { hasDeadWriter } from "./writing-marker.ts";

/** missing: deleted, or never made. unclean: its last writer died, so it may lack what the catalogue thinks it has. */
export type TableState = "missing" | "unclean" | "clean";

export const tableState = async ({
  directory,
  vectorKey,
}: Pick<TableOptions, "directory" | "vectorKey">): Promise<TableState> => {
  if ((await folderIdentity(tablePath(directory, vectorKey))) === undefined) return "missing";
  return (await hasDeadWriter(directory, tableName(vectorKey))) ? "unclean" : "clean";
};

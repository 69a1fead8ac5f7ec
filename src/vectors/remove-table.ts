/** Removes the table of a key that is no longer searched. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.ts";
import { tableName, tablePath } from "./lancedb.ts";

export { tablePath } from "./lancedb.ts";

/** The table and what its writers left beside it. A reader that has it open finds an empty library from now on. */
export const removeTable = async (directory: string, vectorKey: string | undefined): Promise<void> => {
  await rm(tablePath(directory, vectorKey), { recursive: true, force: true });
  const beside = await readdir(directory).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of beside.filter((entry) => entry.startsWith(`${tableName(vectorKey)}.`))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
};

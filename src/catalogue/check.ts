/** Looks at a catalogue file without changing it. */
import { existsSync } from "node:fs";
import { readSchemaVersion, SCHEMA_VERSION } from "./migrations.ts";

export interface CatalogueCheck {
  readonly path: string;
  readonly exists: boolean;
  readonly schemaVersion: number;
  readonly expectedSchemaVersion: number;
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 20;
const HEALTHY = "ok";

/** `quick_check` finds damaged pages, `foreign_key_check` rows whose photo is gone. */
export const checkCatalogueFile = async (path: string): Promise<CatalogueCheck> => {
  const empty = { path, schemaVersion: 0, expectedSchemaVersion: SCHEMA_VERSION, problems: [] };
  if (!existsSync(path)) return { ...empty, exists: false };
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const damaged = database
        .prepare(`pragma quick_check(${MAX_PROBLEMS})`)
        .all()
        .map((row) => String(row["quick_check"]))
        .filter((finding) => finding !== HEALTHY);
      const orphans = database
        .prepare("pragma foreign_key_check")
        .all()
        .slice(0, MAX_PROBLEMS)
        .map((row) => `A row of ${String(row["table"])} refers to a missing row of ${String(row["parent"])}.`);
      return { ...empty, exists: true, schemaVersion: readSchemaVersion(database), problems: [...damaged, ...orphans] };
    } finally {
      database.close();
    }
  } catch (error) {
    return { ...empty, exists: true, problems: [error instanceof Error ? error.message : String(error)] };
  }
};

/** Numbered migrations, forward only: one transaction each, after a copy of an old catalogue was set aside. */
import type { DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { StorageError } from "../errors.ts";
import { up as initial } from "./migrations/0001-initial.ts";
import { up as vectorKeys } from "./migrations/0002-vector-keys.ts";
import { up as tagRuns } from "./migrations/0003-tag-runs.ts";
import { up as enrichment } from "./migrations/0004-enrichment.ts";
import { up as watching } from "./migrations/0005-watching.ts";
import { up as groups } from "./migrations/0006-groups.ts";
import { up as edits } from "./migrations/0007-edits.ts";
import { up as workDone } from "./migrations/0008-work-done.ts";
import { up as watchFolders } from "./migrations/0009-watch-folders.ts";

export interface Migration {
  /** Becomes `PRAGMA user_version`. */
  readonly version: number;
  readonly name: string;
  up(database: Kysely<unknown>): Promise<void>;
}

const migrations = [
  { version: 1, name: "initial", up: initial },
  { version: 2, name: "vector-keys", up: vectorKeys },
  { version: 3, name: "tag-runs", up: tagRuns },
  { version: 4, name: "enrichment", up: enrichment },
  { version: 5, name: "watching", up: watching },
  { version: 6, name: "groups", up: groups },
  { version: 7, name: "edits", up: edits },
  { version: 8, name: "work-done", up: workDone },
  { version: 9, name: "watch-folders", up: watchFolders },
] as const satisfies readonly Migration[];

export const SCHEMA_VERSION = migrations.reduce((newest, { version }) => Math.max(newest, version), 0);

/** Gives the version at the moment of each call. */
export const schemaVersionReader = (database: DatabaseSync): (() => number) => {
  const statement = database.prepare("pragma user_version");
  return () => Number(statement.get()?.["user_version"] ?? 0);
};

export const readSchemaVersion = (database: DatabaseSync): number => schemaVersionReader(database)();

export const refuseNewerSchema = (found: number): void => {
  if (found <= SCHEMA_VERSION) return;
  throw new StorageError(
    `The library was written by a newer photon (schema ${found}, this photon knows ${SCHEMA_VERSION}).`,
    { hint: "Restart photon with the newer version; a newer library cannot be opened by an older photon." },
  );
};

const holdsRows = (database: DatabaseSync): boolean =>
  database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all()
    .some(({ name }) => database.prepare(`select 1 from "${String(name)}" limit 1`).get() !== undefined);

/** Brings the schema up to date. Safe when several processes start at once: each step re-checks inside its lock. */
export const migrate = async (
  database: DatabaseSync,
  kysely: Kysely<unknown>,
  backupPath: (fromVersion: number) => string,
  steps: readonly Migration[] = migrations,
): Promise<void> => {
  const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(kysely); // waits for other processes
  const found = rows[0]?.user_version ?? 0;
  const newest = steps.reduce((most, { version }) => Math.max(most, version), 0);
  if (found > newest) refuseNewerSchema(found);
  // One that is just being made by another process passes through the older schemas too, and holds nothing yet.
  const isOld = found > 0 && found < newest && holdsRows(database) && readSchemaVersion(database) === found;
  if (isOld) database.prepare("vacuum into ?").run(backupPath(found));
  for (const step of steps.filter(({ version }) => version > found)) {
    await kysely.transaction().execute(async (transaction) => {
      if (readSchemaVersion(database) >= step.version) return; // another process was faster
      await step.up(transaction as Kysely<unknown>);
      await sql.raw(`pragma user_version = ${step.version}`).execute(transaction);
    });
  }
};

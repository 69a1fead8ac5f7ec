/**
 * The switch from one vector key to another. Everything that has to agree is decided inside one transaction, in which
 * nobody else can write: no photo lacks a vector, and each photo whose row in the key's new index table is not its
 * present one is marked. Whoever commits next writes those rows; see vectors/active-committer.ts.
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { mark } from "./index-repository.ts";
import type { RoleLease } from "./lease-repository.ts";
import { listOf } from "./lists.ts";
import { shownPhotos, visiblePhotos } from "./photo-scope.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface ActivationRequest {
  readonly vectorKey: string;
  /** Name of the embed stage and the key it stores with vectors of this model: photos that have one are current then. */
  readonly stage: { readonly name: string; readonly key: string };
  /** Revision of each row of the key's index table. */
  readonly indexed: ReadonlyMap<string, number>;
  /** Photos that could not be embedded; they do not hold the switch up. */
  readonly unreadable: ReadonlySet<string>;
  /** Other photos that may lack a vector, at most; they are embedded after the switch. */
  readonly tolerated: number;
  /** Of the process that built the table. */
  readonly lease: RoleLease;
}

/**
 * incomplete: photos came meanwhile. cancelled: the key is not ready any more. overtaken: the lease went to another
 * process, which may have emptied the table.
 */
export type Activation =
  | { readonly outcome: "active"; readonly marked: number }
  | { readonly outcome: "incomplete"; readonly missing: number }
  | { readonly outcome: "cancelled" | "overtaken" };

export const withoutVector = async (database: Database, vectorKey: string): Promise<readonly string[]> => {
  const rows = await visiblePhotos(database)
    .select("photos.content_hash")
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("embeddings")
            .select("embeddings.content_hash")
            .whereRef("embeddings.content_hash", "=", "photos.content_hash")
            .where("embeddings.vector_key", "=", vectorKey),
        ),
      ),
    )
    .orderBy("photos.captured_key", "desc") // SQLite sorts NULL below every number: undated last
    .orderBy("photos.content_hash")
    .execute();
  return rows.map((row) => row.content_hash);
};

interface StageKeysToStore {
  readonly vectorKey: string;
  readonly stage: ActivationRequest["stage"];
  readonly now: number;
  /** Unset = every photo with a vector under the key. */
  readonly among?: readonly string[];
}

/** Photos with a vector under the key count as embedded with it: the next run does not embed them again. */
export const storeStageKeys = async (
  database: Database,
  { vectorKey, stage, now, among }: StageKeysToStore,
): Promise<void> => {
  await database
    .insertInto("photo_stages")
    .columns(["content_hash", "stage", "key", "at"])
    .expression((eb) => {
      const embedded = eb
        .selectFrom("embeddings")
        .select([
          "content_hash",
          sql<string>`${stage.name}`.as("stage"),
          sql<string>`${stage.key}`.as("key"),
          sql<number>`${now}`.as("at"),
        ])
        .where("vector_key", "=", vectorKey);
      return among === undefined ? embedded : embedded.where("content_hash", "in", listOf(among));
    })
    .onConflict((conflict) =>
      conflict
        .columns(["content_hash", "stage"])
        .doUpdateSet((eb) => ({ key: eb.ref("excluded.key"), at: eb.ref("excluded.at") })),
    )
    .execute();
};

/** Marks what the new table does not have as it is now, and what it has too many. @returns how many */
const markDifferences = async (
  database: Database,
  indexed: ReadonlyMap<string, number>,
  now: number,
): Promise<number> => {
  const rows = await shownPhotos(database).select(["photos.content_hash", "photos.rev"]).execute();
  const stale = rows.filter((row) => indexed.get(row.content_hash) !== row.rev);
  // A photo that was removed and came back may count from below its indexed row, which would then never be replaced.
  const overtaken = stale.flatMap(({ content_hash: hash, rev }) => {
    const found = indexed.get(hash) ?? 0;
    return found > rev ? [{ rev: found + 1, content_hash: hash }] : [];
  });
  await executeForEach(database, overtaken, ({ rev, content_hash: hash }) =>
    database.updateTable("photos").set({ rev }).where("content_hash", "=", hash),
  );
  await mark(
    database,
    stale.map((row) => row.content_hash),
    now,
  );
  const visible = new Set(rows.map((row) => row.content_hash));
  const gone = [...indexed].filter(([hash]) => !visible.has(hash));
  await executeForEach(
    database,
    gone.map(([hash, rev]) => ({ content_hash: hash, rev: rev + 1, marked_at: now })),
    (row) =>
      database
        .insertInto("to_index")
        .values(row)
        .onConflict((conflict) =>
          conflict.column("content_hash").doUpdateSet((eb) => ({
            rev: sql<number>`max(${eb.ref("to_index.rev")}, ${eb.ref("excluded.rev")})`,
          })),
        ),
  );
  return stale.length + gone.length;
};

export const activate = async (
  database: Database,
  { vectorKey, stage, indexed, unreadable, tolerated, lease }: ActivationRequest,
  now: number,
): Promise<Activation> => {
  const holder = await database.selectFrom("leases").select("token").where("name", "=", lease.name).executeTakeFirst();
  if (holder?.token !== lease.token) return { outcome: "overtaken" };
  const key = await database
    .selectFrom("vector_keys")
    .select("state")
    .where("vector_key", "=", vectorKey)
    .executeTakeFirst();
  if (key?.state !== "ready") return { outcome: "cancelled" };
  const missing = (await withoutVector(database, vectorKey)).filter((hash) => !unreadable.has(hash));
  if (missing.length > tolerated) {
    await database.updateTable("vector_keys").set({ state: "building" }).where("vector_key", "=", vectorKey).execute();
    return { outcome: "incomplete", missing: missing.length };
  }
  const marked = await markDifferences(database, indexed, now);
  await storeStageKeys(database, { vectorKey, stage, now });
  await database.updateTable("vector_keys").set({ state: "retired" }).where("state", "=", "active").execute();
  await database.updateTable("vector_keys").set({ state: "active" }).where("vector_key", "=", vectorKey).execute();
  return { outcome: "active", marked };
};

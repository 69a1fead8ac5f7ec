/**
 * The result cache: answers that gave a document, by everything they depend on. Entries leave when their time is over
 * or, when there are too many, in the order in which they were last used.
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { CacheEntry, CacheStats } from "./call-log.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export const readCached = async (database: Database, key: string, now: number): Promise<string | undefined> => {
  const entry = await database
    .selectFrom("llm_cache")
    .select("value")
    .where("key", "=", key)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .executeTakeFirst();
  return entry?.value;
};

/** Writing a key that is there evicts nothing. */
export const keepResult = async (tx: Tx, entry: CacheEntry, now: number): Promise<void> => {
  const { key, scopeId, value, model, ttlMs, maxSize } = entry;
  const row = {
    scope_id: scopeId,
    value,
    model,
    created_at: now,
    last_used_at: now,
    expires_at: ttlMs === null ? null : now + ttlMs,
  };
  await tx
    .insertInto("llm_cache")
    .values({ key, ...row })
    .onConflict((conflict) => conflict.column("key").doUpdateSet(row))
    .execute();
  const beyond = sql<string>`(select key from llm_cache order by last_used_at desc, key limit -1 offset ${maxSize})`;
  await tx.deleteFrom("llm_cache").where("key", "in", beyond).where("key", "<>", key).execute();
};

export const touchCached = async (tx: Tx, key: string, now: number): Promise<void> => {
  await tx.updateTable("llm_cache").set({ last_used_at: now }).where("key", "=", key).execute();
};

export const dropCached = async (tx: Tx, key: string): Promise<void> => {
  await tx.deleteFrom("llm_cache").where("key", "=", key).execute();
};

export const clearCache = async (database: Database): Promise<number> => {
  const { numDeletedRows } = await database.deleteFrom("llm_cache").executeTakeFirstOrThrow();
  return Number(numDeletedRows);
};

/** Canaries never ask the cache and are not counted. */
export const cacheStats = async (database: Database): Promise<CacheStats> => {
  const { size } = await database
    .selectFrom("llm_cache")
    .select((eb) => eb.fn.countAll<number>().as("size"))
    .executeTakeFirstOrThrow();
  const { hits, requests } = await database
    .selectFrom("llm_call_logs")
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>("cached"), eb.lit(0)).as("hits"),
      eb.fn.countAll<number>().as("requests"),
    ])
    .where("step_id", "<>", "canary")
    .executeTakeFirstOrThrow();
  return { size, hits, requests };
};

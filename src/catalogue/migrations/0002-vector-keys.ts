/** Changing the model: at most one active vector key, and how fast the one being built grows. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

export const up = async (database: Kysely<unknown>): Promise<void> => {
  await database.schema.alterTable("vector_keys").addColumn("photos_per_second", "real").execute();
  await database.schema
    .createIndex("one_active_vector_key")
    .unique()
    .on("vector_keys")
    .column("state")
    .where(sql.ref("state"), "=", sql.lit("active"))
    .execute();
};

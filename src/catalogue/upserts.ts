/** Rows that are written anew each time a stage has run, whoever ran it. */
import type { Insertable, Kysely } from "kysely";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, EmbeddingsTable, PhotoStagesTable } from "./schema.ts";

export const upsertStageKeys = (
  database: Kysely<CatalogueSchema>,
  rows: readonly Insertable<PhotoStagesTable>[],
): Promise<void> =>
  executeForEach(database, rows, (row) =>
    database
      .insertInto("photo_stages")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(["content_hash", "stage"])
          .doUpdateSet((eb) => ({ key: eb.ref("excluded.key"), at: eb.ref("excluded.at") })),
      ),
  );

export const upsertVectors = (
  database: Kysely<CatalogueSchema>,
  rows: readonly Insertable<EmbeddingsTable>[],
): Promise<void> =>
  executeForEach(database, rows, (row) =>
    database
      .insertInto("embeddings")
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(["content_hash", "vector_key"]).doUpdateSet((eb) => ({ vector: eb.ref("excluded.vector") })),
      ),
  );

/** How much of a library is described: photos by what they have, documents by state. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { EnrichmentState } from "./enrichment-schema.ts";
import { listOf } from "./lists.ts";
import { visiblePhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface EnrichmentCounts {
  readonly photos: number;
  /** Photos with a description by a model, or one of the user's that a model has put in order. */
  readonly described: number;
  readonly withProfile: number;
  readonly withTranslations: number;
  /** Enrichments of these photos by kind and state. */
  readonly states: readonly { readonly kind: string; readonly state: EnrichmentState; readonly count: number }[];
}

/** @param hashes undefined = the whole library */
export const countEnrichments = async (
  database: Database,
  hashes: readonly string[] | undefined,
): Promise<EnrichmentCounts> => {
  const photos = visiblePhotos(database).$if(hashes !== undefined, (query) =>
    query.where("photos.content_hash", "in", listOf(hashes ?? [])),
  );
  const row = await photos
    .select((eb) => [
      eb.fn.countAll<number>().as("photos"),
      eb.fn.count<number>("enriched_description").as("described"),
      eb.fn.count<number>("photo_profile").as("profiles"),
      eb.fn.count<number>("translations").as("translated"),
    ])
    .executeTakeFirstOrThrow();
  const states = await database
    .selectFrom("enrichments")
    .select(["kind", "state"])
    .select(sql<number>`count(*)`.as("count"))
    .$if(hashes !== undefined, (query) => query.where("scope_id", "in", listOf(hashes ?? [])))
    .groupBy(["kind", "state"])
    .orderBy("kind")
    .orderBy("state")
    .execute();
  return {
    photos: row.photos,
    described: row.described,
    withProfile: row.profiles,
    withTranslations: row.translated,
    states,
  };
};

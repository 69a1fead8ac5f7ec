/** What completes a word that somebody has begun to write. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { CatalogueSchema } from "./schema.ts";

export interface SuggestionRepository {
  /** Names of tags that begin so, without case, in alphabetical order. */
  readonly tags: (prefix: string, limit: number) => Promise<readonly string[]>;
}

/** Names are searched in one pass over the tags: a key pressed in a client, not a step of other work. */
export const createSuggestionRepository = (database: Kysely<CatalogueSchema>): SuggestionRepository => ({
  tags: async (prefix, limit) => {
    const pattern = `${prefix.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const begins = sql<boolean>`lower(name) like ${pattern} escape '\\'`;
    const given = database.selectFrom("tag_edits").select("name").where("action", "=", "add").where(begins);
    const rows = await database
      .selectFrom("tags")
      .select("name")
      .where(begins)
      .union(given)
      .orderBy("name")
      .limit(limit)
      .execute();
    return rows.map(({ name }) => name);
  },
});

/** What chance gives in this library's searches, measured now and then; see search/null-set.ts. */
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import type { NullSet } from "../search/null-calibration.ts";
import type { CatalogueSchema } from "./schema.ts";

export interface NullSetRepository {
  readonly load: (vectorKey: string) => Promise<NullSet | undefined>;
  readonly store: (vectorKey: string, nullSet: NullSet) => Promise<void>;
}

export const createNullSetRepository = (database: Kysely<CatalogueSchema>, clock: Clock): NullSetRepository => ({
  load: async (vectorKey) => {
    const row = await database
      .selectFrom("null_sets")
      .select(["id", "photos", "best"])
      .where("vector_key", "=", vectorKey)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { id: row.id, photos: row.photos, ...(JSON.parse(row.best) as Pick<NullSet, "best" | "fall">) }; // written below
  },
  store: async (vectorKey, { id, photos, best, fall }) => {
    const row = { vector_key: vectorKey, id, photos, best: JSON.stringify({ best, fall }), made_at: clock.now() };
    await database
      .insertInto("null_sets")
      .values(row)
      .onConflict((conflict) => conflict.column("vector_key").doUpdateSet(row))
      .execute();
  },
});

/** The one `library` row and the vector keys: which model this library is searched with. */
import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import type { CatalogueSchema, VectorKeyState } from "./schema.ts";

export interface VectorKey {
  readonly vectorKey: string;
  readonly modelId: string;
  readonly dimension: number;
  readonly state: VectorKeyState;
}

export interface LibraryRepository {
  /** Random id of this library; made at first use. */
  readonly id: () => Promise<string>;
  readonly activeVectorKey: () => Promise<VectorKey | undefined>;
  /** Makes the key active when none is; another process may have been faster, so the active one is returned. */
  readonly activateFirst: (key: Omit<VectorKey, "state">) => Promise<VectorKey>;
}

const columns = ["vector_key as vectorKey", "model_id as modelId", "dimension", "state"] as const;

const selectId = async (database: Kysely<CatalogueSchema>): Promise<string | undefined> =>
  (await database.selectFrom("library").select("library_id").executeTakeFirst())?.library_id;

const selectActive = (database: Kysely<CatalogueSchema>): Promise<VectorKey | undefined> =>
  database.selectFrom("vector_keys").select(columns).where("state", "=", "active").executeTakeFirst();

export const createLibraryRepository = (database: Kysely<CatalogueSchema>, clock: Clock): LibraryRepository => ({
  id: async () => {
    const known = await selectId(database);
    if (known !== undefined) return known; // without a write, which would wait for other writers
    const made = randomBytes(16).toString("hex");
    await database
      .insertInto("library")
      .values({ id: 1, library_id: made, created_at: clock.now() })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
    return (await selectId(database)) ?? made;
  },
  activeVectorKey: () => selectActive(database),
  activateFirst: (key) =>
    database.transaction().execute(async (transaction) => {
      const active = await selectActive(transaction);
      if (active !== undefined) return active;
      await transaction
        .insertInto("vector_keys")
        .values({
          vector_key: key.vectorKey,
          model_id: key.modelId,
          dimension: key.dimension,
          state: "active",
          created_at: clock.now(),
        })
        .onConflict((conflict) => conflict.column("vector_key").doUpdateSet({ state: "active" }))
        .execute();
      return { ...key, state: "active" };
    }),
});

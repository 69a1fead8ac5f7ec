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
  readonly vectorKeys: () => Promise<readonly VectorKey[]>;
  /** Makes the key active when none is; another process may have been faster, so the active one is returned. */
  readonly activateFirst: (key: Omit<VectorKey, "state">) => Promise<VectorKey>;
  /** Records a key whose vectors are stored beside the active one's. */
  readonly addVectorKey: (key: Omit<VectorKey, "state">) => Promise<void>;
}

const columns = ["vector_key as vectorKey", "model_id as modelId", "dimension", "state"] as const;

const insertKey = async (
  database: Kysely<CatalogueSchema>,
  key: Omit<VectorKey, "state">,
  state: VectorKeyState,
  now: number,
): Promise<void> => {
  await database
    .insertInto("vector_keys")
    .values({
      vector_key: key.vectorKey,
      model_id: key.modelId,
      dimension: key.dimension,
      state,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column("vector_key").doNothing())
    .execute();
};

const selectActive = (database: Kysely<CatalogueSchema>): Promise<VectorKey | undefined> =>
  database.selectFrom("vector_keys").select(columns).where("state", "=", "active").executeTakeFirst();

export const createLibraryRepository = (database: Kysely<CatalogueSchema>, clock: Clock): LibraryRepository => ({
  id: async () => {
    await database
      .insertInto("library")
      .values({ id: 1, library_id: randomBytes(16).toString("hex"), created_at: clock.now() })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
    const row = await database.selectFrom("library").select("library_id").executeTakeFirstOrThrow();
    return row.library_id;
  },
  activeVectorKey: () => selectActive(database),
  vectorKeys: () => database.selectFrom("vector_keys").select(columns).orderBy("created_at").execute(),
  activateFirst: (key) =>
    database.transaction().execute(async (transaction) => {
      const active = await selectActive(transaction);
      if (active !== undefined) return active;
      await insertKey(transaction, key, "active", clock.now());
      await transaction
        .updateTable("vector_keys")
        .set({ state: "active" })
        .where("vector_key", "=", key.vectorKey)
        .execute();
      return { ...key, state: "active" };
    }),
  addVectorKey: (key) => insertKey(database, key, "ready", clock.now()),
});

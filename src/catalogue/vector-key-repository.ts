/**
 * The vector keys of a library and the way from one to the next. Each step is one transaction that looks at the state
 * first, so a run that was cancelled or overtaken by another process changes nothing any more.
 *
 *   (new) ──startBuilding──▶ building ──markReady──▶ ready ──activate──▶ active      (new) ──keepBeside──▶ retired
 *   retired ──startBuilding──▶ building      building, ready ──stopBuilding, startBuilding of another──▶ retired
 *   active ──activate of another──▶ retired ──remove──▶ (gone)
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { joinPath } from "../photo/path-bytes.ts";
import { markChanged } from "./index-repository.ts";
import type { VectorKey } from "./library-repository.ts";
import { listOf } from "./lists.ts";
import { presentFiles } from "./photo-scope.ts";
import type { CatalogueSchema, VectorKeyState } from "./schema.ts";
import { upsertVectors } from "./upserts.ts";
import { toVectorBlob } from "./vector-blob.ts";
import type { Activation, ActivationRequest } from "./vector-key-activation.ts";
import { activate, storeStageKeys, withoutVector } from "./vector-key-activation.ts";

export interface KnownVectorKey extends VectorKey {
  /** Stored under this key. */
  readonly vectors: number;
  /** Of the run that builds it; undefined when none has told. */
  readonly photosPerSecond: number | undefined;
  /** Milliseconds UTC. */
  readonly createdAt: number;
}

export interface PhotoFile {
  readonly contentHash: string;
  /** Exact bytes. */
  readonly absolutePath: Buffer;
  readonly rootPath: Buffer;
}

export interface NewVectors {
  readonly vectorKey: string;
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** What the embed stage would store for this key: `name` and `key` of its result. */
  readonly stage: { readonly name: string; readonly key: string };
  readonly photosPerSecond?: number;
}

export interface VectorKeyRepository {
  /** Every key of this library, oldest first. */
  readonly list: () => Promise<readonly KnownVectorKey[]>;
  /** Makes an unknown key `retired`: its vectors are kept for a later change, no search uses them. */
  readonly keepBeside: (key: Omit<VectorKey, "state">) => Promise<void>;
  /** Makes the key `building`, whatever was building or ready before `retired`; an active key stays active. */
  readonly startBuilding: (key: Omit<VectorKey, "state">) => Promise<VectorKeyState>;
  /** Photos that exist for a reader and have no vector under this key, newest capture first, undated last. */
  readonly withoutVector: (vectorKey: string) => Promise<readonly string[]>;
  /** Present files of these photos, in the order of the photos, oldest file first. */
  readonly filesOf: (contentHashes: readonly string[]) => Promise<readonly PhotoFile[]>;
  /**
   * Stores vectors of photos that still exist. Under the active key they are also marked for the index.
   * @returns false when the key is neither building nor active any more: nothing was stored
   */
  readonly store: (vectors: NewVectors) => Promise<boolean>;
  /** False when the key is not building any more. */
  readonly markReady: (vectorKey: string) => Promise<boolean>;
  /** The switch, in one transaction. */
  readonly activate: (request: ActivationRequest) => Promise<Activation>;
  /** Retires what is building or ready, and names it. */
  readonly stopBuilding: () => Promise<readonly string[]>;
  /** Removes up to `limit` vectors of a retired key; 0 when none is left. */
  readonly dropVectors: (vectorKey: string, limit: number) => Promise<number>;
  /** Forgets a retired key and what was measured with it. */
  readonly remove: (vectorKey: string) => Promise<void>;
  /** Gives the space of what was deleted back to the disk; takes as long as copying the catalogue. */
  readonly compact: () => Promise<void>;
}

type Database = Kysely<CatalogueSchema>;

const UNFINISHED = ["building", "ready"] as const satisfies readonly VectorKeyState[];

const stateOf = async (database: Database, vectorKey: string): Promise<VectorKeyState | undefined> =>
  (await database.selectFrom("vector_keys").select("state").where("vector_key", "=", vectorKey).executeTakeFirst())
    ?.state;

const listKeys = async (database: Database): Promise<readonly KnownVectorKey[]> => {
  const rows = await database
    .selectFrom("vector_keys")
    .select(["vector_key", "model_id", "dimension", "state", "created_at", "photos_per_second"])
    .orderBy("created_at")
    .orderBy("vector_key")
    .execute();
  const counts = await database
    .selectFrom("embeddings")
    .select((eb) => ["vector_key", eb.fn.countAll<number>().as("vectors")] as const)
    .groupBy("vector_key")
    .execute();
  const vectors = new Map(counts.map((row) => [row.vector_key, row.vectors]));
  return rows.map((row) => ({
    vectorKey: row.vector_key,
    modelId: row.model_id,
    dimension: row.dimension,
    state: row.state,
    vectors: vectors.get(row.vector_key) ?? 0,
    photosPerSecond: row.photos_per_second ?? undefined,
    createdAt: row.created_at,
  }));
};

const retireUnfinished = (database: Database, except: string) =>
  database
    .updateTable("vector_keys")
    .set({ state: "retired", photos_per_second: null })
    .where("state", "in", UNFINISHED)
    .where("vector_key", "<>", except)
    .returning("vector_key")
    .execute();

const startBuilding = async (
  database: Database,
  { vectorKey, modelId, dimension }: Omit<VectorKey, "state">,
  now: number,
): Promise<VectorKeyState> => {
  if ((await stateOf(database, vectorKey)) === "active") return "active";
  await retireUnfinished(database, vectorKey);
  await database
    .insertInto("vector_keys")
    .values({ vector_key: vectorKey, model_id: modelId, dimension, state: "building", created_at: now })
    .onConflict((conflict) => conflict.column("vector_key").doUpdateSet({ state: "building", photos_per_second: null }))
    .execute();
  return "building";
};

const filesOf = async (database: Database, contentHashes: readonly string[]): Promise<readonly PhotoFile[]> => {
  const rows = await presentFiles(database, contentHashes).execute();
  const order = new Map(contentHashes.map((hash, position) => [hash, position]));
  return rows
    .flatMap(({ content_hash: contentHash, path, root }) =>
      contentHash === null ? [] : [{ contentHash, absolutePath: joinPath(root, path), rootPath: Buffer.from(root) }],
    )
    .toSorted((a, b) => (order.get(a.contentHash) ?? 0) - (order.get(b.contentHash) ?? 0));
};

const storeVectors = async (
  database: Database,
  { vectorKey, vectors, stage, photosPerSecond }: NewVectors,
  now: number,
): Promise<boolean> => {
  const state = await stateOf(database, vectorKey);
  if (state !== "building" && state !== "active") return false;
  const known = await database
    .selectFrom("photos")
    .select("content_hash")
    .where("content_hash", "in", listOf([...vectors.keys()]))
    .execute(); // the user may have removed some meanwhile
  const rows = known.flatMap(({ content_hash: hash }) => {
    const vector = vectors.get(hash);
    return vector === undefined ? [] : [{ content_hash: hash, vector_key: vectorKey, vector: toVectorBlob(vector) }];
  });
  await upsertVectors(database, rows);
  await database
    .updateTable("vector_keys")
    .set({ photos_per_second: photosPerSecond ?? null })
    .where("vector_key", "=", vectorKey)
    .execute();
  if (state === "building") return true;
  const hashes = rows.map(({ content_hash: hash }) => hash);
  await storeStageKeys(database, { vectorKey, stage, now, among: hashes });
  await markChanged(database, hashes, now);
  return true;
};

const dropVectors = async (database: Database, vectorKey: string, limit: number): Promise<number> => {
  if ((await stateOf(database, vectorKey)) !== "retired") return 0;
  const rowid = sql.ref<number>("embeddings.rowid");
  const lot = database
    .selectFrom("embeddings")
    .select(rowid.as("rowid"))
    .where("vector_key", "=", vectorKey)
    .limit(limit);
  const result = await database.deleteFrom("embeddings").where(rowid, "in", lot).executeTakeFirst();
  return Number(result.numDeletedRows);
};

export const createVectorKeyRepository = (database: Database, clock: Clock): VectorKeyRepository => {
  const inTransaction = <Result>(work: (transaction: Database) => Promise<Result>): Promise<Result> =>
    database.transaction().execute(work);
  return {
    list: () => listKeys(database),
    keepBeside: async ({ vectorKey, modelId, dimension }) => {
      await database
        .insertInto("vector_keys")
        .values({ vector_key: vectorKey, model_id: modelId, dimension, state: "retired", created_at: clock.now() })
        .onConflict((conflict) => conflict.column("vector_key").doNothing())
        .execute();
    },
    startBuilding: (key) => inTransaction((transaction) => startBuilding(transaction, key, clock.now())),
    withoutVector: (vectorKey) => withoutVector(database, vectorKey),
    filesOf: (contentHashes) => filesOf(database, contentHashes),
    store: (vectors) => inTransaction((transaction) => storeVectors(transaction, vectors, clock.now())),
    markReady: async (vectorKey) => {
      const result = await database
        .updateTable("vector_keys")
        .set({ state: "ready", photos_per_second: null })
        .where("vector_key", "=", vectorKey)
        .where("state", "in", UNFINISHED)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    activate: (request) => inTransaction((transaction) => activate(transaction, request, clock.now())),
    stopBuilding: async () => (await retireUnfinished(database, "")).map((row) => row.vector_key),
    dropVectors: (vectorKey, limit) => inTransaction((transaction) => dropVectors(transaction, vectorKey, limit)),
    remove: (vectorKey) =>
      inTransaction(async (transaction) => {
        if ((await stateOf(transaction, vectorKey)) !== "retired") return;
        await transaction.deleteFrom("null_sets").where("vector_key", "=", vectorKey).execute();
        await transaction.deleteFrom("vector_keys").where("vector_key", "=", vectorKey).execute();
      }),
    compact: async () => {
      await sql`vacuum`.execute(database);
    },
  };
};

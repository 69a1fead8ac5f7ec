/** Standing watches: saved queries that new photos are compared with. */
import type { ExpressionBuilder, Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { InvalidInputError } from "../errors.ts";
import { insertAlbum, ownAlbumOf } from "./album-repository.ts";
import type { WatchesTable } from "./enrichment-schema.ts";
import { shownPhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface Watch {
  readonly id: number;
  readonly name: string;
  /** What it looks for, in words. */
  readonly query: string;
  /** 0..1; a match counts above it, not at it. */
  readonly threshold: number;
  /** Album that matching photos are proposed for. */
  readonly albumId: string | undefined;
  /** Photos join that album without being asked about. */
  readonly autoAdd: boolean;
  /** Where every match is listed at once. */
  readonly ownAlbumId: string;
  /** Milliseconds UTC. */
  readonly createdAt: number;
  /** Absolute; set = photos there alone. */
  readonly folder: string | undefined;
}

export interface NewWatch {
  readonly name: string;
  readonly query: string;
  readonly threshold: number;
  readonly albumId?: string;
  readonly autoAdd: boolean;
  readonly folder?: string;
}

export interface WatchRepository {
  /** With its own live album. @throws InvalidInputError when a watch or an album has that name */
  readonly add: (watch: NewWatch) => Promise<Watch>;
  /** Active ones, oldest first. */
  readonly active: () => Promise<readonly Watch[]>;
  /** The album of its matches stays as an album that people fill. False when there was none of that id. */
  readonly remove: (id: number) => Promise<boolean>;
  /**
   * Photos with a vector under the key that came after the first active watch and were compared with none, in order of
   * their hash.
   */
  readonly uncompared: (request: {
    readonly vectorKey: string;
    readonly after: string;
    readonly limit: number;
  }) => Promise<readonly string[]>;
  /** Grows with every vector that is added; told at once, whatever the size of the library. */
  readonly newestVector: () => Promise<number>;
}

const watchOf = (row: Selectable<WatchesTable>): Watch => ({
  id: row.id,
  name: row.name,
  query: row.query,
  threshold: row.threshold,
  albumId: row.album_id ?? undefined,
  autoAdd: row.auto_add === 1,
  ownAlbumId: ownAlbumOf(row.id),
  createdAt: row.created_at,
  folder: row.folder ?? undefined,
});

const add = async (tx: Tx, watch: NewWatch, now: number): Promise<Watch> => {
  const { name, query, threshold, albumId, autoAdd, folder } = watch;
  const taken = await tx.selectFrom("watches").select("id").where("name", "=", name).executeTakeFirst();
  if (taken !== undefined) {
    throw new InvalidInputError(`Expected a name that no standing watch has, received "${name}".`, {
      hint: '"photon watches list" shows those there are.',
    });
  }
  const row = await tx
    .insertInto("watches")
    .values({
      name,
      query,
      threshold,
      album_id: albumId ?? null,
      auto_add: autoAdd ? 1 : 0,
      created_at: now,
      folder: folder ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await insertAlbum(tx, { album_id: ownAlbumOf(row.id), name, kind: "watch", query }, now);
  return watchOf(row);
};

const remove = async (tx: Tx, id: number): Promise<boolean> => {
  const removed = await tx.deleteFrom("watches").where("id", "=", id).executeTakeFirst();
  const columns = { kind: "manual", query: null } as const;
  await tx.updateTable("albums").set(columns).where("album_id", "=", ownAlbumOf(id)).execute();
  return removed.numDeletedRows > 0n;
};

/** Found first, out of two indexes alone: nearly every photo has been compared, again and again. */
const withoutComparison = (eb: ExpressionBuilder<CatalogueSchema, "photos">, vectorKey: string, after: string) =>
  eb
    .selectFrom("embeddings")
    .select("embeddings.content_hash")
    .where("embeddings.vector_key", "=", vectorKey)
    .where("embeddings.content_hash", ">", after)
    .where((inner) =>
      inner.not(
        inner.exists(
          inner
            .selectFrom("enrichments")
            .select("enrichments.scope_id")
            .whereRef("enrichments.scope_id", "=", "embeddings.content_hash")
            .where("enrichments.document_type", "=", "watch_match"),
        ),
      ),
    );

const uncompared: (
  database: Database,
  ...request: Parameters<WatchRepository["uncompared"]>
) => Promise<readonly string[]> = async (database, { vectorKey, after, limit }) => {
  const rows = await shownPhotos(database)
    .select("photos.content_hash")
    .where((eb) => eb("photos.content_hash", "in", withoutComparison(eb, vectorKey, after)))
    .where("photos.created_at", ">=", (eb) =>
      eb
        .selectFrom("watches")
        .select((inner) => inner.fn.min("watches.created_at").as("first"))
        .where("active", "=", 1),
    )
    .orderBy("photos.content_hash")
    .limit(limit)
    .execute();
  return rows.map((row) => row.content_hash);
};

export const createWatchRepository = (database: Database, clock: Clock): WatchRepository => ({
  add: (watch) => database.transaction().execute((tx) => add(tx, watch, clock.now())),
  active: async () =>
    (await database.selectFrom("watches").selectAll().where("active", "=", 1).orderBy("id").execute()).map(watchOf),
  remove: (id) => database.transaction().execute((tx) => remove(tx, id)),
  uncompared: (request) => uncompared(database, request),
  newestVector: async () => {
    const { rows } = await sql<{ readonly newest: number | null }>`select max(rowid) as newest from embeddings`.execute(
      database,
    );
    return rows[0]?.newest ?? 0;
  },
});

/** Albums: photos that people put together, and the live album of each standing watch. */
import type { Expression, Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { InvalidInputError } from "../errors.ts";
import type { AlbumsTable } from "./enrichment-schema.ts";
import { listOf } from "./lists.ts";
import { visiblePhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface Album {
  readonly albumId: string;
  readonly name: string;
  readonly kind: AlbumsTable["kind"];
  /** Photos that a reader can see. */
  readonly photos: number;
  /** Document of `photo_story`. */
  readonly profile: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds UTC. */
  readonly createdAt: number;
}

export interface AlbumRepository {
  /** @throws InvalidInputError when there is one of that name, whatever the case */
  readonly create: (name: string) => Promise<string>;
  /** By name. */
  readonly list: () => Promise<readonly Album[]>;
  /** @param album id or name */
  readonly find: (album: string) => Promise<Album | undefined>;
  /** Content hashes, oldest member first. */
  readonly photos: (albumId: string) => Promise<readonly string[]>;
  /** Photos that this library does not hold are left out. Returns how many are new in it. */
  readonly add: (albumId: string, contentHashes: readonly string[]) => Promise<number>;
  /** Its documents go with it; photos stay. False when there was none. */
  readonly remove: (albumId: string) => Promise<boolean>;
}

const ALBUM_SCOPE = "album:";

/** The album a scope is about; undefined for other scopes. */
export const albumOfScope = (scopeId: string): string | undefined =>
  scopeId.startsWith(ALBUM_SCOPE) ? scopeId.slice(ALBUM_SCOPE.length) : undefined;

/** The live album of a watch itself. */
export const ownAlbumOf = (watchId: number): string => `watch-${watchId}`;

export interface NewMembers {
  readonly albumId: string;
  readonly contentHashes: readonly string[];
  readonly documentId?: string;
  readonly now: number;
}

/** Part of a transaction. An album that is gone takes nobody; photos in it stay as they are. */
export const joinAlbum = async (database: Database, members: NewMembers): Promise<number> => {
  const { albumId, contentHashes, documentId = null, now } = members;
  const result = await sql`
    insert into album_photos (album_id, content_hash, document_id, added_at)
    select albums.album_id, photos.content_hash, ${documentId}, ${now} from albums, photos
    where albums.album_id = ${albumId} and photos.content_hash in ${listOf(contentHashes)}
    on conflict do nothing`.execute(database);
  return Number(result.numAffectedRows ?? 0n);
};

/** Part of a transaction. What these documents proposed goes; what people put together stays. */
export const leaveAlbums = async (
  database: Database,
  contentHash: string,
  documentIds: Expression<{ readonly document_id: string }>,
): Promise<void> => {
  await sql`delete from album_photos
    where content_hash = ${contentHash} and document_id in (${documentIds})`.execute(database);
};

/** Part of a transaction. */
export const insertAlbum = async (
  database: Database,
  album: Pick<Selectable<AlbumsTable>, "album_id" | "name" | "kind" | "query">,
  now: number,
): Promise<void> => {
  const taken = await database.selectFrom("albums").select("kind").where("name", "=", album.name).executeTakeFirst();
  if (taken !== undefined) {
    throw new InvalidInputError(`Expected a name that no album has, received "${album.name}".`, {
      hint: taken.kind === "watch" ? "A standing watch has that name; choose another." : "Choose another name.",
    });
  }
  await database
    .insertInto("albums")
    .values({ ...album, created_at: now })
    .execute();
};

const albumRows = (database: Database) =>
  database.selectFrom("albums").select((eb) => [
    "album_id",
    "name",
    "kind",
    "photo_profile",
    "created_at",
    visiblePhotos(database)
      .innerJoin("album_photos", "album_photos.content_hash", "photos.content_hash")
      .whereRef("album_photos.album_id", "=", eb.ref("albums.album_id"))
      .select((inner) => inner.fn.countAll<number>().as("count"))
      .as("photos"),
  ]);

type AlbumRow = Pick<Selectable<AlbumsTable>, "album_id" | "name" | "kind" | "photo_profile" | "created_at"> & {
  readonly photos: number | null;
};

const albumOf = (row: AlbumRow): Album => ({
  albumId: row.album_id,
  name: row.name,
  kind: row.kind,
  photos: row.photos ?? 0,
  // written by document-changes.ts
  profile: row.photo_profile === null ? undefined : (JSON.parse(row.photo_profile) as Album["profile"]),
  createdAt: row.created_at,
});

export const createAlbumRepository = (database: Database, clock: Clock): AlbumRepository => ({
  create: (name) =>
    database.transaction().execute(async (tx) => {
      const now = clock.now();
      const albumId = createUlid(now);
      await insertAlbum(tx, { album_id: albumId, name, kind: "manual", query: null }, now);
      return albumId;
    }),
  list: async () => (await albumRows(database).orderBy("name").execute()).map(albumOf),
  find: async (album) => {
    const row = await albumRows(database)
      .where((eb) => eb.or([eb("album_id", "=", album), eb("name", "=", album)]))
      .orderBy(sql`album_id = ${album}`, "desc")
      .executeTakeFirst();
    return row === undefined ? undefined : albumOf(row);
  },
  photos: async (albumId) => {
    const rows = await visiblePhotos(database)
      .innerJoin("album_photos", "album_photos.content_hash", "photos.content_hash")
      .select("album_photos.content_hash")
      .where("album_photos.album_id", "=", albumId)
      .orderBy("album_photos.added_at")
      .orderBy("album_photos.content_hash")
      .execute();
    return rows.map((row) => row.content_hash);
  },
  add: (albumId, contentHashes) => joinAlbum(database, { albumId, contentHashes, now: clock.now() }),
  remove: async (albumId) => {
    const removed = await database.deleteFrom("albums").where("album_id", "=", albumId).executeTakeFirst();
    return removed.numDeletedRows > 0n;
  },
});

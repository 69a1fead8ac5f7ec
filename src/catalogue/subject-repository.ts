/**
 * What the library knows of the things that enrichment is about: photos and albums out of their rows, mails and
 * requests as they were handed in.
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { MailText, UserRequest } from "../enrichment/inputs.ts";
import type { EnrichmentState } from "./enrichment-schema.ts";
import { cameraOf } from "./photo-scope.ts";
import { rootOptionsOf } from "./root-options.ts";
import type { RootOptions } from "./root-repository.ts";
import type { CatalogueSchema, PhotosTable } from "./schema.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";
import { shownTags } from "./tag-rows.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface SubjectFile {
  /** Root and path below it, as text; names that are not UTF-8 carry U+FFFD. */
  readonly root: string;
  readonly path: string;
  /** To open, exact bytes. */
  readonly absolutePath: Buffer;
  /** False: it was not there when photon last looked. */
  readonly isPresent: boolean;
  /** What the user said about the root. */
  readonly options: RootOptions;
}

export interface SubjectDocument {
  readonly state: EnrichmentState;
  /** The document that readers see: the newest confirmed one, else the newest. undefined = there is none yet. */
  readonly content: string | undefined;
}

export interface PhotoSubject {
  readonly contentHash: string;
  /** The user removed it from the library. */
  readonly isForgotten: boolean;
  /** Those that are present first; the order stays the same. */
  readonly files: readonly SubjectFile[];
  /** Names that the built-in tagger found and nobody refused, best first. */
  readonly zeroShotTags: readonly string[];
  /** Local ISO date and time. */
  readonly capturedAt: string | undefined;
  readonly camera: string | undefined;
  readonly caption: string | undefined;
  /** By document type. */
  readonly documents: ReadonlyMap<string, SubjectDocument>;
}

export interface AlbumSubject {
  readonly name: string;
  /** In order of capture, those without a time last. */
  readonly contentHashes: readonly string[];
}

/** Texts that came from outside and are kept until nobody asks for them any more. */
export type SubjectText =
  | { readonly type: "mail"; readonly mail: MailText }
  | { readonly type: "request"; readonly request: UserRequest; readonly contentHashes: readonly string[] }
  | { readonly type: "text"; readonly text: string; readonly sourceLanguage: string };

export interface SubjectRepository {
  /** undefined = it is not in the library. */
  readonly photo: (contentHash: string) => Promise<PhotoSubject | undefined>;
  readonly album: (albumId: string) => Promise<AlbumSubject | undefined>;
  readonly text: (scopeId: string) => Promise<SubjectText | undefined>;
  /** Every file of these photos, present or not: where one of them lies decides what may be sent. */
  readonly files: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, readonly SubjectFile[]>>;
  /** Part of a transaction, usually the one that adds the jobs. */
  readonly keepText: (tx: Tx, scopeId: string, text: SubjectText) => Promise<void>;
  /** Whether photos are being processed now, by any process. */
  readonly isCoreWorking: () => Promise<boolean>;
}

const SLASH = Buffer.from("/");

const absolutePathOf = (root: Uint8Array, path: Uint8Array): Buffer =>
  Buffer.concat(root.at(-1) === SLASH[0] ? [root, path] : [root, SLASH, path]);

const fileRows = statement((database, { hashes }: Given<{ hashes: string }>) =>
  database
    .selectFrom("files")
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.content_hash", "files.path", "files.state", "roots.path as root", "roots.options"])
    .where("files.content_hash", "in", givenList<string>(hashes))
    .orderBy("files.id"),
);

const filesOf = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly SubjectFile[]>> => {
  const rows =
    contentHashes.length === 0 ? [] : await fileRows.all(database, { hashes: JSON.stringify(contentHashes) });
  const groups = Map.groupBy(rows, ({ content_hash: hash }) => hash ?? "");
  return new Map(
    [...groups].map(([hash, group]) => {
      const files = group.map(({ root, path, state, options }) => ({
        root: Buffer.from(root).toString("utf8"),
        path: Buffer.from(path).toString("utf8"),
        absolutePath: absolutePathOf(root, path),
        isPresent: state === "present",
        options: rootOptionsOf(options),
      }));
      return [hash, files.toSorted((left, right) => Number(right.isPresent) - Number(left.isPresent))];
    }),
  );
};

const documentRows = statement((database, { scopeId }: Given<{ scopeId: string }>) =>
  database
    .selectFrom("enrichments")
    .leftJoin("documents", (join) =>
      join.on("documents.document_id", "=", sql`coalesce(confirmed_document_id, enrichments.document_id)`),
    )
    .select(["enrichments.document_type", "enrichments.state", "documents.content"])
    .where("enrichments.scope_id", "=", scopeId),
);

const documentsOf = async (database: Database, scopeId: string): Promise<ReadonlyMap<string, SubjectDocument>> => {
  const rows = await documentRows.all(database, { scopeId });
  return new Map(
    rows.map(({ document_type: type, state, content }) => [type, { state, content: content ?? undefined }]),
  );
};

const photoFacts = statement((database, { hash }: Given<{ hash: string }>) =>
  database
    .selectFrom("photos")
    .select(["captured_local", "camera_make", "camera_model", "caption"])
    .select((eb) =>
      eb
        .exists(eb.selectFrom("forgotten").select("content_hash").where("content_hash", "=", hash))
        .$castTo<number>()
        .as("is_forgotten"),
    )
    .where("content_hash", "=", hash),
);

type PhotoFacts = Pick<Selectable<PhotosTable>, "captured_local" | "camera_make" | "camera_model" | "caption">;

const factsOf = (row: PhotoFacts) => ({
  capturedAt: row.captured_local ?? undefined,
  camera: cameraOf(row.camera_make, row.camera_model),
  caption: row.caption ?? undefined,
});

const findPhoto = async (database: Database, contentHash: string): Promise<PhotoSubject | undefined> => {
  const row = await photoFacts.first(database, { hash: contentHash });
  if (row === undefined) return undefined;
  const tags = (await shownTags(database, [contentHash])).get(contentHash) ?? [];
  return {
    contentHash,
    isForgotten: row.is_forgotten === 1,
    files: (await filesOf(database, [contentHash])).get(contentHash) ?? [],
    zeroShotTags: tags.filter(({ provenance }) => provenance.source === "zero-shot").map(({ name }) => name),
    ...factsOf(row),
    documents: await documentsOf(database, contentHash),
  };
};

const findAlbum = async (database: Database, albumId: string): Promise<AlbumSubject | undefined> => {
  const album = await database.selectFrom("albums").select("name").where("album_id", "=", albumId).executeTakeFirst();
  if (album === undefined) return undefined;
  const rows = await database
    .selectFrom("album_photos")
    .innerJoin("photos", "photos.content_hash", "album_photos.content_hash")
    .select("photos.content_hash")
    .where("album_photos.album_id", "=", albumId)
    .orderBy("photos.captured_key", (order) => order.asc().nullsLast())
    .orderBy("photos.content_hash")
    .execute();
  return { name: album.name, contentHashes: rows.map(({ content_hash: hash }) => hash) };
};

const findText = async (database: Database, scopeId: string): Promise<SubjectText | undefined> => {
  const row = await database
    .selectFrom("subject_texts")
    .select("content")
    .where("scope_id", "=", scopeId)
    .executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.content) as SubjectText); // written by keepText
};

const leasedFile = statement((database, { now }: Given<{ now: number }>) =>
  database
    .selectFrom("files")
    .select("id")
    .where("lease_owner", "is not", null)
    .where("lease_until", ">", now)
    .limit(1),
);

export const createSubjectRepository = (database: Database, clock: Clock): SubjectRepository => ({
  photo: (contentHash) => findPhoto(database, contentHash),
  album: (albumId) => findAlbum(database, albumId),
  text: (scopeId) => findText(database, scopeId),
  files: (contentHashes) => filesOf(database, contentHashes),
  keepText: async (tx, scopeId, text) => {
    const content = JSON.stringify(text);
    await tx
      .insertInto("subject_texts")
      .values({ scope_id: scopeId, content, created_at: clock.now() })
      .onConflict((conflict) => conflict.column("scope_id").doUpdateSet({ content, created_at: clock.now() }))
      .execute();
  },
  isCoreWorking: async () => (await leasedFile.first(database, { now: clock.now() })) !== undefined,
});

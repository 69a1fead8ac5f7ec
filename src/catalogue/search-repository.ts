/** Reads for search, `show` and duplicates: only photos that exist for a reader, in batches. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { StoredTag } from "../photo/types.ts";
import type { IndexSource } from "../vectors/types.ts";
import type {
  LibraryCounts,
  PhotoDescription,
  PhotoDetails,
  PhotoFingerprint,
  PhotoPlace,
  PhotoSummary,
  SearchCatalogue,
} from "../search/types.ts";
import { descriptionOf, shownDocuments } from "./description-rows.ts";
import { groupMembers, primariesOf } from "./group-members.ts";
import { listOf } from "./lists.ts";
import type { LibraryRepository } from "./library-repository.ts";
import type { PhotoRepository } from "./photo-repository.ts";
import type { StoredPhoto } from "./photo-row.ts";
import { storedPhotoOf } from "./photo-row.ts";
import type { FileOfPhoto } from "./photo-scope.ts";
import {
  absolutePathOf,
  cameraOf,
  filesOfPhotos,
  filesToSeeTo,
  foldersOf,
  shownPhotos,
  visiblePhotos,
} from "./photo-scope.ts";
import { reachableAmong } from "./reachable.ts";
import type { CatalogueSchema, PhotosTable } from "./schema.ts";
import { sidecarsOf } from "./sidecar-marks.ts";
import { shownTags } from "./tag-rows.ts";
import { fromVectorBlob } from "./vector-blob.ts";

type Database = Kysely<CatalogueSchema>;

export interface SearchRepositoryDeps {
  readonly index: IndexSource;
  readonly library: LibraryRepository;
  readonly photos: PhotoRepository;
  readonly clock: Clock;
}

const placesOf = (files: readonly FileOfPhoto[], reachable: ReadonlySet<string>): readonly PhotoPlace[] =>
  files
    .map((file) => ({ path: absolutePathOf(file), rootPath: file.root, online: reachable.has(file.root) }))
    .toSorted((a, b) => Number(b.online) - Number(a.online) || (a.path < b.path ? -1 : 1));

interface SummaryParts {
  readonly photo: StoredPhoto;
  readonly places: readonly PhotoPlace[];
  readonly tags: readonly StoredTag[];
  readonly described: PhotoDescription | undefined;
}

const summaryOf = ({ photo, places, tags, described }: SummaryParts): PhotoSummary => {
  const { metadata } = photo;
  const camera = cameraOf(metadata.cameraMake ?? null, metadata.cameraModel ?? null);
  return {
    contentHash: photo.contentHash,
    format: photo.format,
    width: photo.size.width,
    height: photo.size.height,
    fileBytes: photo.fileSize,
    places,
    ...(metadata.capturedAt === undefined ? {} : { capturedAt: metadata.capturedAt }),
    ...(camera === undefined ? {} : { camera }),
    ...(metadata.gps === undefined ? {} : { gps: metadata.gps }),
    tags: [...new Set([...tags.map(({ name }) => name), ...(metadata.keywords ?? [])])],
    ...(metadata.title === undefined ? {} : { title: metadata.title }),
    ...(metadata.caption === undefined ? {} : { caption: metadata.caption }),
    favourite: photo.favourite,
    ...(metadata.rating === undefined ? {} : { rating: metadata.rating }),
    enriched: described !== undefined,
    ...(described === undefined ? {} : { described }),
  };
};

/** What `show` tells beyond a summary. */
type LongTexts = Pick<PhotoDetails, "story" | "translations">;

const longTextsOf = ({
  photo_profile: story,
  translations,
}: Pick<Selectable<PhotosTable>, "photo_profile" | "translations">): LongTexts => ({
  // Both are written by document-changes.ts as objects.
  ...(story === null ? {} : { story: JSON.parse(story) as Record<string, unknown> }),
  ...(translations === null
    ? {}
    : { translations: JSON.parse(translations) as Record<string, Record<string, string>> }),
});

interface LoadedPhoto {
  readonly photo: StoredPhoto;
  readonly summary: PhotoSummary;
  readonly tags: readonly StoredTag[];
  readonly longTexts: LongTexts;
}

/** A root that cannot be trusted is offline, although another disk may answer under its path. */
const onlineAmong = async (
  database: Database,
  roots: ReadonlySet<string>,
  clock: Clock,
): Promise<ReadonlySet<string>> => {
  const frozen = await database.selectFrom("roots").select("path").where("state", "=", "frozen").execute();
  const offline = new Set(frozen.map(({ path }) => Buffer.from(path).toString("utf8")));
  return reachableAmong(new Set([...roots].filter((root) => !offline.has(root))), clock);
};

const loadSummaries = async (
  database: Database,
  { clock }: SearchRepositoryDeps,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, LoadedPhoto>> => {
  if (hashes.length === 0) return new Map();
  const rows = await visiblePhotos(database)
    .selectAll("photos")
    .where("photos.content_hash", "in", listOf(hashes))
    .execute();
  const files = await filesOfPhotos(database, hashes);
  const tags = await shownTags(database, hashes);
  const documents = await shownDocuments(database, hashes);
  const reachable = await onlineAmong(database, new Set([...files.values()].flat().map(({ root }) => root)), clock);
  return new Map(
    rows.map((row) => {
      const photo = storedPhotoOf(row);
      const places = placesOf(files.get(row.content_hash) ?? [], reachable);
      const own = tags.get(row.content_hash) ?? [];
      const described = descriptionOf(row, { tags: own, shown: documents.get(row.content_hash) });
      const summary = summaryOf({ photo, places, tags: own, described });
      return [row.content_hash, { photo, summary, tags: own, longTexts: longTextsOf(row) }];
    }),
  );
};

const loadDetails = async (
  database: Database,
  deps: SearchRepositoryDeps,
  hash: string,
): Promise<PhotoDetails | undefined> => {
  const found = (await loadSummaries(database, deps, [hash])).get(hash);
  if (found === undefined) return undefined;
  const keys = await database
    .selectFrom("embeddings")
    .select("vector_key")
    .where("content_hash", "=", hash)
    .orderBy("vector_key")
    .execute();
  const mark = await database.selectFrom("to_index").select("rev").where("content_hash", "=", hash).executeTakeFirst();
  return {
    ...found.summary,
    ...found.longTexts,
    group: await groupMembers(database, hash),
    sidecars: await sidecarsOf(database, hash),
    metadata: found.photo.metadata,
    scoredTags: found.tags,
    vectorKeys: keys.map((row) => row.vector_key),
    indexed: mark === undefined,
  };
};

/** The present file with this absolute path: roots are few, so each root that could hold it is tried. */
const hashAtPath = async (database: Database, path: string): Promise<string | undefined> => {
  const roots = await database.selectFrom("roots").select(["id", "path"]).execute();
  for (const { id, path: rootPath } of roots) {
    const root = Buffer.from(rootPath).toString("utf8");
    const prefix = root.endsWith("/") ? root : `${root}/`;
    if (!path.startsWith(prefix)) continue;
    const row = await database
      .selectFrom("files")
      .select("content_hash")
      .where("root_id", "=", id)
      .where("path", "=", Buffer.from(path.slice(prefix.length)))
      .where("state", "=", "present")
      .executeTakeFirst();
    if (row?.content_hash !== undefined && row.content_hash !== null) return row.content_hash;
  }
  return undefined;
};

/** What comes before the last `/`: SQLite has no function that finds it, but can trim everything else. */
const folderOfPath = sql<string>`rtrim(cast(path as text), replace(cast(path as text), '/', ''))`;

const distinctFolders = async (database: Database): Promise<readonly string[]> => {
  const roots = await database.selectFrom("roots").select(["id", "path"]).execute();
  const rootPaths = new Map(roots.map(({ id, path }) => [id, Buffer.from(path).toString("utf8")]));
  const rows = await database
    .selectFrom("files")
    .select(["root_id", folderOfPath.as("folder")])
    .distinct()
    .where("state", "=", "present")
    .execute();
  const folders = rows.flatMap(({ root_id: id, folder }) => foldersOf({ root: rootPaths.get(id) ?? "", path: folder }));
  return [...new Set(folders)].toSorted();
};

const countLibrary = async (database: Database, index: IndexSource): Promise<LibraryCounts> => {
  const anyPhoto = await visiblePhotos(database).select("photos.content_hash").limit(1).executeTakeFirst();
  const unprocessed = await filesToSeeTo(database)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("state", "=", "pending")
    .executeTakeFirstOrThrow();
  return { isEmpty: anyPhoto === undefined, pending: unprocessed.count + (await index.countMarks()) };
};

const isUnder = (files: readonly FileOfPhoto[], folders: ReadonlySet<string>): boolean =>
  files.some((file) => foldersOf(file).some((folder) => folders.has(folder)));

const loadFingerprints = async (
  database: Database,
  folders: readonly string[] | undefined,
): Promise<readonly PhotoFingerprint[]> => {
  const rows = await shownPhotos(database)
    .select([
      "photos.content_hash",
      "photos.perceptual_hash",
      "photos.captured_key",
      "photos.camera_make",
      "photos.camera_model",
      "photos.width",
      "photos.height",
      "photos.file_size",
      "photos.rating",
      "photos.favourite",
    ])
    .select((eb) =>
      eb
        .selectFrom("files")
        .select((inner) => inner.fn.countAll<number>().as("count"))
        .whereRef("files.content_hash", "=", "photos.content_hash")
        .where("files.state", "=", "present")
        .as("files"),
    )
    .orderBy("photos.content_hash")
    .execute();
  const fingerprints = rows.map((row) => ({
    contentHash: row.content_hash,
    perceptualHash: row.perceptual_hash ?? undefined,
    capturedKey: row.captured_key ?? undefined,
    camera: cameraOf(row.camera_make, row.camera_model),
    width: row.width,
    height: row.height,
    fileBytes: row.file_size,
    rating: row.rating ?? undefined,
    favourite: row.favourite === 1,
    files: row.files ?? 0,
  }));
  if (folders === undefined) return fingerprints;
  const wanted = new Set(folders);
  const files = await filesOfAllPhotos(database);
  return fingerprints.filter(({ contentHash }) => isUnder(files.get(contentHash) ?? [], wanted));
};

const filesOfAllPhotos = async (database: Database): Promise<ReadonlyMap<string, readonly FileOfPhoto[]>> => {
  const CHUNK = 1000;
  const hashes = (await database.selectFrom("photos").select("content_hash").execute()).map((row) => row.content_hash);
  const all = new Map<string, readonly FileOfPhoto[]>();
  for (let start = 0; start < hashes.length; start += CHUNK) {
    const chunk = await filesOfPhotos(database, hashes.slice(start, start + CHUNK));
    for (const [hash, files] of chunk) all.set(hash, files);
  }
  return all;
};

const newestAdded = async (
  database: Database,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly string[]> => {
  const rows = await visiblePhotos(database)
    .select("photos.content_hash")
    .orderBy("photos.created_at", "desc")
    .orderBy("photos.content_hash")
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map((row) => row.content_hash);
};

const loadSortKeys = async (database: Database, hashes: readonly string[]) => {
  const rows = await database
    .selectFrom("photos")
    .select(["content_hash", "captured_key", "created_at"])
    .where("content_hash", "in", listOf(hashes))
    .execute();
  return new Map(
    rows.map((row) => [row.content_hash, { capturedKey: row.captured_key ?? undefined, addedAt: row.created_at }]),
  );
};

const loadPerceptualHashes = async (database: Database) => {
  const rows = await visiblePhotos(database).select(["photos.content_hash", "photos.perceptual_hash"]).execute();
  return rows.flatMap(({ content_hash: contentHash, perceptual_hash: hash }) =>
    hash === null ? [] : [{ contentHash, hash }],
  );
};

export const createSearchRepository = (database: Database, deps: SearchRepositoryDeps): SearchCatalogue => ({
  libraryId: () => deps.library.id(),
  hashesWithPrefix: async (prefix, limit) => {
    const rows = await visiblePhotos(database)
      .select("photos.content_hash")
      .where("photos.content_hash", ">=", prefix)
      .where("photos.content_hash", "<", `${prefix}g`) // "g" sorts after every hex digit
      .orderBy("photos.content_hash")
      .limit(limit)
      .execute();
    return rows.map((row) => row.content_hash);
  },
  shownInstead: (contentHashes) => primariesOf(database, contentHashes),
  hashAtPath: (path) => hashAtPath(database, path),
  summaries: async (hashes) => {
    const found = await loadSummaries(database, deps, hashes);
    return hashes.flatMap((hash) => found.get(hash)?.summary ?? []);
  },
  details: (hash) => loadDetails(database, deps, hash),
  texts: async (hashes) => {
    const rows = await deps.index.rowsFor(hashes, "");
    return new Map(rows.map(({ contentHash, text }) => [contentHash, text]));
  },
  vectors: (hashes, vectorKey) => deps.photos.vectors(hashes, vectorKey),
  sampleVectors: async (vectorKey, limit) => {
    const rows = await database
      .selectFrom("embeddings")
      .select("vector")
      .where("vector_key", "=", vectorKey)
      .orderBy("content_hash")
      .limit(limit)
      .execute();
    return rows.map(({ vector }) => fromVectorBlob(vector));
  },
  folders: () => distinctFolders(database),
  counts: () => countLibrary(database, deps.index),
  newestAdded: (page) => newestAdded(database, page),
  perceptualHashes: () => loadPerceptualHashes(database),
  sortKeys: (hashes) => loadSortKeys(database, hashes),
  fingerprints: (folders) => loadFingerprints(database, folders),
});

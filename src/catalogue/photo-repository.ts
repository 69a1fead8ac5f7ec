/** Photos with their stage results. One `commit` is one transaction: photos, vectors, tags, file states, index marks. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { TagEdits } from "../photo/tag-edits.ts";
import type { ScoredTag, StoredTag } from "../photo/types.ts";
import type { FinishedFile } from "./finished-files.ts";
import { finishFiles } from "./finished-files.ts";
import { markChanged } from "./index-repository.ts";
import { listOf } from "./lists.ts";
import type { PhotoUpdate, StoredPhoto } from "./photo-row.ts";
import { rowAfter, storedPhotoOf, updatedColumns } from "./photo-row.ts";
import { visiblePhotos } from "./photo-scope.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, PhotosTable } from "./schema.ts";
import { foundTags, replaceModelTags, tagEditsOf, withoutProvenance } from "./tag-rows.ts";
import type { Tx } from "./transaction.ts";
import { upsertStageKeys, upsertVectors } from "./upserts.ts";
import { fromVectorBlob, toVectorBlob } from "./vector-blob.ts";

export interface PhotoCommit {
  readonly updates: readonly PhotoUpdate[];
  readonly files: readonly FinishedFile[];
  /**
   * Writes more in the same transaction: jobs that follow from the photos. What it throws undoes the commit.
   * @param stored content hashes; without those that the user had removed meanwhile
   */
  readonly alongside?: (tx: Tx, stored: readonly string[]) => Promise<void>;
}

export interface PhotoRepository {
  readonly commit: (commit: PhotoCommit) => Promise<void>;
  /** Those of the given photos that the user had removed. */
  readonly forgottenAmong: (contentHashes: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly load: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, StoredPhoto>>;
  /** Stage keys per photo: stage name to stored key. */
  readonly stageKeys: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  readonly vectors: (contentHashes: readonly string[], vectorKey: string) => Promise<ReadonlyMap<string, Float32Array>>;
  /** The vector of a photo with these pixels, when it is the current result of the stage; see photo/pixel-digest.ts. */
  readonly vectorOfPicture: (
    digest: Uint8Array,
    made: { readonly stage: string; readonly stageKey: string; readonly vectorKey: string },
  ) => Promise<Float32Array | undefined>;
  /** Vectors of all photos that readers see, `size` at a time. */
  readonly vectorPages: (vectorKey: string, size: number) => AsyncIterable<readonly Float32Array[]>;
  /**
   * What photon's own model and the files say, best first, whatever people decided about it. What language models say
   * is no part of a photo's record: it does not depend on when the photo was described.
   */
  readonly tags: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, readonly ScoredTag[]>>;
  readonly tagEdits: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, TagEdits>>;
}

type Database = Kysely<CatalogueSchema>;

const rowsByHash = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, Selectable<PhotosTable>>> => {
  if (contentHashes.length === 0) return new Map();
  const rows = await database
    .selectFrom("photos")
    .selectAll()
    .where("content_hash", "in", listOf(contentHashes))
    .execute();
  return new Map(rows.map((row) => [row.content_hash, row]));
};

/**
 * Revisions that new photos count on from: a photo that was forgotten may still have a row in the index, and a mark to
 * remove it; an older revision would not replace that row.
 */
const markedRevisions = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  if (contentHashes.length === 0) return new Map();
  const rows = await database
    .selectFrom("to_index")
    .select(["content_hash", "rev"])
    .where("content_hash", "in", listOf(contentHashes))
    .execute();
  return new Map(rows.map(({ content_hash: hash, rev }) => [hash, rev]));
};

/** @returns the photos that were not in the library */
const storePhotos = async (
  database: Database,
  updates: readonly PhotoUpdate[],
  now: number,
): Promise<ReadonlySet<string>> => {
  const hashes = updates.map(({ contentHash }) => contentHash);
  const before = await rowsByHash(database, hashes);
  const marked = await markedRevisions(
    database,
    hashes.filter((hash) => !before.has(hash)),
  );
  const rows = updates.map((update) => {
    const row = rowAfter(update, before.get(update.contentHash), now);
    return { ...row, rev: marked.get(update.contentHash) ?? row.rev };
  });
  await executeForEach(database, rows, (row) =>
    database
      .insertInto("photos")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column("content_hash")
          .doUpdateSet((eb) =>
            Object.fromEntries(updatedColumns.map((column) => [column, eb.ref(`excluded.${column}`)])),
          ),
      ),
  );
  return new Set(hashes.filter((hash) => !before.has(hash)));
};

const storeStageKeys = async (database: Database, updates: readonly PhotoUpdate[], now: number): Promise<void> => {
  const rows = updates.flatMap(({ contentHash, stageKeys }) =>
    [...stageKeys].map(([stage, key]) => ({ content_hash: contentHash, stage, key, at: now })),
  );
  await upsertStageKeys(database, rows);
};

const storeVectors = async (database: Database, updates: readonly PhotoUpdate[]): Promise<void> => {
  const rows = updates.flatMap(({ contentHash, embedding, largerEmbedding }) =>
    [embedding, largerEmbedding].flatMap((made) =>
      made === undefined
        ? []
        : [{ content_hash: contentHash, vector_key: made.vectorKey, vector: toVectorBlob(made.vector) }],
    ),
  );
  await upsertVectors(database, rows);
};

const storeTags = (database: Database, updates: readonly PhotoUpdate[], now: number): Promise<void> =>
  replaceModelTags(
    database,
    updates.flatMap(({ contentHash, tags }) => (tags === undefined ? [] : [{ contentHash, ...tags }])),
    now,
  );

const forgottenAmong = async (database: Database, contentHashes: readonly string[]): Promise<ReadonlySet<string>> => {
  if (contentHashes.length === 0) return new Set();
  const rows = await database
    .selectFrom("forgotten")
    .select("content_hash")
    .where("content_hash", "in", listOf(contentHashes))
    .execute();
  return new Set(rows.map((row) => row.content_hash));
};

/** Returns the photos whose updates were stored. */
const commitPhotos = async (database: Database, commit: PhotoCommit, now: number): Promise<readonly string[]> => {
  const { files } = commit;
  const named = files.filter((file) => file.named).map(({ contentHash }) => contentHash);
  const returned = await database
    .deleteFrom("forgotten")
    .where("content_hash", "in", listOf(named))
    .returning("content_hash")
    .execute();
  // What the user removed while it was being processed stays removed.
  const contents = [...commit.updates, ...files].map(({ contentHash }) => contentHash);
  const forgotten = await forgottenAmong(database, contents);
  const updates = commit.updates.filter(({ contentHash }) => !forgotten.has(contentHash));
  const fresh = await storePhotos(database, updates, now);
  await storeStageKeys(database, updates, now);
  await storeVectors(database, updates);
  await storeTags(database, updates, now);
  const moved = await finishFiles(database, { files, fresh, forgotten }, now);
  const changed = [
    ...updates.filter(({ stageKeys }) => stageKeys.size > 0).map(({ contentHash }) => contentHash),
    ...moved,
    ...returned.map((row) => row.content_hash),
  ];
  await markChanged(database, [...new Set(changed)], now);
  return updates.map(({ contentHash }) => contentHash);
};

async function* vectorPages(
  database: Database,
  vectorKey: string,
  size: number,
): AsyncGenerator<readonly Float32Array[]> {
  for (let after: string | undefined = ""; after !== undefined;) {
    const rows = await visiblePhotos(database)
      .innerJoin("embeddings", "embeddings.content_hash", "photos.content_hash")
      .select(["photos.content_hash", "embeddings.vector"])
      .where("embeddings.vector_key", "=", vectorKey)
      .where("photos.content_hash", ">", after)
      .orderBy("photos.content_hash")
      .limit(size)
      .execute();
    yield rows.map((row) => fromVectorBlob(row.vector));
    after = rows.length < size ? undefined : rows.at(-1)?.content_hash;
  }
}

const vectorOfPicture = async (
  database: Database,
  ...[digest, { stage, stageKey, vectorKey }]: Parameters<PhotoRepository["vectorOfPicture"]>
): Promise<Float32Array | undefined> => {
  const row = await database
    .selectFrom("photos")
    .innerJoin("embeddings", "embeddings.content_hash", "photos.content_hash")
    .innerJoin("photo_stages", "photo_stages.content_hash", "photos.content_hash")
    .select("embeddings.vector")
    .where("photos.pixel_digest", "=", digest)
    .where("embeddings.vector_key", "=", vectorKey)
    .where("photo_stages.stage", "=", stage)
    .where("photo_stages.key", "=", stageKey)
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : fromVectorBlob(row.vector);
};

export const createPhotoRepository = (database: Database, clock: Clock): PhotoRepository => ({
  commit: (commit) =>
    database.transaction().execute(async (transaction) => {
      const stored = await commitPhotos(transaction, commit, clock.now());
      await commit.alongside?.(transaction, stored);
    }),
  forgottenAmong: (contentHashes) => forgottenAmong(database, contentHashes),
  load: async (contentHashes) => {
    const rows = await rowsByHash(database, contentHashes);
    return new Map([...rows].map(([hash, row]) => [hash, storedPhotoOf(row)]));
  },
  stageKeys: async (contentHashes) => {
    if (contentHashes.length === 0) return new Map();
    const rows = await database
      .selectFrom("photo_stages")
      // One row and one text per photo: most photos of a library have the same stages, and a second run reads them all.
      .select(["content_hash", sql<string>`json_group_object(stage, key)`.as("keys")])
      .where("content_hash", "in", listOf(contentHashes))
      .groupBy("content_hash")
      .execute();
    const parsed = new Map<string, ReadonlyMap<string, string>>();
    const keysOf = (text: string): ReadonlyMap<string, string> => {
      const known = parsed.get(text) ?? new Map(Object.entries(JSON.parse(text) as Record<string, string>)); // of two text columns
      parsed.set(text, known);
      return known;
    };
    return new Map(rows.map((row) => [row.content_hash, keysOf(row.keys)]));
  },
  vectors: async (contentHashes, vectorKey) => {
    if (contentHashes.length === 0) return new Map();
    const rows = await database
      .selectFrom("embeddings")
      .select(["content_hash", "vector"])
      .where("vector_key", "=", vectorKey)
      .where("content_hash", "in", listOf(contentHashes))
      .execute();
    return new Map(rows.map((row) => [row.content_hash, fromVectorBlob(row.vector)]));
  },
  vectorOfPicture: (digest, made) => vectorOfPicture(database, digest, made),
  vectorPages: (vectorKey, size) => vectorPages(database, vectorKey, size),
  tags: async (contentHashes) => {
    const found = await foundTags(database, contentHashes);
    const ofRecords = (tags: readonly StoredTag[]): readonly ScoredTag[] =>
      tags.filter(({ provenance }) => provenance.source !== "llm").map(withoutProvenance);
    return new Map([...found].map(([hash, tags]) => [hash, ofRecords(tags)]));
  },
  tagEdits: async (contentHashes) => {
    const edits = await tagEditsOf(database, contentHashes);
    return new Map(
      [...edits].map(([hash, { added, decided }]) => [hash, { added: added.map(withoutProvenance), decided }]),
    );
  },
});

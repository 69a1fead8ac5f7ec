/** Photos with their stage results. One `commit` is one transaction: photos, vectors, tags, file states, index marks. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { ScoredTag } from "../photo/types.ts";
import type { FileClaim, FileStat } from "./file-repository.ts";
import { statColumns } from "./file-repository.ts";
import { markChanged } from "./index-repository.ts";
import { inParts } from "./parts.ts";
import type { PhotoUpdate, StoredPhoto } from "./photo-row.ts";
import { rowAfter, scoredTagOf, storedPhotoOf, tagRows, updatedColumns } from "./photo-row.ts";
import type { CatalogueSchema, FilesTable, PhotosTable } from "./schema.ts";
import { fromVectorBlob, toVectorBlob } from "./vector-blob.ts";

/** A file that was worked on, and what it holds. */
export interface FinishedFile {
  readonly claim: FileClaim;
  readonly stat: FileStat;
  readonly contentHash: string;
  /** Lifts a `forgotten` row of this content. */
  readonly named: boolean;
}

export interface PhotoCommit {
  readonly updates: readonly PhotoUpdate[];
  readonly files: readonly FinishedFile[];
}

interface HeldFile extends FinishedFile {
  readonly before: Pick<Selectable<FilesTable>, "content_hash" | "state">;
}

export interface PhotoRepository {
  readonly commit: (commit: PhotoCommit) => Promise<void>;
  /** Those of the given photos that the user had removed. */
  readonly forgottenAmong: (contentHashes: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly load: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, StoredPhoto>>;
  /** Stage keys per photo: stage name to stored key. */
  readonly stageKeys: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  readonly vectors: (contentHashes: readonly string[], vectorKey: string) => Promise<ReadonlyMap<string, Float32Array>>;
  /** Machine tags, best first. */
  readonly tags: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, readonly ScoredTag[]>>;
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
    .where("content_hash", "in", [...contentHashes])
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
    .where("content_hash", "in", [...contentHashes])
    .execute();
  return new Map(rows.map(({ content_hash: hash, rev }) => [hash, rev]));
};

const storePhotos = async (database: Database, updates: readonly PhotoUpdate[], now: number): Promise<void> => {
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
  await inParts(rows, (part) =>
    database
      .insertInto("photos")
      .values(part)
      .onConflict((conflict) =>
        conflict
          .column("content_hash")
          .doUpdateSet((eb) =>
            Object.fromEntries(updatedColumns.map((column) => [column, eb.ref(`excluded.${column}`)])),
          ),
      )
      .execute(),
  );
};

const storeStageKeys = async (database: Database, updates: readonly PhotoUpdate[], now: number): Promise<void> => {
  const rows = updates.flatMap(({ contentHash, stageKeys }) =>
    [...stageKeys].map(([stage, key]) => ({ content_hash: contentHash, stage, key, at: now })),
  );
  await inParts(rows, (part) =>
    database
      .insertInto("photo_stages")
      .values(part)
      .onConflict((conflict) =>
        conflict
          .columns(["content_hash", "stage"])
          .doUpdateSet((eb) => ({ key: eb.ref("excluded.key"), at: eb.ref("excluded.at") })),
      )
      .execute(),
  );
};

const storeVectors = async (database: Database, updates: readonly PhotoUpdate[]): Promise<void> => {
  const rows = updates.flatMap(({ contentHash, embedding }) =>
    embedding === undefined
      ? []
      : [{ content_hash: contentHash, vector_key: embedding.vectorKey, vector: toVectorBlob(embedding.vector) }],
  );
  await inParts(rows, (part) =>
    database
      .insertInto("embeddings")
      .values(part)
      .onConflict((conflict) =>
        conflict.columns(["content_hash", "vector_key"]).doUpdateSet((eb) => ({ vector: eb.ref("excluded.vector") })),
      )
      .execute(),
  );
};

/** Machine tags are replaced as a whole; tags of users, sidecars and files stay. */
const storeTags = async (database: Database, updates: readonly PhotoUpdate[], now: number): Promise<void> => {
  const tagged = updates.filter(({ tags }) => tags !== undefined);
  if (tagged.length === 0) return;
  await database
    .deleteFrom("tags")
    .where("source", "=", "zero-shot")
    .where(
      "content_hash",
      "in",
      tagged.map(({ contentHash }) => contentHash),
    )
    .execute();
  const rows = tagged.flatMap((update) => tagRows(update, now));
  await inParts(rows, (part) => database.insertInto("tags").values(part).execute());
};

/** Claims that still hold; the lease of the others ran out, and another process took the file over. */
const heldFiles = async (database: Database, files: readonly FinishedFile[]): Promise<readonly HeldFile[]> => {
  if (files.length === 0) return [];
  const rows = await database
    .selectFrom("files")
    .select(["id", "lease_token", "content_hash", "state"])
    .where(
      "id",
      "in",
      files.map(({ claim }) => claim.fileId),
    )
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return files.flatMap((file) => {
    const row = byId.get(file.claim.fileId);
    return row?.lease_token === file.claim.token ? [{ ...file, before: row }] : [];
  });
};

/** @returns content hashes that gained or lost a file. */
const finishFiles = async (
  database: Database,
  files: readonly FinishedFile[],
  now: number,
): Promise<readonly string[]> => {
  const held = await heldFiles(database, files);
  await inParts(held, async (part) => {
    const values = part.map(
      ({ claim, contentHash, stat }) =>
        sql`(${claim.fileId}, ${contentHash}, ${sql.join(Object.values(statColumns(stat)))})`, // in the order below
    );
    await sql`
      update files
      set content_hash = done.column2, size = done.column3, mtime_ns = done.column4, ctime_ns = done.column5,
        inode = done.column6, state = 'present', reason = null, reason_message = null, reason_key = null, tries = 0,
        crashes = 0, lease_owner = null, lease_token = null, lease_until = null, updated_at = ${now}
      from (values ${sql.join(values)}) as done
      where files.id = done.column1`.execute(database);
  });
  return held
    .filter(({ before, contentHash }) => before.content_hash !== contentHash || before.state !== "present")
    .flatMap(({ before, contentHash }) =>
      before.content_hash === null ? [contentHash] : [contentHash, before.content_hash],
    );
};

const commitPhotos = async (database: Database, { updates, files }: PhotoCommit, now: number): Promise<void> => {
  await storePhotos(database, updates, now);
  await storeStageKeys(database, updates, now);
  await storeVectors(database, updates);
  await storeTags(database, updates, now);
  const moved = await finishFiles(database, files, now);
  const named = files.filter((file) => file.named).map(({ contentHash }) => contentHash);
  const returned = await database
    .deleteFrom("forgotten")
    .where("content_hash", "in", named)
    .returning("content_hash")
    .execute();
  const changed = [
    ...updates.filter(({ stageKeys }) => stageKeys.size > 0).map(({ contentHash }) => contentHash),
    ...moved,
    ...returned.map((row) => row.content_hash),
  ];
  await markChanged(database, [...new Set(changed)], now);
};

const groupBy = <Row, Value>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  valueOf: (row: Row) => Value,
): ReadonlyMap<string, readonly Value[]> => {
  const groups = new Map<string, Value[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [valueOf(row)]);
    else group.push(valueOf(row));
  }
  return groups;
};

export const createPhotoRepository = (database: Database, clock: Clock): PhotoRepository => ({
  commit: (commit) => database.transaction().execute((transaction) => commitPhotos(transaction, commit, clock.now())),
  forgottenAmong: async (contentHashes) => {
    if (contentHashes.length === 0) return new Set();
    const rows = await database
      .selectFrom("forgotten")
      .select("content_hash")
      .where("content_hash", "in", [...contentHashes])
      .execute();
    return new Set(rows.map((row) => row.content_hash));
  },
  load: async (contentHashes) => {
    const rows = await rowsByHash(database, contentHashes);
    return new Map([...rows].map(([hash, row]) => [hash, storedPhotoOf(row)]));
  },
  stageKeys: async (contentHashes) => {
    if (contentHashes.length === 0) return new Map();
    const rows = await database
      .selectFrom("photo_stages")
      .select(["content_hash", "stage", "key"])
      .where("content_hash", "in", [...contentHashes])
      .execute();
    const groups = groupBy(
      rows,
      (row) => row.content_hash,
      (row): [string, string] => [row.stage, row.key],
    );
    return new Map([...groups].map(([hash, entries]) => [hash, new Map(entries)]));
  },
  vectors: async (contentHashes, vectorKey) => {
    if (contentHashes.length === 0) return new Map();
    const rows = await database
      .selectFrom("embeddings")
      .select(["content_hash", "vector"])
      .where("vector_key", "=", vectorKey)
      .where("content_hash", "in", [...contentHashes])
      .execute();
    return new Map(rows.map((row) => [row.content_hash, fromVectorBlob(row.vector)]));
  },
  tags: async (contentHashes) => {
    if (contentHashes.length === 0) return new Map();
    const rows = await database
      .selectFrom("tags")
      .selectAll()
      .where("source", "=", "zero-shot")
      .where("content_hash", "in", [...contentHashes])
      .orderBy("rank")
      .execute();
    return groupBy(rows, (row) => row.content_hash, scoredTagOf);
  },
});

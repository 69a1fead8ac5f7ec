/** The catalogue's side of the vector index: which photos are out of date there, and the rows to write. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { formatOfGroup } from "../photo/photo-groups.ts";
import type { StoredTag } from "../photo/types.ts";
import type { IndexMark, IndexRow, IndexSource } from "../vectors/types.ts";
import { isDescribed } from "./description-rows.ts";
import { listOf } from "./lists.ts";
import type { FileOfPhoto } from "./photo-scope.ts";
import { cameraOf, filesOfPhotos, foldersOf, hiddenBehind, shownPhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";
import { shownTags } from "./tag-rows.ts";
import { fromVectorBlob } from "./vector-blob.ts";

/** Photos of the whole library are read and marked in lots: in between the thread and the catalogue are free. */
const LOT = 2000;

interface MarkedPhotos {
  /** JSON array. */
  readonly hashes: string;
  readonly now: number;
}

const markPhotos = statement((database, { hashes, now }: Given<MarkedPhotos>) =>
  database
    .insertInto("to_index")
    .columns(["content_hash", "rev", "marked_at"])
    .expression((eb) =>
      eb
        .selectFrom("photos")
        .select(["content_hash", "rev", now.as("marked_at")])
        .where("content_hash", "in", givenList<string>(hashes)),
    )
    .onConflict((conflict) => conflict.column("content_hash").doUpdateSet((eb) => ({ rev: eb.ref("excluded.rev") }))),
);

/** Marks photos for the index at their present revision. */
export const mark = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
  now: number,
): Promise<void> => {
  await markPhotos.run(database, { hashes: JSON.stringify(contentHashes), now });
};

const primariesOfGroups = statement((database, { hashes }: Given<{ readonly hashes: string }>) =>
  database.selectFrom("photo_groups").select("primary_hash").where("content_hash", "in", givenList<string>(hashes)),
);

/** With the photos that stand for them: their rows tell of the whole group. */
const withPrimaries = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
): Promise<readonly string[]> => {
  const rows = await primariesOfGroups.all(database, { hashes: JSON.stringify(contentHashes) });
  return rows.length === 0 ? contentHashes : [...contentHashes, ...rows.map((row) => row.primary_hash)];
};

const raiseRevisions = statement((database, { hashes, now }: Given<MarkedPhotos>) =>
  database
    .updateTable("photos")
    .set((eb) => ({ rev: eb("rev", "+", 1), updated_at: now }))
    .where("content_hash", "in", givenList<string>(hashes)),
);

/** Raises the revision of these photos and marks them for the index; part of the transaction that changed them. */
export const markChanged = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
  now: number,
): Promise<void> => {
  const changed = await withPrimaries(database, contentHashes);
  await raiseRevisions.run(database, { hashes: JSON.stringify(changed), now });
  await mark(database, changed, now);
};

type PhotoRow = Awaited<ReturnType<typeof photoRows>>[number];

const photoRows = (database: Kysely<CatalogueSchema>, contentHashes: readonly string[], vectorKey: string) =>
  shownPhotos(database)
    .leftJoin("embeddings", (join) =>
      join.onRef("embeddings.content_hash", "=", "photos.content_hash").on("embeddings.vector_key", "=", vectorKey),
    )
    .where("photos.content_hash", "in", listOf(contentHashes))
    .select([
      "photos.content_hash",
      "photos.rev",
      "photos.captured_key",
      "photos.camera_make",
      "photos.camera_model",
      "photos.lens",
      "photos.latitude",
      "photos.longitude",
      "photos.favourite",
      "photos.rating",
      "photos.format",
      "photos.title",
      "photos.caption",
      "photos.keywords",
      "photos.llm_title",
      "photos.enriched_description",
      "photos.photo_profile",
      "embeddings.vector",
    ])
    .execute();

/** Words of file and folder names: `2024-07 Lisbon/IMG_0042.jpg` gives `2024 07 Lisbon IMG 0042`. */
const nameWords = ({ root, path }: FileOfPhoto): string => {
  const lastRootFolder = root.split("/").at(-1) ?? "";
  return `${lastRootFolder}/${path.replace(/\.[^./]+$/, "")}`.replace(/[^\p{L}\p{N}]+/gu, " ").trim();
};

/** Each once. */
const lowerCased = (names: readonly string[]): readonly string[] => [
  ...new Set(names.map((name) => name.toLowerCase())),
];

interface IndexedParts {
  /** Of the photo and of those it stands for. */
  readonly places: readonly FileOfPhoto[];
  readonly tags: readonly StoredTag[];
  readonly formats: readonly string[];
}

const toIndexRow = (row: PhotoRow, { places, tags, formats }: IndexedParts): IndexRow => {
  const keywords = JSON.parse(row.keywords) as string[]; // written by photo-repository as an array of strings
  const names = lowerCased([...tags.map(({ name }) => name), ...keywords]);
  const camera = cameraOf(row.camera_make, row.camera_model);
  const written = [row.title, row.caption, row.llm_title, row.enriched_description];
  const text = [...written, names.join(", "), ...places.map(nameWords), camera, row.lens];
  return {
    contentHash: row.content_hash,
    rev: row.rev,
    vector: row.vector === null ? undefined : fromVectorBlob(row.vector),
    capturedKey: row.captured_key ?? undefined,
    folders: [...new Set(places.flatMap(foldersOf))],
    camera,
    lens: row.lens ?? undefined,
    tags: lowerCased([...names, ...tags.flatMap(({ ancestors = [] }) => ancestors)]),
    latitude: row.latitude ?? undefined,
    longitude: row.longitude ?? undefined,
    favourite: row.favourite === 1,
    rating: row.rating ?? undefined,
    format: formatOfGroup(formats),
    enriched: isDescribed(row),
    text: text.filter((part) => part !== null && part !== undefined && part !== "").join("\n"),
  };
};

/** @param settleGroups works off the marks of photo groups, which may leave marks for the index */
export const createIndexRepository = (
  database: Kysely<CatalogueSchema>,
  clock: Clock,
  settleGroups: () => Promise<void>,
): IndexSource => ({
  takeMarks: async (limit) => {
    await settleGroups();
    return database
      .selectFrom("to_index")
      .select(["content_hash as contentHash", "rev"])
      .orderBy("marked_at")
      .limit(limit)
      .execute();
  },
  rowsFor: async (contentHashes, vectorKey) => {
    if (contentHashes.length === 0) return [];
    const rows = await photoRows(database, contentHashes, vectorKey);
    const hidden = await hiddenBehind(database, contentHashes);
    const hashes = [...contentHashes, ...[...hidden.values()].flat().map((photo) => photo.contentHash)];
    const places = await filesOfPhotos(database, hashes);
    const tags = await shownTags(database, hashes);
    return rows.map((row) => {
      const group = [{ contentHash: row.content_hash, format: row.format }, ...(hidden.get(row.content_hash) ?? [])];
      return toIndexRow(row, {
        places: group.flatMap(({ contentHash }) => places.get(contentHash) ?? []),
        tags: group.flatMap(({ contentHash }) => tags.get(contentHash) ?? []),
        formats: group.map(({ format }) => format),
      });
    });
  },
  clearMarks: (marks, vectorKey) => clearMarks(database, marks, vectorKey),
  countMarks: async () => {
    const marks = await countRows(database, "to_index");
    return marks > 0 ? marks : countRows(database, "to_group"); // most photos have a mark in both
  },
  allRevisions: () => allRevisions(database),
  // Without a new revision: the index is behind, the photos did not change.
  markAgain: async (contentHashes) => {
    for (let start = 0; start < contentHashes.length; start += LOT) {
      const lot = contentHashes.slice(start, start + LOT);
      await database.transaction().execute((transaction) => mark(transaction, lot, clock.now()));
      await nextTurn();
    }
  },
});

const countRows = async (database: Kysely<CatalogueSchema>, table: "to_index" | "to_group"): Promise<number> => {
  const row = await database
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
};

/** In the order of the file, not of the hashes, which lie all over it. */
const allRevisions = async (database: Kysely<CatalogueSchema>): Promise<readonly IndexMark[]> => {
  const rowid = sql.ref<number>("photos.rowid");
  const all: IndexMark[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const lot = await shownPhotos(database)
      .select(["content_hash as contentHash", "rev", rowid.as("rowid")])
      .where(rowid, ">", after)
      .orderBy(rowid)
      .limit(LOT)
      .execute();
    all.push(...lot.map(({ contentHash, rev }) => ({ contentHash, rev })));
    after = lot.at(-1)?.rowid;
    await nextTurn();
  }
  return all;
};

/** In one statement, so that no switch of the active key comes between the look and the deletion. */
const clearMarks = async (
  database: Kysely<CatalogueSchema>,
  marks: readonly IndexMark[],
  vectorKey: string | undefined,
): Promise<boolean> => {
  if (marks.length > 0) {
    const written = JSON.stringify(marks.map(({ contentHash, rev }) => [contentHash, rev]));
    await database
      .deleteFrom("to_index")
      .where(
        sql<boolean>`(content_hash, rev) in (select value ->> 0, cast(value ->> 1 as integer) from json_each(${written}))`,
      )
      .where(sql<boolean>`(select vector_key from vector_keys where state = 'active') is ${vectorKey ?? null}`)
      .execute();
  }
  const active = await database
    .selectFrom("vector_keys")
    .select("vector_key")
    .where("state", "=", "active")
    .executeTakeFirst();
  return active?.vector_key === vectorKey;
};

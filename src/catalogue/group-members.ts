/** Who belongs to the group of a photo, for readers. */
import type { Kysely } from "kysely";
import type { GroupMember } from "../search/types.ts";
import { listOf } from "./lists.ts";
import { absolutePathOf, filesOfPhotos, hiddenBehind, visiblePhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** The photos that stand for these; those that stand for themselves are left out. */
export const primariesOf = async (
  database: Database,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const rows = await database
    .selectFrom("photo_groups")
    .selectAll()
    .where("content_hash", "in", listOf(contentHashes))
    .execute();
  return new Map(rows.map((row) => [row.content_hash, row.primary_hash]));
};

/** The shown one first; empty for a photo without a group. */
export const groupMembers = async (database: Database, contentHash: string): Promise<readonly GroupMember[]> => {
  const shown = (await primariesOf(database, [contentHash])).get(contentHash) ?? contentHash;
  const hidden = (await hiddenBehind(database, [shown])).get(shown) ?? [];
  if (hidden.length === 0) return [];
  const hashes = [shown, ...hidden.map((photo) => photo.contentHash)];
  const rows = await visiblePhotos(database)
    .select(["photos.content_hash", "photos.format"])
    .where("photos.content_hash", "in", listOf(hashes))
    .execute();
  const formats = new Map(rows.map((row) => [row.content_hash, row.format]));
  const files = await filesOfPhotos(database, hashes);
  return hashes.flatMap((hash) => {
    const format = formats.get(hash);
    if (format === undefined) return [];
    return [{ contentHash: hash, format, paths: (files.get(hash) ?? []).map(absolutePathOf), shown: hash === shown }];
  });
};

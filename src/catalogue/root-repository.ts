/** Roots: folders whose files the catalogue knows. File paths are relative to their root, as exact bytes. */
import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { isInside, joinPath, relativeTo } from "../photo/path-bytes.ts";
import { markChanged } from "./index-repository.ts";
import type { CatalogueSchema, RootKind } from "./schema.ts";

export interface Root {
  readonly id: number;
  readonly path: Buffer;
  readonly kind: RootKind;
}

export interface RootRepository {
  readonly list: () => Promise<readonly Root[]>;
  /**
   * The root that holds files of `folder`: an existing one around it, else a new visited root. A new root absorbs the
   * visited roots inside it, so that a file is never known twice.
   */
  readonly visit: (folder: Buffer) => Promise<Root>;
}

const listRoots = async (database: Kysely<CatalogueSchema>): Promise<readonly Root[]> => {
  const rows = await database.selectFrom("roots").select(["id", "path", "kind"]).orderBy("id").execute();
  return rows.map(({ id, path, kind }) => ({ id, path: Buffer.from(path), kind }));
};

/** The root that a file or folder belongs to: added roots first, then the outermost. */
export const enclosingRoot = (roots: readonly Root[], path: Buffer): Root | undefined =>
  roots
    .filter((root) => isInside(path, root.path))
    .toSorted((a, b) => Number(b.kind === "added") - Number(a.kind === "added") || a.path.length - b.path.length)[0];

const absorb = async (transaction: Transaction<CatalogueSchema>, outer: Root, inner: Root): Promise<void> => {
  const prefix = joinPath(relativeTo(outer.path, inner.path), Buffer.alloc(0));
  await transaction
    .updateTable("files")
    .set({ root_id: outer.id, path: sql<Uint8Array>`cast(${prefix} || path as blob)` })
    .where("root_id", "=", inner.id)
    .execute();
  await transaction.deleteFrom("roots").where("id", "=", inner.id).execute();
};

/** The index holds every folder around a photo up to its root: with a wider root these are more. */
const markFilesOf = async (transaction: Transaction<CatalogueSchema>, root: Root, now: number): Promise<void> => {
  const photos = await transaction
    .selectFrom("files")
    .select("content_hash")
    .distinct()
    .where("root_id", "=", root.id)
    .where("content_hash", "is not", null)
    .$narrowType<{ content_hash: string }>()
    .execute();
  const hashes = photos.map(({ content_hash: hash }) => hash);
  if (hashes.length > 0) await markChanged(transaction, hashes, now);
};

export const createRootRepository = (database: Kysely<CatalogueSchema>, clock: Clock): RootRepository => ({
  list: () => listRoots(database),
  visit: (folder) =>
    database.transaction().execute(async (transaction) => {
      const roots = await listRoots(transaction);
      const existing = enclosingRoot(roots, folder);
      if (existing !== undefined) return existing;
      const { id } = await transaction
        .insertInto("roots")
        .values({ path: folder, kind: "visited", created_at: clock.now() })
        .returning("id")
        .executeTakeFirstOrThrow();
      const created: Root = { id, path: folder, kind: "visited" };
      for (const inner of roots) {
        if (inner.kind === "visited" && isInside(inner.path, folder)) await absorb(transaction, created, inner);
      }
      await markFilesOf(transaction, created, clock.now());
      return created;
    }),
});

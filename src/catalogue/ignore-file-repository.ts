/** What `.photonignore` files said when their folders were last scanned: one that says something else rules its folder anew. */
import type { Kysely } from "kysely";
import { hashBytes } from "../photo/content-hash.ts";
import type { CatalogueSchema } from "./schema.ts";

const DIGEST_DIGITS = 16;

export interface IgnoreFileRepository {
  /**
   * @param folder below the root, exact bytes
   * @param patterns undefined = the folder holds no such file
   * @returns whether that is new
   */
  readonly note: (rootId: number, folder: Buffer, patterns: string | undefined) => Promise<boolean>;
}

const digestOf = (patterns: string): string => hashBytes(Buffer.from(patterns)).slice(0, DIGEST_DIGITS);

const note = async (
  database: Kysely<CatalogueSchema>,
  place: { readonly root_id: number; readonly folder: Buffer },
  digest: string | undefined,
): Promise<boolean> => {
  const { root_id: rootId, folder } = place;
  const here = database.selectFrom("ignore_files").where("root_id", "=", rootId).where("folder", "=", folder);
  const known = await here.select("digest").executeTakeFirst();
  if (known?.digest === digest) return false;
  if (digest === undefined) {
    await database.deleteFrom("ignore_files").where("root_id", "=", rootId).where("folder", "=", folder).execute();
  } else {
    await database
      .insertInto("ignore_files")
      .values({ ...place, digest })
      .onConflict((conflict) => conflict.columns(["root_id", "folder"]).doUpdateSet({ digest }))
      .execute();
  }
  return true;
};

export const createIgnoreFileRepository = (database: Kysely<CatalogueSchema>): IgnoreFileRepository => ({
  note: (rootId, folder, patterns) =>
    note(database, { root_id: rootId, folder }, patterns === undefined ? undefined : digestOf(patterns)),
});

/** Which photos exist for a reader: those with a present file that were not forgotten. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { listOf } from "./lists.ts";
import type { RootOptions } from "./root-repository.ts";
import { rootOptionsOf } from "./root-options.ts";
import type { CatalogueSchema } from "./schema.ts";

export const visiblePhotos = (database: Kysely<CatalogueSchema>) =>
  database
    .selectFrom("photos")
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("files")
          .select("files.id")
          .whereRef("files.content_hash", "=", "photos.content_hash")
          .where("files.state", "=", "present"),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("forgotten")
            .select("forgotten.content_hash")
            .whereRef("forgotten.content_hash", "=", "photos.content_hash"),
        ),
      ),
    );

/** Those that readers are shown: without the ones that another photo of their group stands for. */
export const shownPhotos = (database: Kysely<CatalogueSchema>) =>
  visiblePhotos(database).where((eb) =>
    eb.not(
      eb.exists(
        eb
          .selectFrom("photo_groups")
          .select("photo_groups.content_hash")
          .whereRef("photo_groups.content_hash", "=", "photos.content_hash"),
      ),
    ),
  );

export interface HiddenPhoto {
  readonly contentHash: string;
  readonly format: string;
}

/** The visible photos that these stand for, by the latter's hash. */
export const hiddenBehind = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly HiddenPhoto[]>> => {
  const grouped = await database
    .selectFrom("photo_groups")
    .selectAll()
    .where("primary_hash", "in", listOf(contentHashes))
    .orderBy("content_hash")
    .execute();
  if (grouped.length === 0) return new Map(); // nearly always
  const primaries = new Map(grouped.map((row) => [row.content_hash, row.primary_hash]));
  const rows = await visiblePhotos(database)
    .select(["photos.content_hash", "photos.format"])
    .where("photos.content_hash", "in", listOf([...primaries.keys()]))
    .orderBy("photos.content_hash")
    .execute();
  const groups = Map.groupBy(rows, (row) => primaries.get(row.content_hash) ?? "");
  return new Map(
    [...groups].map(([hash, hidden]) => [
      hash,
      hidden.map(({ content_hash: contentHash, format }) => ({ contentHash, format })),
    ]),
  );
};

/** Files that are pending, quarantined, missing or excluded; named so that SQLite uses the index of these alone. */
export const filesToSeeTo = (database: Kysely<CatalogueSchema>) =>
  database.selectFrom("files").where("files.state", "<>", sql.lit("present"));

/** Present files of these photos, oldest row first. */
export const presentFiles = (database: Kysely<CatalogueSchema>, contentHashes: readonly string[]) =>
  database
    .selectFrom("files")
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.content_hash", "files.path", "roots.path as root", "roots.options"])
    .where("files.content_hash", "in", listOf(contentHashes))
    .where("files.state", "=", "present")
    .orderBy("files.id");

/** Contents with a present file in the root. */
export const presentInRoot = async (database: Kysely<CatalogueSchema>, rootId: number): Promise<readonly string[]> => {
  const rows = await database
    .selectFrom("files")
    .select("content_hash")
    .distinct()
    .where("root_id", "=", rootId)
    .where("state", "=", "present")
    .where("content_hash", "is not", null)
    .$narrowType<{ content_hash: string }>()
    .execute();
  return rows.map((row) => row.content_hash);
};

/** One file of a photo: root and path below it, as text. */
export interface FileOfPhoto {
  readonly root: string;
  readonly path: string;
  /** What the user said about the root. */
  readonly options: RootOptions;
}

/** Present files per photo, oldest row first. Names that are not UTF-8 carry U+FFFD. */
export const filesOfPhotos = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly FileOfPhoto[]>> => {
  if (contentHashes.length === 0) return new Map();
  const rows = await presentFiles(database, contentHashes).execute();
  const files = new Map<string, FileOfPhoto[]>();
  for (const row of rows) {
    if (row.content_hash === null) continue;
    const file = {
      root: Buffer.from(row.root).toString("utf8"),
      path: Buffer.from(row.path).toString("utf8"),
      options: rootOptionsOf(row.options),
    };
    const known = files.get(row.content_hash);
    if (known === undefined) files.set(row.content_hash, [file]);
    else known.push(file);
  }
  return files;
};

const withoutTrailingSlash = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);

export const absolutePathOf = ({ root, path }: Pick<FileOfPhoto, "root" | "path">): string =>
  `${withoutTrailingSlash(root)}/${path}`;

/** The root itself and every folder below it on the way to the file, absolute. */
export const foldersOf = ({ root, path }: Pick<FileOfPhoto, "root" | "path">): readonly string[] => {
  const parts = path.split("/").slice(0, -1);
  const base = withoutTrailingSlash(root);
  return [root, ...parts.map((_part, index) => `${base}/${parts.slice(0, index + 1).join("/")}`)];
};

/** `Make Model` as people write it: the make is not repeated when the model begins with it. */
export const cameraOf = (make: string | null, model: string | null): string | undefined => {
  if (make === null || model === null) return make ?? model ?? undefined;
  const repeatsMake = model.toLowerCase().startsWith((make.split(" ")[0] ?? make).toLowerCase());
  return repeatsMake ? model : `${make} ${model}`;
};

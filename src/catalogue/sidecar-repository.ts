/**
 * Sidecars as scans see them, and what follows: a photo whose sidecars came, changed or went gets its metadata read anew.
 * Which sidecars a photo has follows from names and places alone, so the order in which files come does not matter, and a
 * sidecar without a photo waits.
 *
 *   note, dropFolders, a file that is moved ──▶ to_reread ──settle: not what was read──▶ todo of one file of the photo
 *                                                         ──settle: what was read──▶ no mark
 */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { SIDECAR_KINDS, sidecarKindOf, sidecarNames } from "../photo/sidecar-names.ts";
import type { FileStat } from "./file-repository.ts";
import { listOfBytes } from "./lists.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { PhotoSidecar } from "./sidecar-marks.ts";
import { filesWithContent, nameIn, placesOf, settleMarks, sidecarsOf } from "./sidecar-marks.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface SeenSidecar {
  /** Below the root, exact bytes. */
  readonly path: Buffer;
  readonly stat: Pick<FileStat, "size" | "mtimeNs">;
}

/** All sidecars in one folder. */
export interface SeenSidecars {
  readonly rootId: number;
  /** Below the root; empty for the root itself. */
  readonly folder: Buffer;
  readonly found: readonly SeenSidecar[];
}

export interface SidecarRepository {
  /** @returns how many came, changed or went */
  readonly note: (seen: SeenSidecars) => Promise<number>;
  /** Folders below the root where sidecars were seen. */
  readonly folders: (rootId: number) => Promise<readonly Buffer[]>;
  /** These are gone, or left out. */
  readonly dropFolders: (rootId: number, folders: readonly Buffer[]) => Promise<void>;
  /** To be called when scans are done. @returns how many photos wait for their metadata now */
  readonly settle: () => Promise<number>;
  /** By kind, best first. */
  readonly of: (contentHash: string) => Promise<readonly PhotoSidecar[]>;
  /** Absolute paths of the present files of contents, in the order in which their sidecars are looked for. */
  readonly places: (contentHashes: readonly string[]) => Promise<ReadonlyMap<string, readonly Buffer[]>>;
}

/** Contents in a folder whose photos may have one of these names beside them. */
const ownersOf = async (
  tx: Tx,
  { rootId, folder }: SeenSidecars,
  changed: readonly string[],
): Promise<ReadonlySet<string>> => {
  const names = new Set(changed);
  const kinds = SIDECAR_KINDS.filter((kind) => changed.some((name) => sidecarKindOf(name) === kind));
  const files = await filesWithContent(tx)
    .where("files.root_id", "=", rootId)
    .where("files.folder", "=", folder)
    .execute();
  const isOwner = (name: string): boolean =>
    kinds.some((kind) => sidecarNames(name, kind).some((candidate) => names.has(candidate)));
  return new Set(files.filter(({ path }) => isOwner(nameIn(folder, path))).map((file) => file.content_hash));
};

interface Difference {
  readonly changed: readonly SeenSidecar[];
  readonly gone: readonly Buffer[];
}

const differenceOf = async (database: Database, { rootId, folder, found }: SeenSidecars): Promise<Difference> => {
  const rows = await database
    .selectFrom("sidecars")
    .select(["path", "size", sql<string>`cast(mtime_ns as text)`.as("mtime")])
    .where("root_id", "=", rootId)
    .where("folder", "=", folder)
    .execute();
  const key = (path: Uint8Array): string => Buffer.from(path).toString("latin1");
  const known = new Map(rows.map(({ path, size, mtime }) => [key(path), `${size}:${mtime}`]));
  const seen = new Set(found.map(({ path }) => key(path)));
  return {
    changed: found.filter(({ path, stat }) => known.get(key(path)) !== `${stat.size}:${stat.mtimeNs}`),
    gone: rows.filter(({ path }) => !seen.has(key(path))).map(({ path }) => Buffer.from(path)),
  };
};

const store = async (tx: Tx, seen: SeenSidecars, { changed, gone }: Difference): Promise<void> => {
  const { rootId, folder } = seen;
  const rows = changed.flatMap(({ path, stat: { size, mtimeNs } }) => {
    const kind = sidecarKindOf(nameIn(folder, path));
    return kind === undefined ? [] : [{ root_id: rootId, path, folder, kind, size, mtime_ns: mtimeNs }];
  });
  await executeForEach(tx, rows, (row) =>
    tx
      .insertInto("sidecars")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(["root_id", "path"])
          .doUpdateSet((eb) => ({ size: eb.ref("excluded.size"), mtime_ns: eb.ref("excluded.mtime_ns") })),
      ),
  );
  await tx.deleteFrom("sidecars").where("root_id", "=", rootId).where("path", "in", listOfBytes(gone)).execute();
  const names = [...changed.map(({ path }) => path), ...gone].map((path) => nameIn(folder, path));
  const owners = await ownersOf(tx, seen, names);
  await executeForEach(
    tx,
    [...owners].map((hash) => ({ content_hash: hash })),
    (row) =>
      tx
        .insertInto("to_reread")
        .values(row)
        .onConflict((conflict) => conflict.doNothing()),
  );
};

/** Mostly nothing is new: then nothing is written. */
const note = async (database: Database, seen: SeenSidecars): Promise<number> => {
  const difference = await differenceOf(database, seen);
  const count = difference.changed.length + difference.gone.length;
  if (count > 0) await database.transaction().execute((tx) => store(tx, seen, difference));
  return count;
};

export const createSidecarRepository = (database: Database, clock: Clock): SidecarRepository => ({
  note: (seen) => note(database, seen),
  folders: async (rootId) => {
    const rows = await database
      .selectFrom("sidecars")
      .select("folder")
      .distinct()
      .where("root_id", "=", rootId)
      .execute();
    return rows.map(({ folder }) => Buffer.from(folder));
  },
  dropFolders: async (rootId, folders) => {
    for (const folder of folders) await note(database, { rootId, folder, found: [] });
  },
  settle: () => settleMarks(database, clock),
  of: (contentHash) => sidecarsOf(database, contentHash),
  places: (contentHashes) => placesOf(database, contentHashes),
});

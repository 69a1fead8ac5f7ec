/** Reads and writes of the administrative commands: counts, quarantine, forgetting. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { PhotoFailureCode } from "../errors.ts";
import { isInside, joinPath, relativeTo } from "../photo/path-bytes.ts";
import { listOf } from "./lists.ts";
import { absolutePathOf, filesOfPhotos, filesToSeeTo, visiblePhotos } from "./photo-scope.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, FileState, RootKind } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface LibraryCount {
  readonly photos: number;
  readonly filesByState: Readonly<Partial<Record<FileState, number>>>;
  readonly forgotten: number;
  readonly roots: readonly { readonly path: string; readonly kind: RootKind; readonly files: number }[];
}

export interface QuarantinedFile {
  readonly fileId: number;
  /** Absolute, exact bytes. */
  readonly path: Buffer;
  /** Absolute path of the root, exact bytes. */
  readonly rootPath: Buffer;
  readonly code: PhotoFailureCode;
  readonly message: string;
  readonly tries: number;
  readonly since: number;
}

export interface PhotoFiles {
  readonly contentHash: string;
  /** Absolute, as text. */
  readonly paths: readonly string[];
}

export interface AdministrationRepository {
  readonly count: () => Promise<LibraryCount>;
  readonly countVectors: (vectorKey: string) => Promise<number>;
  /** Newest first. @param limit unset = all of them */
  readonly quarantined: (limit?: number) => Promise<readonly QuarantinedFile[]>;
  /** Photos with a present file at `path` or below it; absolute. By path. */
  readonly photosAt: (path: string) => Promise<readonly PhotoFiles[]>;
  readonly photosByHash: (contentHashes: readonly string[]) => Promise<readonly PhotoFiles[]>;
  /** Photos that lie nowhere, and were missed last before this time; with the places where they lay. */
  readonly photosMissingSince: (before: number) => Promise<readonly PhotoFiles[]>;
  readonly countAttached: (
    contentHashes: readonly string[],
  ) => Promise<{ readonly vectors: number; readonly tags: number }>;
  /** Removes photos with all that hangs on them and leaves `forgotten` rows; the files keep their rows. */
  readonly forget: (contentHashes: readonly string[]) => Promise<void>;
  /** Lifts `forgotten` rows whose hash begins with one of the prefixes; returns how many. */
  readonly undoForget: (prefixes: readonly string[]) => Promise<number>;
}

const countLibrary = async (database: Database): Promise<LibraryCount> => {
  const { photos } = await visiblePhotos(database)
    .select((eb) => eb.fn.countAll<number>().as("photos"))
    .executeTakeFirstOrThrow();
  const states = await database
    .selectFrom("files")
    .select((eb) => ["state", eb.fn.countAll<number>().as("files")] as const)
    .where((eb) =>
      eb.or([
        eb("content_hash", "is", null),
        eb("content_hash", "not in", eb.selectFrom("forgotten").select("forgotten.content_hash")),
      ]),
    )
    .groupBy("state")
    .execute();
  const { forgotten } = await database
    .selectFrom("forgotten")
    .select((eb) => eb.fn.countAll<number>().as("forgotten"))
    .executeTakeFirstOrThrow();
  const roots = await database
    .selectFrom("roots")
    .leftJoin("files", "files.root_id", "roots.id")
    .select((eb) => ["roots.path", "roots.kind", eb.fn.count<number>("files.id").as("files")] as const)
    .groupBy("roots.id")
    .orderBy("roots.id")
    .execute();
  return {
    photos,
    filesByState: Object.fromEntries(states.map(({ state, files }) => [state, files])),
    forgotten,
    roots: roots.map(({ path, kind, files }) => ({ path: Buffer.from(path).toString("utf8"), kind, files })),
  };
};

const listQuarantined = async (database: Database, limit: number | undefined): Promise<readonly QuarantinedFile[]> => {
  const rows = await filesToSeeTo(database)
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.id", "files.path", "roots.path as root", "reason", "reason_message", "tries", "updated_at"])
    .where("files.state", "=", "quarantined")
    .orderBy("updated_at", "desc")
    .orderBy("files.id", "desc")
    .$if(limit !== undefined, (query) => query.limit(limit ?? 0))
    .execute();
  return rows.map((row) => ({
    fileId: row.id,
    path: joinPath(row.root, row.path),
    rootPath: Buffer.from(row.root),
    code: (row.reason ?? "internal") as PhotoFailureCode, // written from a PhotoFailureCode
    message: row.reason_message ?? "",
    tries: row.tries,
    since: row.updated_at,
  }));
};

/** Of these, the photos that exist for a reader, with all their present files. */
const photosByHash = async (database: Database, hashes: readonly string[]): Promise<readonly PhotoFiles[]> => {
  const visible = await visiblePhotos(database)
    .select("photos.content_hash")
    .where("photos.content_hash", "in", listOf(hashes))
    .execute();
  const files = await filesOfPhotos(
    database,
    visible.map((row) => row.content_hash),
  );
  return [...files]
    .map(([contentHash, places]) => ({ contentHash, paths: places.map(absolutePathOf) }))
    .toSorted((a, b) => ((a.paths[0] ?? "") < (b.paths[0] ?? "") ? -1 : 1));
};

/** Of an edited photo nothing is left but what people did to it: its own last change counts then. */
const photosMissingSince = async (database: Database, before: number): Promise<readonly PhotoFiles[]> => {
  const rows = await database
    .selectFrom("photos")
    .leftJoin("files", "files.content_hash", "photos.content_hash")
    .leftJoin("roots", "roots.id", "files.root_id")
    .select([
      "photos.content_hash",
      "photos.updated_at",
      "files.updated_at as missing_at",
      "files.path",
      "roots.path as root",
    ])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("files as held")
            .select("held.id")
            .whereRef("held.content_hash", "=", "photos.content_hash")
            .where("held.state", "<>", "missing"),
        ),
      ),
    )
    .orderBy("photos.content_hash")
    .execute();
  const photos = Map.groupBy(rows, (row) => row.content_hash);
  return [...photos].flatMap(([contentHash, files]) => {
    if (files.some((file) => (file.missing_at ?? file.updated_at) >= before)) return [];
    const paths = files.flatMap(({ root, path }) =>
      root === null || path === null ? [] : [joinPath(root, path).toString("utf8")],
    );
    return [{ contentHash, paths }];
  });
};

/** Contents of the present files at `path`, which may be a file, a folder, or a folder around roots. */
const hashesAt = async (database: Database, path: Buffer): Promise<readonly string[]> => {
  const roots = await database.selectFrom("roots").select(["id", "path"]).execute();
  const hashes = new Set<string>();
  for (const { id, path: rootPath } of roots) {
    const root = Buffer.from(rootPath);
    const isWhole = isInside(root, path);
    if (!isWhole && !isInside(path, root)) continue;
    const wanted = isWhole ? undefined : relativeTo(root, path);
    const rows = await filesAt(database, id, wanted).execute();
    for (const { content_hash: hash } of rows) if (hash !== null) hashes.add(hash);
  }
  return [...hashes];
};

/** @param path below the root; undefined = all files of the root */
const filesAt = (database: Database, rootId: number, path: Buffer | undefined) => {
  const files = database
    .selectFrom("files")
    .select("content_hash")
    .where("root_id", "=", rootId)
    .where("state", "=", "present");
  if (path === undefined) return files;
  const below = Buffer.concat([path, Buffer.from("/")]);
  const after = Buffer.concat([path, Buffer.from("0")]); // the byte that follows "/"
  return files.where((eb) => eb.or([eb("path", "=", path), eb.and([eb("path", ">", below), eb("path", "<", after)])]));
};

const countAttached = async (
  database: Database,
  hashes: readonly string[],
): Promise<{ readonly vectors: number; readonly tags: number }> => {
  const countIn = (table: "embeddings" | "tags" | "tag_edits") =>
    database
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("content_hash", "in", listOf(hashes))
      .executeTakeFirstOrThrow();
  const [found, decided] = [await countIn("tags"), await countIn("tag_edits")];
  return { vectors: (await countIn("embeddings")).count, tags: found.count + decided.count };
};

const forgetPhotos = async (database: Database, hashes: readonly string[], now: number): Promise<void> => {
  await executeForEach(
    database,
    hashes.map((hash) => ({ content_hash: hash, at: now })),
    (row) =>
      database
        .insertInto("forgotten")
        .values(row)
        .onConflict((conflict) => conflict.column("content_hash").doUpdateSet((eb) => ({ at: eb.ref("excluded.at") }))),
  );
  // The mark outlives the photo: the committer then finds no photo and removes the index row.
  await database
    .insertInto("to_index")
    .columns(["content_hash", "rev", "marked_at"])
    .expression((eb) =>
      eb
        .selectFrom("photos")
        .select((inner) => ["content_hash", inner("rev", "+", 1).as("rev"), sql<number>`${now}`.as("marked_at")])
        .where("content_hash", "in", listOf(hashes)),
    )
    .onConflict((conflict) => conflict.column("content_hash").doUpdateSet((eb) => ({ rev: eb.ref("excluded.rev") })))
    .execute();
  await database.deleteFrom("photos").where("content_hash", "in", listOf(hashes)).execute();
};

const undoForget = async (database: Database, prefixes: readonly string[]): Promise<number> => {
  let lifted = 0;
  for (const prefix of prefixes) {
    const result = await database
      .deleteFrom("forgotten")
      .where("content_hash", ">=", prefix)
      .where("content_hash", "<", `${prefix}g`) // "g" sorts after every hex digit
      .executeTakeFirst();
    lifted += Number(result.numDeletedRows);
  }
  return lifted;
};

export const createAdministrationRepository = (database: Database, clock: Clock): AdministrationRepository => ({
  count: () => countLibrary(database),
  countVectors: async (vectorKey) => {
    const row = await database
      .selectFrom("embeddings")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("vector_key", "=", vectorKey)
      .executeTakeFirstOrThrow();
    return row.count;
  },
  quarantined: (limit) => listQuarantined(database, limit),
  photosAt: async (path) =>
    photosByHash(database, await hashesAt(database, Buffer.from(path.length > 1 ? path.replace(/\/$/, "") : path))),
  photosByHash: (contentHashes) => photosByHash(database, contentHashes),
  photosMissingSince: (before) => photosMissingSince(database, before),
  countAttached: (contentHashes) => countAttached(database, contentHashes),
  forget: (contentHashes) =>
    database.transaction().execute((transaction) => forgetPhotos(transaction, contentHashes, clock.now())),
  undoForget: (prefixes) => database.transaction().execute((transaction) => undoForget(transaction, prefixes)),
});

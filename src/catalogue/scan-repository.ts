/**
 * What scans read and write of file rows.
 *
 *   (unknown) ──seen──▶ settle ──whole──▶ process ──pipeline──▶ nothing to do
 *   nothing to do ──another stat──▶ settle
 *   not seen: `missing_since` ──seen again──▶ as before
 *                             ──decided───▶ missing ──seen again──▶ as before the loss
 *                                        ▶ no row, when its content lies elsewhere: it was moved
 *   there, but left out by a rule: excluded ──seen again──▶ as before
 */
import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { FileStat } from "./file-repository.ts";
import { statColumns } from "./file-columns.ts";
import { markChanged } from "./index-repository.ts";
import { appendPhotoEvents } from "./library-events.ts";
import { listOf } from "./lists.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, FileState, FileTodo } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** What is worked on first. */
export const TODO_PRIORITY = { arrival: 30, edit: 20, backlog: 10, retry: 0, idle: -10 } as const;

export interface ScannedFile {
  readonly id: number;
  readonly rootId: number;
  /** Below the root, exact bytes. */
  readonly path: Buffer;
  readonly state: FileState;
  /** Of the content that was processed last. */
  readonly stat: FileStat;
  readonly contentHash: string | undefined;
  readonly todo: FileTodo | undefined;
  /** The stat it is to keep, see `seenOf`. */
  readonly seen: string | undefined;
  readonly isMissed: boolean;
}

export interface SeenFile {
  readonly path: Buffer;
  readonly stat: FileStat;
}

export interface ScanChanges {
  readonly rootId: number;
  readonly found: readonly SeenFile[];
  readonly changed: readonly { readonly id: number; readonly stat: FileStat }[];
  /** Known by inode: the same file under another path, of this root or another. */
  readonly moved: readonly (SeenFile & { readonly file: ScannedFile })[];
  /** There again, or not left out any more, with their old stat. */
  readonly returned: readonly ScannedFile[];
  readonly missed: readonly number[];
  readonly excluded: readonly ScannedFile[];
  /** Of what was found; changed files are edits. */
  readonly priority: number;
  /** When files that were found may be looked at again. */
  readonly settleAt: number;
}

export interface ScanRepository {
  readonly filesIn: (rootId: number, folder: Buffer) => Promise<readonly ScannedFile[]>;
  /** Folders below the root that hold files which count as there. */
  readonly folders: (rootId: number) => Promise<readonly Buffer[]>;
  /** Files of roots on this device with one of these inodes. */
  readonly byInode: (device: string, inodes: readonly bigint[]) => Promise<readonly ScannedFile[]>;
  /** How many files count as there, and how many of these are not seen nor known elsewhere: what is lost if they are. */
  readonly loss: (
    rootId: number,
    missed: readonly number[],
  ) => Promise<{ readonly files: number; readonly lost: number }>;
  readonly apply: (changes: ScanChanges) => Promise<void>;
  /** A spread of files that count as there, to know the root again. */
  readonly sample: (rootId: number, count: number) => Promise<readonly SeenFile[]>;
}

/** A stat in one text, for comparison. */
export const seenOf = ({ size, mtimeNs, ctimeNs, inode }: FileStat): string => `${size}:${mtimeNs}:${ctimeNs}:${inode}`;

interface FileRow {
  readonly id: number;
  readonly root_id: number;
  readonly path: Uint8Array;
  readonly state: FileState;
  readonly size: number;
  readonly mtime: string;
  readonly ctime: string;
  readonly inode: string;
  readonly content_hash: string | null;
  readonly todo: FileTodo | null;
  readonly seen: string | null;
  readonly missing_since: number | null;
}

const selectFiles = (database: Database) =>
  database
    .selectFrom("files")
    .select([
      "files.id",
      "files.root_id",
      "files.path",
      "files.state",
      "files.size",
      sql<string>`cast(files.mtime_ns as text)`.as("mtime"),
      sql<string>`cast(files.ctime_ns as text)`.as("ctime"),
      sql<string>`cast(files.inode as text)`.as("inode"),
      "files.content_hash",
      "files.todo",
      "files.seen",
      "files.missing_since",
    ]);

const scannedFileOf = (row: FileRow): ScannedFile => ({
  id: row.id,
  rootId: row.root_id,
  path: Buffer.from(row.path),
  state: row.state,
  stat: {
    size: row.size,
    mtimeNs: BigInt(row.mtime),
    ctimeNs: BigInt(row.ctime),
    inode: BigInt.asUintN(64, BigInt(row.inode)),
  },
  contentHash: row.content_hash ?? undefined,
  todo: row.todo ?? undefined,
  seen: row.seen ?? undefined,
  isMissed: row.missing_since !== null,
});

/** The state a row goes back to when its file is there again. */
const stateAgain = sql<FileState>`case when content_hash is not null then 'present'
  when reason is not null and reason <> 'not_found' then 'quarantined' else 'pending' end`;

const insertFound = (transaction: Database, changes: ScanChanges, now: number): Promise<void> =>
  executeForEach(
    transaction,
    changes.found.map(({ path, stat }) => ({
      root_id: changes.rootId,
      path,
      ...statColumns(stat),
      state: "pending" as const,
      tries: 0,
      crashes: 0,
      first_seen_at: now,
      updated_at: now,
      todo: "settle" as const,
      todo_priority: changes.priority,
      todo_at: changes.settleAt,
      todo_since: now,
      seen: seenOf(stat),
    })),
    (row) =>
      transaction
        .insertInto("files")
        .values(row)
        .onConflict((conflict) => conflict.columns(["root_id", "path"]).doNothing()), // `process` was faster
  );

const noteChanged = (transaction: Database, { changed, settleAt }: ScanChanges, now: number): Promise<void> =>
  executeForEach(
    transaction,
    changed.map(({ id, stat }) => ({
      todo: "settle" as const,
      todo_priority: TODO_PRIORITY.edit,
      todo_at: settleAt,
      todo_since: now,
      todo_tries: 0,
      seen: seenOf(stat),
      missing_since: null,
      id,
    })),
    ({ id, ...columns }) => transaction.updateTable("files").set(columns).where("id", "=", id),
  );

const hashesOf = (files: readonly ScannedFile[]): readonly string[] => [
  ...new Set(files.flatMap(({ contentHash }) => contentHash ?? [])),
];

/** A row may already stand for the new path: of a file that was there before, and is gone like the old one. */
const noteMoved = async (transaction: Database, { rootId, moved }: ScanChanges, now: number): Promise<void> => {
  await executeForEach(
    transaction,
    moved.map(({ path, file }) => ({ root_id: rootId, path, id: file.id })),
    ({ root_id: root, path, id }) =>
      transaction.deleteFrom("files").where("root_id", "=", root).where("path", "=", path).where("id", "<>", id),
  );
  await executeForEach(
    transaction,
    moved.map(({ path, stat, file }) => ({
      root_id: rootId,
      path,
      ...statColumns(stat),
      // Inodes are used again: it is hashed when nothing else is to be done. No file has this stat.
      ctime_ns: 0n,
      todo: "process" as const,
      todo_priority: TODO_PRIORITY.idle,
      missing_since: null,
      updated_at: now,
      id: file.id,
    })),
    ({ id, ...columns }) => transaction.updateTable("files").set(columns).where("id", "=", id),
  );
  await comeBack(
    transaction,
    moved.map(({ file }) => file).filter(({ state }) => state !== "present"),
    now,
  );
  const events = moved.flatMap(({ path, file }) =>
    file.contentHash === undefined
      ? []
      : [
          {
            type: "photo_moved" as const,
            contentHash: file.contentHash,
            rootId,
            path,
            from: file.path,
            fromRootId: file.rootId,
          },
        ],
  );
  await appendPhotoEvents(transaction, events, now);
};

/** Rows that were missing or left out are what they were before. */
const comeBack = async (transaction: Database, files: readonly ScannedFile[], now: number): Promise<void> => {
  if (files.length === 0) return;
  await transaction
    .updateTable("files")
    .set((eb) => ({
      state: eb.case().when("state", "in", ["missing", "excluded"]).then(stateAgain).else(eb.ref("state")).end(),
      missing_since: null,
      reason: eb.case().when("reason", "=", "not_found").then(null).else(eb.ref("reason")).end(),
      updated_at: now,
    }))
    .where("id", "in", listOf(files.map(({ id }) => id)))
    .execute();
};

const noteReturned = async (transaction: Database, { returned }: ScanChanges, now: number): Promise<void> => {
  await comeBack(transaction, returned, now);
  const wereGone = returned.filter(({ state }) => state === "missing");
  await appendPhotoEvents(
    transaction,
    wereGone.flatMap(({ contentHash, rootId, path }) =>
      contentHash === undefined ? [] : [{ type: "photo_restored" as const, contentHash, rootId, path }],
    ),
    now,
  );
};

/** Not those that a scan of another root has found there meanwhile. */
const noteMissed = async (transaction: Database, { rootId, missed }: ScanChanges, now: number): Promise<void> => {
  if (missed.length === 0) return;
  await transaction
    .updateTable("files")
    .set({ missing_since: now })
    .where("id", "in", listOf(missed))
    .where("root_id", "=", rootId)
    .where("missing_since", "is", null)
    .execute();
};

const noteExcluded = async (transaction: Database, { rootId, excluded }: ScanChanges, now: number): Promise<void> => {
  if (excluded.length === 0) return;
  await transaction
    .updateTable("files")
    .set({ state: "excluded", missing_since: null, todo: null, updated_at: now })
    .where("id", "in", listOf(excluded.map(({ id }) => id)))
    .where("root_id", "=", rootId)
    .execute();
};

const apply = async (transaction: Transaction<CatalogueSchema>, changes: ScanChanges, now: number): Promise<void> => {
  await noteMoved(transaction, changes, now);
  await insertFound(transaction, changes, now);
  await noteChanged(transaction, changes, now);
  await noteReturned(transaction, changes, now);
  await noteMissed(transaction, changes, now);
  await noteExcluded(transaction, changes, now);
  const moved = changes.moved.map(({ file }) => file);
  const hashes = hashesOf([
    ...moved,
    ...changes.returned.filter(({ state }) => state !== "present"),
    ...changes.excluded,
  ]);
  if (hashes.length > 0) await markChanged(transaction, hashes, now);
};

const COUNTS_AS_THERE = ["present", "pending", "quarantined"] as const satisfies readonly FileState[];

const loss = async (database: Database, rootId: number, missed: readonly number[]) => {
  const { files } = await database
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("files"))
    .where("root_id", "=", rootId)
    .where("state", "in", COUNTS_AS_THERE)
    .executeTakeFirstOrThrow();
  const { lost } = await database
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("lost"))
    .where("id", "in", listOf(missed))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("files as other")
            .select("other.id")
            .whereRef("other.content_hash", "=", "files.content_hash")
            .where("other.state", "=", "present")
            .where("other.missing_since", "is", null)
            .where("other.id", "not in", listOf(missed)),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return { files, lost };
};

export const createScanRepository = (database: Database, clock: Clock): ScanRepository => ({
  filesIn: async (rootId, folder) => {
    const rows = await selectFiles(database).where("root_id", "=", rootId).where("folder", "=", folder).execute();
    return rows.map(scannedFileOf);
  },
  folders: async (rootId) => {
    const rows = await database
      .selectFrom("files")
      .select("folder")
      .distinct()
      .where("root_id", "=", rootId)
      .where("state", "in", COUNTS_AS_THERE)
      .execute();
    return rows.map(({ folder }) => Buffer.from(folder));
  },
  byInode: async (device, inodes) => {
    const values = inodes.map((inode) => BigInt.asIntN(64, inode).toString());
    const rows = await selectFiles(database)
      .innerJoin("roots", "roots.id", "files.root_id")
      .where("roots.device", "=", device)
      .where(sql<boolean>`files.inode in (select cast(value as integer) from json_each(${JSON.stringify(values)}))`)
      .execute();
    return rows.map(scannedFileOf);
  },
  loss: (rootId, missed) => loss(database, rootId, missed),
  apply: (changes) => database.transaction().execute((transaction) => apply(transaction, changes, clock.now())),
  sample: async (rootId, count) => {
    const rows = await selectFiles(database)
      .where("root_id", "=", rootId)
      .where("state", "=", "present")
      .where("missing_since", "is", null)
      .orderBy(sql`(files.id * 2654435761) % 4294967296`) // spread over the root, and the same at each call
      .limit(count)
      .execute();
    return rows.map(scannedFileOf);
  },
});

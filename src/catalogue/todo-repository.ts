/** Files that are to be looked at or worked on, and files that were not seen. */
import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { MINUTE } from "../clock.ts";
import type { PhotoFailureCode } from "../errors.ts";
import { joinPath } from "../photo/path-bytes.ts";
import { markChanged } from "./index-repository.ts";
import type { PhotoEvent } from "./library-events.ts";
import { appendPhotoEvents } from "./library-events.ts";
import { listOf } from "./lists.ts";
import { TODO_PRIORITY } from "./scan-repository.ts";
import type { CatalogueSchema, FileTodo } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** A file may be found elsewhere while others wait to be hashed; longer than this nobody waits for them. */
const MOVE_LIMIT_MS = 10 * MINUTE;
/** Rows decided in one transaction. */
const LOT = 1000;

export interface FileToSettle {
  readonly id: number;
  readonly rootId: number;
  /** Absolute, exact bytes. */
  readonly path: Buffer;
  /** The stat it is to keep, as `seenOf` writes it. */
  readonly seen: string;
  readonly tries: number;
  /** Since when it is waited for. */
  readonly since: number;
  readonly hasContent: boolean;
}

export type SettleResult =
  | { readonly id: number; readonly result: "whole" }
  /** It goes on changing, or is not whole yet. */
  | { readonly id: number; readonly result: "wait"; readonly seen: string; readonly until: number }
  | { readonly id: number; readonly result: "gone" }
  | { readonly id: number; readonly result: "given-up"; readonly message: string };

export interface WaitingFile {
  readonly fileId: number;
  /** Absolute, exact bytes. */
  readonly path: Buffer;
  readonly rootPath: Buffer;
}

export interface TodoRepository {
  /** Whose time has come; of roots that can be reached. */
  readonly toSettle: (limit: number) => Promise<readonly FileToSettle[]>;
  /** When the next one is due; undefined when none waits. */
  readonly nextSettleAt: () => Promise<number | undefined>;
  readonly settled: (results: readonly SettleResult[]) => Promise<void>;
  /** Most urgent first; of added roots that can be reached. */
  readonly toProcess: (limit: number) => Promise<readonly WaitingFile[]>;
  readonly processed: (fileIds: readonly number[]) => Promise<void>;
  readonly counts: () => Promise<{ readonly settle: number; readonly process: number }>;
  /**
   * Decides about files that were not seen since `before`: those whose content lies elsewhere were moved, the others
   * are missing. Waits while files are to be worked on that may turn out to be the same.
   * @returns how many were decided
   */
  readonly decideMissing: (before: number) => Promise<number>;
  /** Files that wait for `decideMissing`. */
  readonly undecided: () => Promise<number>;
  /** Every present file of the root is to be hashed again, behind everything else. @returns how many */
  readonly verify: (rootId: number) => Promise<number>;
}

/** Files of added roots that can be reached. */
const waiting = (database: Database, todo: FileTodo) =>
  database
    .selectFrom("files")
    .innerJoin("roots", "roots.id", "files.root_id")
    .where("files.todo", "=", todo)
    .where("files.missing_since", "is", null)
    .where("roots.kind", "=", "added")
    .where("roots.state", "<>", "frozen");

const toSettle = async (database: Database, now: number, limit: number): Promise<readonly FileToSettle[]> => {
  const rows = await waiting(database, "settle")
    .select([
      "files.id",
      "files.root_id",
      "files.path",
      "roots.path as root",
      "files.seen",
      "files.todo_tries",
      "files.todo_since",
      "files.content_hash",
    ])
    .where("files.todo_at", "<=", now)
    .orderBy("files.todo_priority", "desc")
    .orderBy("files.id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    rootId: row.root_id,
    path: joinPath(row.root, row.path),
    seen: row.seen ?? "",
    tries: row.todo_tries,
    since: row.todo_since ?? now,
    hasContent: row.content_hash !== null,
  }));
};

const UNSTABLE: PhotoFailureCode = "unstable_file";

const settleOne = async (transaction: Database, result: SettleResult, now: number): Promise<void> => {
  const files = transaction.updateTable("files").where("id", "=", result.id).where("todo", "=", "settle");
  switch (result.result) {
    case "whole":
      await files.set({ todo: "process", todo_at: null }).execute();
      return;
    case "wait":
      await files
        .set((eb) => ({ seen: result.seen, todo_at: result.until, todo_tries: eb("todo_tries", "+", 1) }))
        .execute();
      return;
    case "gone":
      // Never processed: nothing hangs on it. Others are decided like every file that was not seen.
      await transaction
        .deleteFrom("files")
        .where("id", "=", result.id)
        .where("state", "=", "pending")
        .where("content_hash", "is", null)
        .execute();
      await files.set((eb) => ({ todo: null, missing_since: eb.fn.coalesce("missing_since", eb.val(now)) })).execute();
      return;
    case "given-up":
      await files
        .set((eb) => ({
          todo: null,
          state: eb
            .case()
            .when("content_hash", "is", null)
            .then("quarantined" as const)
            .else(eb.ref("state"))
            .end(),
          reason: UNSTABLE,
          reason_message: result.message,
          reason_key: null,
          tries: eb("tries", "+", 1),
          updated_at: now,
        }))
        .execute();
      return;
    default:
      result satisfies never;
  }
};

/** Files whose content is not known yet. Those that were not seen any more themselves can be nobody's new place. */
const mayStillBeFound = async (database: Database): Promise<boolean> => {
  const unknown = database
    .selectFrom("files")
    .select("id")
    .where("todo", "is not", null)
    .where("seen", "is not", null)
    .where("missing_since", "is", null);
  return (await unknown.limit(1).executeTakeFirst()) !== undefined;
};

interface UnseenFile {
  readonly id: number;
  readonly root_id: number;
  readonly path: Uint8Array;
  readonly content_hash: string | null;
  readonly state: string;
  readonly new_root_id: number | null;
  readonly new_path: Uint8Array | null;
}

/** With the newest file of the same content that is there. */
const unseen = (database: Database, before: number) =>
  database
    .selectFrom("files")
    .select(["files.id", "files.root_id", "files.path", "files.content_hash", "files.state"])
    .select((eb) => {
      const other = eb
        .selectFrom("files as other")
        .whereRef("other.content_hash", "=", "files.content_hash")
        .where("other.state", "=", "present")
        .where("other.missing_since", "is", null)
        .whereRef("other.first_seen_at", ">=", sql<number>`files.updated_at`)
        .orderBy("other.id", "desc")
        .limit(1);
      return [other.select("other.root_id").as("new_root_id"), other.select("other.path").as("new_path")];
    })
    .where("files.missing_since", "<=", before)
    .orderBy("files.missing_since")
    .limit(LOT);

const hasOther = (database: Database, ids: readonly number[]) =>
  database
    .selectFrom("files")
    .innerJoin("files as other", "other.content_hash", "files.content_hash")
    .select("files.id")
    .distinct()
    .where("files.id", "in", listOf(ids))
    .where("other.state", "=", "present")
    .where("other.missing_since", "is", null);

const eventOf = (file: UnseenFile, isElsewhere: boolean): readonly PhotoEvent[] => {
  const { content_hash: contentHash, root_id: rootId, path } = file;
  if (contentHash === null) return [];
  if (file.new_path !== null && file.new_root_id !== null) {
    const to = { rootId: file.new_root_id, path: file.new_path };
    return [{ type: "photo_moved", contentHash, ...to, from: path, fromRootId: rootId }];
  }
  return isElsewhere ? [] : [{ type: "photo_missing", contentHash, rootId, path }]; // a copy of it is left
};

const decideLot = async (transaction: Transaction<CatalogueSchema>, before: number, now: number): Promise<number> => {
  const files = await unseen(transaction, before).execute();
  const ids = files.map(({ id }) => id);
  if (ids.length === 0) return 0;
  const elsewhere = new Set((await hasOther(transaction, ids).execute()).map(({ id }) => id));
  // A place where nothing lies any more and nothing is lost needs no row.
  const dropped = files.filter(({ id, content_hash: hash }) => hash === null || elsewhere.has(id)).map(({ id }) => id);
  await transaction.deleteFrom("files").where("id", "in", listOf(dropped)).execute();
  await transaction
    .updateTable("files")
    .set({ state: "missing", missing_since: null, todo: null, updated_at: now })
    .where("id", "in", listOf(ids))
    .execute();
  await appendPhotoEvents(
    transaction,
    files.flatMap((file) => eventOf(file, elsewhere.has(file.id))),
    now,
  );
  const hashes = [...new Set(files.flatMap(({ content_hash: hash }) => hash ?? []))];
  if (hashes.length > 0) await markChanged(transaction, hashes, now);
  return files.length;
};

const decideMissing = async (database: Database, clock: Clock, before: number): Promise<number> => {
  const limit = (await mayStillBeFound(database)) ? clock.now() - MOVE_LIMIT_MS : before;
  let decided = 0;
  for (;;) {
    const lot = await database
      .transaction()
      .execute((transaction) => decideLot(transaction, Math.min(before, limit), clock.now()));
    decided += lot;
    if (lot < LOT) return decided;
  }
};

const countUndecided = async (database: Database): Promise<number> => {
  const { count } = await database
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("missing_since", "is not", null)
    .executeTakeFirstOrThrow();
  return count;
};

const hashAgain = async (database: Database, rootId: number, now: number): Promise<number> => {
  const { numUpdatedRows } = await database
    .updateTable("files")
    // With a stat that no file has: it is not taken for unchanged.
    .set({ todo: "process", todo_priority: TODO_PRIORITY.idle, todo_at: null, todo_since: now, ctime_ns: 0n })
    .where("root_id", "=", rootId)
    .where("state", "=", "present")
    .where("todo", "is", null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
};

export const createTodoRepository = (database: Database, clock: Clock): TodoRepository => ({
  toSettle: (limit) => toSettle(database, clock.now(), limit),
  nextSettleAt: async () => {
    const { at } = await waiting(database, "settle")
      .select((eb) => eb.fn.min("files.todo_at").as("at"))
      .executeTakeFirstOrThrow();
    return at ?? undefined;
  },
  settled: (results) =>
    database.transaction().execute(async (transaction) => {
      for (const result of results) await settleOne(transaction, result, clock.now());
    }),
  toProcess: async (limit) => {
    const rows = await waiting(database, "process")
      .select(["files.id", "files.path", "roots.path as root"])
      .orderBy("files.todo_priority", "desc")
      .orderBy("files.id")
      .limit(limit)
      .execute();
    return rows.map(({ id, path, root }) => ({
      fileId: id,
      path: joinPath(root, path),
      rootPath: Buffer.from(root),
    }));
  },
  processed: async (fileIds) => {
    await database
      .updateTable("files")
      .set({ todo: null, todo_tries: 0, seen: null })
      .where("id", "in", listOf(fileIds))
      .where("todo", "=", "process")
      .execute();
  },
  counts: async () => {
    const rows = await database
      .selectFrom("files")
      .select((eb) => ["todo", eb.fn.countAll<number>().as("count")] as const)
      .where("todo", "is not", null)
      .groupBy("todo")
      .execute();
    const countOf = (todo: string): number => rows.find((row) => row.todo === todo)?.count ?? 0;
    return { settle: countOf("settle"), process: countOf("process") };
  },
  decideMissing: (before) => decideMissing(database, clock, before),
  undecided: () => countUndecided(database),
  verify: (rootId) => hashAgain(database, rootId, clock.now()),
});

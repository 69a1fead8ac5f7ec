/**
 * Files that could not be processed.
 *
 *   changed while it was read, and a scan had it found ──▶ settle: looked at again when it keeps still
 *   gone, in an added root   ──▶ as before: only a scan of a root that is in order may miss a file
 *   gone, in a visited root  ──▶ missing
 *   anything else            ──▶ quarantined
 */
import type { Kysely, Selectable } from "kysely";
import { SECOND } from "../clock.ts";
import type { PhotoFailureCode } from "../errors.ts";
import { noLease, noTodo, statColumns } from "./file-columns.ts";
import type { FileClaim, FileStat } from "./file-repository.ts";
import { markChanged } from "./index-repository.ts";
import { appendPhotoEvents } from "./library-events.ts";
import type { CatalogueSchema, FilesTable, RootKind } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** Until a file that changed under the reader is looked at again. */
const SETTLE_AGAIN_MS = 2 * SECOND;

export interface FailedFile {
  readonly claim: FileClaim;
  readonly stat: FileStat | undefined;
  readonly reason: PhotoFailureCode;
  readonly message: string;
  /** Decoder version and limits it failed under. */
  readonly reasonKey: string;
}

interface HeldFile extends Pick<
  Selectable<FilesTable>,
  "id" | "root_id" | "path" | "content_hash" | "state" | "todo" | "replaces"
> {
  readonly kind: RootKind;
}

const heldFile = (database: Database, { fileId, token }: FileClaim): Promise<HeldFile | undefined> =>
  database
    .selectFrom("files")
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.id", "files.root_id", "files.path", "files.content_hash", "files.state", "files.todo"])
    .select(["files.replaces", "roots.kind"])
    .where("files.id", "=", fileId)
    .where("files.lease_token", "=", token)
    .executeTakeFirst();

const update = (database: Database, { id }: HeldFile) =>
  database.updateTable("files").set(noLease).where("id", "=", id);

/** The file held a content that readers saw, and does not any more. */
const noteLoss = async (database: Database, file: HeldFile, now: number): Promise<void> => {
  const { content_hash: contentHash, root_id: rootId, path, state } = file;
  if (contentHash === null) return;
  await markChanged(database, [contentHash], now);
  const elsewhere = await database
    .selectFrom("files")
    .select("id")
    .where("content_hash", "=", contentHash)
    .where("state", "=", "present")
    .limit(1)
    .executeTakeFirst();
  if (state !== "present" || elsewhere !== undefined) return;
  await appendPhotoEvents(database, [{ type: "photo_missing", contentHash, rootId, path }], now);
};

const noteGone = async (database: Database, file: HeldFile, failure: FailedFile, now: number): Promise<void> => {
  if (file.kind === "added") {
    await update(database, file).set({ todo: null, todo_at: null, seen: null }).execute();
    return;
  }
  // What is known of its content stays: the file may come back.
  const { reason, message } = failure;
  await update(database, file)
    .set({ ...noTodo, state: "missing", reason, reason_message: message, updated_at: now })
    .execute();
  await noteLoss(database, file, now);
};

const quarantine = async (database: Database, file: HeldFile, failure: FailedFile, now: number): Promise<void> => {
  const { stat, reason, message, reasonKey } = failure;
  await update(database, file)
    .set((eb) => ({
      ...noTodo,
      ...(stat === undefined ? {} : statColumns(stat)),
      state: "quarantined",
      content_hash: null,
      replaces: file.content_hash ?? file.replaces,
      reason,
      reason_message: message,
      reason_key: reasonKey,
      crashes: 0,
      tries: eb("tries", "+", 1),
      updated_at: now,
    }))
    .execute();
  await noteLoss(database, file, now);
};

/** Part of a transaction. */
export const noteFailure = async (database: Database, failure: FailedFile, now: number): Promise<void> => {
  const file = await heldFile(database, failure.claim);
  if (file === undefined) return; // the lease went to another process, which decides
  if (failure.reason === "not_found") await noteGone(database, file, failure, now);
  else if (failure.reason === "unstable_file" && file.todo !== null) {
    await update(database, file)
      .set({ todo: "settle", todo_at: now + SETTLE_AGAIN_MS })
      .execute();
  } else await quarantine(database, file, failure, now);
};

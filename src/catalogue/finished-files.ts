/**
 * Files whose work is done: what their rows say then, and what has become of the photos in them.
 *
 *   content that nobody knew             ──▶ photo_added
 *   the file held another content        ──▶ photo_edited, and the new photo takes over what the user did to the old one
 *   the content was missing or left out  ──▶ photo_restored; the places where it was missed are given up
 *   the content is in other files        ──▶ nothing: a copy, or a move that todo-repository.ts finds out about
 */
import type { Kysely, Selectable } from "kysely";
import { takeOver } from "./edit-takeover.ts";
import { noLease, noTodo, statColumns } from "./file-columns.ts";
import type { FileClaim, FileStat } from "./file-repository.ts";
import type { PhotoEvent } from "./library-events.ts";
import { appendPhotoEvents } from "./library-events.ts";
import { listOf } from "./lists.ts";
import { executeForEach } from "./repeated-query.ts";
import type { CatalogueSchema, FilesTable } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** A file that was worked on, and what it holds. */
export interface FinishedFile {
  readonly claim: FileClaim;
  readonly stat: FileStat;
  readonly contentHash: string;
  /** Lifts a `forgotten` row of this content. */
  readonly named: boolean;
}

type FileRow = Pick<
  Selectable<FilesTable>,
  "id" | "root_id" | "path" | "content_hash" | "state" | "replaces" | "lease_token"
>;

interface HeldFile extends FinishedFile {
  readonly before: FileRow;
}

export interface FinishedBatch {
  readonly files: readonly FinishedFile[];
  /** Contents that were stored for the first time in this transaction. */
  readonly fresh: ReadonlySet<string>;
  /** Contents that the user had removed. */
  readonly forgotten: ReadonlySet<string>;
}

const selectFiles = (database: Database) =>
  database.selectFrom("files").select(["id", "root_id", "path", "content_hash", "state", "replaces", "lease_token"]);

/** Claims that still hold; the lease of the others ran out, and another process took the file over. */
const heldFiles = async (database: Database, files: readonly FinishedFile[]): Promise<readonly HeldFile[]> => {
  if (files.length === 0) return [];
  const rows = await selectFiles(database)
    .where("id", "in", listOf(files.map(({ claim }) => claim.fileId)))
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return files.flatMap((file) => {
    const before = byId.get(file.claim.fileId);
    return before?.lease_token === file.claim.token ? [{ ...file, before }] : [];
  });
};

/** What a file row says no more once the file was processed. */
const processed = {
  ...noLease,
  ...noTodo,
  state: "present",
  reason: null,
  reason_message: null,
  reason_key: null,
  replaces: null,
} as const;

const markPresent = (database: Database, files: readonly HeldFile[], now: number): Promise<void> =>
  executeForEach(
    database,
    files.map(({ claim, contentHash, stat }) => ({
      content_hash: contentHash,
      ...statColumns(stat),
      ...processed,
      tries: 0,
      crashes: 0,
      updated_at: now,
      id: claim.fileId,
    })),
    ({ id, ...columns }) => database.updateTable("files").set(columns).where("id", "=", id),
  );

const contentBefore = ({ before, contentHash }: HeldFile): string | undefined => {
  const known = before.content_hash ?? before.replaces;
  return known === null || known === contentHash ? undefined : known;
};

const isUnchanged = ({ before, contentHash }: HeldFile): boolean =>
  before.state === "present" && before.content_hash === contentHash;

const editEvent = (file: HeldFile): readonly PhotoEvent[] => {
  const before = contentBefore(file);
  if (before === undefined) return [];
  const { root_id: rootId, path } = file.before;
  return [{ type: "photo_edited", contentHash: file.contentHash, rootId, path, before }];
};

/** What happened to one content. `others` are the files that held it before and are not among these. */
const eventsOf = (
  contentHash: string,
  files: readonly HeldFile[],
  { others, isFresh }: { readonly others: readonly FileRow[]; readonly isFresh: boolean },
): readonly PhotoEvent[] => {
  const edits = files.flatMap(editEvent);
  const [first] = files.filter((file) => !isUnchanged(file));
  const isElsewhere = others.some(({ state }) => state === "present") || files.some(isUnchanged);
  if (edits.length > 0 || first === undefined || isElsewhere) return edits;
  const { root_id: rootId, path } = first.before;
  const place = { contentHash, rootId, path };
  if (isFresh) return [{ type: "photo_added", ...place }];
  const [gone] = others;
  const wasHere = first.before.content_hash === contentHash || gone === undefined;
  return [{ type: "photo_restored", ...place, ...(wasHere ? {} : { from: gone.path, fromRootId: gone.root_id }) }];
};

/** Places where a content was missed that is there again, elsewhere. */
const giveUpMissing = async (database: Database, contentHashes: readonly string[]): Promise<void> => {
  await database
    .deleteFrom("files")
    .where("content_hash", "in", listOf(contentHashes))
    .where("state", "=", "missing")
    .execute();
};

/** Part of a transaction. @returns content hashes that gained or lost a file */
export const finishFiles = async (
  database: Database,
  { files, fresh, forgotten }: FinishedBatch,
  now: number,
): Promise<readonly string[]> => {
  const held = await heldFiles(database, files);
  const moved = held.filter((file) => !isUnchanged(file));
  await markPresent(database, held, now);
  if (moved.length === 0) return [];
  const byContent = Map.groupBy(held, ({ contentHash }) => contentHash);
  const ids = new Set(held.map(({ before }) => before.id));
  const rows = await selectFiles(database)
    .where("content_hash", "in", listOf([...byContent.keys()]))
    .execute();
  const others = Map.groupBy(
    rows.filter(({ id }) => !ids.has(id)),
    (row) => row.content_hash,
  );
  for (const file of moved) {
    const before = contentBefore(file);
    if (before !== undefined) await takeOver(database, { before, after: file.contentHash }, now);
  }
  const events = [...byContent].flatMap(([hash, group]) =>
    forgotten.has(hash) ? [] : eventsOf(hash, group, { others: others.get(hash) ?? [], isFresh: fresh.has(hash) }),
  );
  await giveUpMissing(database, [...byContent.keys()]);
  await appendPhotoEvents(database, events, now);
  return moved.flatMap(({ before, contentHash }) =>
    before.content_hash === null ? [contentHash] : [contentHash, before.content_hash],
  );
};

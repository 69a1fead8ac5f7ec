/** Takes back what an execution wrote: documents stay, append-only, but the versions before them are current again. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { leaveAlbums } from "./album-repository.ts";
import { isPhotoScope, clearReading, isReading, writeChanges } from "./document-changes.ts";
import type { EnrichmentKey } from "./document-repository.ts";
import { documentOf } from "./document-repository.ts";
import type { DiscardedExecution, ReadingOf } from "./execution-repository.ts";
import { LIBRARY_USER_ID } from "./event-outbox.ts";
import { markChanged } from "./index-repository.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

/** Scopes of one transaction: other writers come in between. */
const LOT = 200;
/** Result of an execution whose documents do not count any more. */
const TAKEN_BACK = "taken back";

interface Undo {
  readonly executionId: string;
  readonly readingOf: ReadingOf;
  readonly now: number;
}

/** What is current because of the execution. */
const written = async (tx: Tx, executionId: string): Promise<readonly EnrichmentKey[]> => {
  const { rows } = await sql<{ readonly scope_id: string; readonly document_type: string }>`
    select state.scope_id, state.document_type from documents join enrichments state
      on state.scope_id = documents.scope_id and state.document_type = documents.document_type
      and (state.document_id = documents.document_id or state.confirmed_document_id = documents.document_id)
    where documents.execution_id = ${executionId}
    group by state.scope_id, state.document_type limit ${LOT}`.execute(tx);
  return rows.map((row) => ({ scopeId: row.scope_id, documentType: row.document_type }));
};

/** The newest version of an execution that was not taken back: of all, or of the confirmed ones. */
const versionBefore = async (tx: Tx, key: EnrichmentKey, onlyConfirmed: boolean) => {
  const row = await tx
    .selectFrom("documents")
    .innerJoin("executions", "executions.execution_id", "documents.execution_id")
    .leftJoin("document_confirmations", "document_confirmations.document_id", "documents.document_id")
    .selectAll("documents")
    .select("document_confirmations.confirmed_at")
    .where("scope_id", "=", key.scopeId)
    .where("document_type", "=", key.documentType)
    .where((eb) => eb.or([eb("result", "is", null), eb("result", "<>", TAKEN_BACK)]))
    .$if(onlyConfirmed, (query) => query.where("confirmed_at", "is not", null))
    .orderBy("version", "desc")
    .executeTakeFirst();
  return row === undefined ? undefined : { document: documentOf(row), isConfirmed: row.confirmed_at !== null };
};

/** Entries that nobody has confirmed yet, and places in albums, go with the document that proposed them. */
const dropEntries = async (tx: Tx, key: EnrichmentKey, executionId: string): Promise<void> => {
  const own = tx.selectFrom("documents").select("document_id").where("execution_id", "=", executionId);
  await leaveAlbums(tx, key.scopeId, own);
  await sql`update calendar_events set state = 'DISCARDED' where scope_id = ${key.scopeId} and state = 'PENDING'
    and document_id in (select document_id from documents where execution_id = ${executionId})`.execute(tx);
};

/** @returns whether there was a version before */
const undoOne = async (tx: Tx, key: EnrichmentKey, undo: Undo): Promise<boolean> => {
  const newest = await versionBefore(tx, key, false);
  const confirmed = newest?.isConfirmed === true ? newest : await versionBefore(tx, key, true);
  const state = newest === undefined ? "DISCARDED" : newest.isConfirmed ? "CONFIRMED" : "READY_TO_CONFIRM";
  await tx
    .updateTable("enrichments")
    .set({
      state,
      lease_ref: null,
      document_id: newest?.document.documentId ?? null,
      confirmed_document_id: confirmed?.document.documentId ?? null,
      llm_model_used: newest?.document.model ?? null,
      updated_at: undo.now,
    })
    .where("scope_id", "=", key.scopeId)
    .where("document_type", "=", key.documentType)
    .execute();
  await dropEntries(tx, key, undo.executionId);
  await clearReading(tx, key.scopeId, key.documentType);
  const shown = confirmed ?? newest;
  if (shown !== undefined) {
    const { document, isConfirmed } = shown;
    const changes = undo.readingOf(document, isConfirmed).filter(isReading);
    const { documentId, executionId } = document;
    const source = { ...key, documentId, executionId, state: isConfirmed ? "CONFIRMED" : "READY_TO_CONFIRM" } as const;
    await writeChanges(tx, changes, { ...source, userId: LIBRARY_USER_ID, now: undo.now });
  }
  if (isPhotoScope(key.scopeId)) await markChanged(tx, [key.scopeId], undo.now);
  return newest !== undefined;
};

export const discardExecution = async (database: Kysely<CatalogueSchema>, undo: Undo): Promise<DiscardedExecution> => {
  let restored = 0;
  let discarded = 0;
  const { executionId } = undo;
  await database
    .updateTable("executions")
    .set({ result: TAKEN_BACK })
    .where("execution_id", "=", executionId)
    .execute();
  for (;;) {
    const lot = await database.transaction().execute(async (tx) => {
      const keys = await written(tx, executionId);
      for (const key of keys) {
        if (await undoOne(tx, key, undo)) restored += 1;
        else discarded += 1;
      }
      return keys.length;
    });
    if (lot === 0) return { restored, discarded };
  }
};

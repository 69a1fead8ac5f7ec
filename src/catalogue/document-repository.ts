/**
 * Documents, append-only, and the state of what they are about. A document never changes; a new one is the next version.
 * States and what leads from one to another: enrichment-states.ts.
 */
import type { Kysely, Selectable, Updateable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { Change } from "../enrichment/changes.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import type { CompletionOutcome, LeaseRef } from "../jobs/job-store.ts";
import { leaveAlbums } from "./album-repository.ts";
import type { ChangeSource } from "./document-changes.ts";
import { clearReading, isPhotoScope, isReading, updatePhoto, writeChanges } from "./document-changes.ts";
import type { DocumentsTable, EnrichmentsTable, EnrichmentState } from "./enrichment-schema.ts";
import { stateAfter } from "./enrichment-states.ts";
import { LIBRARY_USER_ID } from "./event-outbox.ts";
import { markChanged } from "./index-repository.ts";
import { wakeWaiting } from "./job-store-ends.ts";
import type { Lease } from "./job-store-rows.ts";
import { leaseOf, LIVE_STATES, NO_LEASE } from "./job-store-rows.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { statement, updateStatement } from "./statement.ts";
import type { Tx } from "./transaction.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface EnrichmentKey {
  readonly scopeId: string;
  readonly documentType: string;
}

/** What becomes a document, with what follows from it. */
export interface DocumentWrite {
  /** JSON object or Markdown. */
  readonly content: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Kind, or `edit`, `annotate`, `restore`. */
  readonly createdByStep: string;
  readonly executionId: string;
  readonly promptVersion: number;
  readonly promptHash: string;
  /** At most 100 characters: a model, `user`, or the name of an assistant. */
  readonly model: string;
  /** Counts at once, without a person. */
  readonly autoConfirm: boolean;
  /** What the kind's `apply` gives for a document that waits. */
  readonly ready: readonly Change[];
  /** What it gives for a confirmed one. */
  readonly confirmed: readonly Change[];
}

export interface StoredDocument extends EnrichmentKey {
  readonly documentId: string;
  readonly version: number;
  readonly content: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly createdByStep: string;
  readonly executionId: string;
  readonly promptVersion: number;
  readonly promptHash: string;
  readonly model: string;
}

export interface StoredEnrichment extends EnrichmentKey {
  readonly kind: string;
  readonly state: EnrichmentState;
  readonly documentId: string | undefined;
  readonly confirmedDocumentId: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly processedAt: number | undefined;
  readonly model: string | undefined;
}

export interface DocumentRepository {
  /** The completion of a job, in the transaction that ends it. */
  readonly complete: (tx: Tx, ref: LeaseRef, write: DocumentWrite) => Promise<CompletionOutcome>;
  /**
   * Confirms the document that was shown.
   * @throws InvalidInputError when a newer one has replaced it
   */
  readonly confirm: (key: EnrichmentKey, shown: string, changes: readonly Change[]) => Promise<void>;
  /** Ends a running job of it too; its result is not written. */
  readonly discard: (key: EnrichmentKey) => Promise<void>;
  /** A version without a call. `edit` and `restore` are confirmed, the others wait unless autoConfirm. Returns its id. */
  readonly writeVersion: (
    key: EnrichmentKey & { readonly kind: string },
    write: DocumentWrite & { readonly createdByStep: "edit" | "annotate" | "restore" | "prefilter" },
  ) => Promise<string>;
  /** The same where nothing was asked for or written before; undefined = somebody was first, and nothing is written. */
  readonly writeFirst: (...version: Parameters<DocumentRepository["writeVersion"]>) => Promise<string | undefined>;
  readonly enrichment: (key: EnrichmentKey) => Promise<StoredEnrichment | undefined>;
  /** Newest first. */
  readonly history: (key: EnrichmentKey) => Promise<readonly StoredDocument[]>;
}

export const documentOf = (row: Selectable<DocumentsTable>): StoredDocument => ({
  scopeId: row.scope_id,
  documentType: row.document_type,
  documentId: row.document_id,
  version: row.version,
  content: row.content,
  metadata: JSON.parse(row.metadata) as Record<string, unknown>, // written by insertDocument
  createdAt: row.created_at,
  createdByStep: row.created_by_step,
  executionId: row.execution_id,
  promptVersion: row.prompt_version,
  promptHash: row.prompt_hash,
  model: row.model,
});

const enrichmentOf = (row: Selectable<EnrichmentsTable>): StoredEnrichment => ({
  scopeId: row.scope_id,
  documentType: row.document_type,
  kind: row.kind,
  state: row.state,
  documentId: row.document_id ?? undefined,
  confirmedDocumentId: row.confirmed_document_id ?? undefined,
  code: row.error_code ?? undefined,
  message: row.enrichment_error ?? undefined,
  processedAt: row.llm_processed_at ?? undefined,
  model: row.llm_model_used ?? undefined,
});

const selectEnrichment = (database: Database, { scopeId, documentType }: EnrichmentKey) =>
  database
    .selectFrom("enrichments")
    .selectAll()
    .where("scope_id", "=", scopeId)
    .where("document_type", "=", documentType)
    .executeTakeFirst();

interface NewVersion
  extends EnrichmentKey, Omit<StoredDocument, keyof EnrichmentKey | "version" | "metadata" | "createdAt"> {
  /** JSON object. */
  readonly metadata: string;
  readonly now: number;
}

const insertVersion = statement(
  (_database, given: Given<NewVersion>) => sql`
    insert into documents (document_id, document_type, scope_id, version, content, metadata, created_at,
      created_by_step, execution_id, prompt_version, prompt_hash, model)
    select ${given.documentId}, ${given.documentType}, ${given.scopeId}, coalesce(max(version), 0) + 1,
      ${given.content}, ${given.metadata}, ${given.now}, ${given.createdByStep}, ${given.executionId},
      ${given.promptVersion}, ${given.promptHash}, ${given.model}
    from documents where scope_id = ${given.scopeId} and document_type = ${given.documentType}`,
);

/** The next version; returns its id. */
const insertDocument = async (tx: Tx, key: EnrichmentKey, write: DocumentWrite, now: number): Promise<string> => {
  const { scopeId, documentType } = key;
  const { content, metadata = {}, createdByStep, executionId, promptVersion, promptHash, model } = write;
  const documentId = createUlid(now);
  const about = { documentId, documentType, scopeId, now, createdByStep, executionId };
  const result = { content, metadata: JSON.stringify(metadata), promptVersion, promptHash, model };
  await insertVersion.run(tx, { ...about, ...result });
  return documentId;
};

const updateEnrichment = updateStatement("enrichments", ["scope_id", "document_type"]);

const setEnrichment = (
  tx: Tx,
  { scopeId, documentType }: EnrichmentKey,
  change: Omit<Updateable<EnrichmentsTable>, "scope_id" | "document_type">,
): Promise<void> => updateEnrichment(tx, { scope_id: scopeId, document_type: documentType }, change);

/** A result that is both readings and effects: each change once. */
const once = (changes: readonly Change[]): readonly Change[] => [
  ...new Map(changes.map((change) => [JSON.stringify(change), change])).values(),
];

const notePhoto = async (tx: Tx, { scopeId }: EnrichmentKey, { model, now }: { model: string; now: number }) => {
  if (!isPhotoScope(scopeId)) return;
  await updatePhoto(tx, { content_hash: scopeId }, { llm_processed_at: now, llm_model_used: model });
  await markChanged(tx, [scopeId], now);
};

interface Version {
  readonly key: EnrichmentKey;
  readonly write: DocumentWrite;
  readonly userId: number;
  readonly state: "READY_TO_CONFIRM" | "CONFIRMED";
  /** Readers see a confirmed version as long as there is one. */
  readonly hasConfirmed: boolean;
  readonly now: number;
}

const insertConfirmation = statement((database, { documentId, now }: Given<{ documentId: string; now: number }>) =>
  database
    .insertInto("document_confirmations")
    .values({ document_id: documentId, confirmed_at: now })
    .onConflict((conflict) => conflict.doNothing()),
);

const noteConfirmation = async (tx: Tx, documentId: string, now: number): Promise<void> => {
  await insertConfirmation.run(tx, { documentId, now });
};

/** Document, state, changes and index mark of a version; returns its id. */
const storeVersion = async (tx: Tx, { key, write, userId, state, hasConfirmed, now }: Version): Promise<string> => {
  const documentId = await insertDocument(tx, key, write, now);
  const isConfirmed = state === "CONFIRMED";
  if (isConfirmed) await noteConfirmation(tx, documentId, now);
  await setEnrichment(tx, key, {
    state,
    lease_ref: null,
    document_id: documentId,
    ...(isConfirmed ? { confirmed_document_id: documentId } : {}),
    llm_processed_at: now,
    llm_model_used: write.model,
    error_code: null,
    enrichment_error: null,
    updated_at: now,
  });
  const source: ChangeSource = { ...key, documentId, executionId: write.executionId, state, userId, now };
  const shown = write.ready.filter((change) => isConfirmed || !hasConfirmed || !isReading(change));
  await writeChanges(tx, once(isConfirmed ? [...shown, ...write.confirmed] : shown), source);
  await notePhoto(tx, key, { model: write.model, now });
  await wakeWaiting(tx, [key.scopeId], now);
  return documentId;
};

/** The job while its lease is held, and the enrichment it is for. */
const heldWork = statement((database, { id, token }: Given<Lease>) =>
  database
    .selectFrom("jobs")
    .leftJoin("enrichments", (join) =>
      join
        .onRef("enrichments.scope_id", "=", "jobs.scope_id")
        .onRef("enrichments.document_type", "=", "jobs.document_type"),
    )
    .select(["jobs.scope_id", "jobs.document_type", "jobs.user_id"])
    .select(["enrichments.state", "enrichments.lease_ref", "enrichments.confirmed_document_id"])
    .where("jobs.id", "=", id)
    .where("jobs.state", "=", "running")
    .where("jobs.lease_token", "=", token),
);

const complete = async (
  tx: Tx,
  { ref, now }: { readonly ref: LeaseRef; readonly now: number },
  write: DocumentWrite,
): Promise<CompletionOutcome> => {
  const work = await heldWork.first(tx, leaseOf(ref));
  if (work === undefined) return "lost";
  if (work.state === null || work.state === "DISCARDED") return "discarded";
  if (stateAfter("complete", work.state) === undefined || work.lease_ref !== ref) return "lost";
  const key = { scopeId: work.scope_id, documentType: work.document_type };
  const state = write.autoConfirm ? "CONFIRMED" : "READY_TO_CONFIRM";
  const hasConfirmed = work.confirmed_document_id !== null;
  await storeVersion(tx, { key, write, userId: work.user_id, state, hasConfirmed, now });
  return "done";
};

const confirm = async (
  tx: Tx,
  { key, shown, now }: { readonly key: EnrichmentKey; readonly shown: string; readonly now: number },
  changes: readonly Change[],
): Promise<void> => {
  const before = await selectEnrichment(tx, key);
  if (before === undefined) throw noSuchEnrichment(key);
  if (before.document_id !== shown || stateAfter("confirm", before.state) === undefined) {
    throw new InvalidInputError(
      `Expected the newest unconfirmed document of ${key.documentType}, received ${shown}: the state is ${before.state}.`,
      { hint: 'Look at the newest version with "photon review show" and decide about that one.' },
    );
  }
  const document = await tx
    .selectFrom("documents")
    .selectAll()
    .where("document_id", "=", shown)
    .executeTakeFirstOrThrow();
  await setEnrichment(tx, key, { state: "CONFIRMED", confirmed_document_id: shown, updated_at: now });
  await noteConfirmation(tx, shown, now);
  const about = { documentId: shown, executionId: document.execution_id, state: "CONFIRMED" as const };
  await writeChanges(tx, once(changes), { ...key, ...about, userId: LIBRARY_USER_ID, now });
  await notePhoto(tx, key, { model: document.model, now });
};

const noSuchEnrichment = ({ scopeId, documentType }: EnrichmentKey): NotFoundError =>
  new NotFoundError(`There is no enrichment ${documentType} of ${scopeId.slice(0, 12)}.`, {
    hint: '"photon review list --all" shows what there is.',
  });

/** Ends what is under way; a running call notices that its lease is gone. */
const cancelLive = async (tx: Tx, { scopeId, documentType }: EnrichmentKey, now: number): Promise<void> => {
  await tx
    .updateTable("jobs")
    .set({ ...NO_LEASE, state: "cancelled", error_code: "CANCELLED", finished_at: now })
    .where("scope_id", "=", scopeId)
    .where("document_type", "=", documentType)
    .where("state", "in", LIVE_STATES)
    .execute();
};

const discard = async (tx: Tx, key: EnrichmentKey, now: number): Promise<void> => {
  if ((await selectEnrichment(tx, key)) === undefined) throw noSuchEnrichment(key);
  await cancelLive(tx, key, now);
  const gone = { document_id: null, confirmed_document_id: null, lease_ref: null };
  await setEnrichment(tx, key, { state: "DISCARDED", ...gone, updated_at: now });
  await tx
    .updateTable("calendar_events")
    .set({ state: "DISCARDED" })
    .where("scope_id", "=", key.scopeId)
    .where("state", "=", "PENDING")
    .where("document_id", "in", documentsOf(tx, key).select("document_id"))
    .execute();
  await leaveAlbums(tx, key.scopeId, documentsOf(tx, key).select("document_id"));
  await clearReading(tx, key.scopeId, key.documentType);
  if (!isPhotoScope(key.scopeId)) return;
  const left = sql`from enrichments where scope_id = ${key.scopeId} and document_id is not null`;
  await sql`update photos set llm_processed_at = (select max(llm_processed_at) ${left}),
    llm_model_used = (select llm_model_used ${left} order by llm_processed_at desc limit 1)
    where content_hash = ${key.scopeId}`.execute(tx);
  await markChanged(tx, [key.scopeId], now);
};

const documentsOf = (database: Database, { scopeId, documentType }: EnrichmentKey) =>
  database.selectFrom("documents").where("scope_id", "=", scopeId).where("document_type", "=", documentType);

const writeVersion = async (
  tx: Tx,
  { key, kind, now }: { readonly key: EnrichmentKey; readonly kind: string; readonly now: number },
  write: DocumentWrite,
): Promise<string> => {
  await cancelLive(tx, key, now);
  const { scopeId, documentType } = key;
  const counts = write.autoConfirm || write.createdByStep === "edit" || write.createdByStep === "restore";
  const state = counts ? "CONFIRMED" : "READY_TO_CONFIRM";
  await tx
    .insertInto("enrichments")
    .values({ scope_id: scopeId, document_type: documentType, kind, state, updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const before = await selectEnrichment(tx, key);
  const hasConfirmed = (before?.confirmed_document_id ?? null) !== null;
  return storeVersion(tx, { key, write, userId: LIBRARY_USER_ID, state, hasConfirmed, now });
};

export const createDocumentRepository = (database: Database, clock: Clock): DocumentRepository => ({
  complete: (tx, ref, write) => complete(tx, { ref, now: clock.now() }, write),
  confirm: (key, shown, changes) =>
    database.transaction().execute((tx) => confirm(tx, { key, shown, now: clock.now() }, changes)),
  discard: (key) => database.transaction().execute((tx) => discard(tx, key, clock.now())),
  writeVersion: ({ kind, ...key }, write) =>
    database.transaction().execute((tx) => writeVersion(tx, { key, kind, now: clock.now() }, write)),
  writeFirst: ({ kind, ...key }, write) =>
    database
      .transaction()
      .execute(async (tx) =>
        (await selectEnrichment(tx, key)) === undefined
          ? writeVersion(tx, { key, kind, now: clock.now() }, write)
          : undefined,
      ),
  enrichment: async (key) => {
    const row = await selectEnrichment(database, key);
    return row === undefined ? undefined : enrichmentOf(row);
  },
  history: async (key) =>
    (await documentsOf(database, key).selectAll().orderBy("version", "desc").execute()).map(documentOf),
});

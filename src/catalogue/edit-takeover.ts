/**
 * A file that was edited in place holds another photo. What people did to the one before goes over to it: decisions about
 * tags, the favourite mark, albums, appointments, texts that people wrote or accepted. Where only metadata was edited
 * the picture is the same, and so is what language models said of it. The one before keeps everything too.
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import { copyReading } from "./document-changes.ts";
import type { DocumentsTable, EnrichmentsTable } from "./enrichment-schema.ts";
import { listOf } from "./lists.ts";
import type { CatalogueSchema } from "./schema.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Content hashes. */
export interface Edit {
  readonly before: string;
  readonly after: string;
}

/** Versions of documents that people made or chose. */
const PEOPLES_STEPS = ["edit", "restore", "annotate"];

const isSamePicture = async (database: Database, { before, after }: Edit): Promise<boolean> => {
  const { rows } = await sql`
    select 1 from photos as before, photos as after
    where before.content_hash = ${before} and after.content_hash = ${after}
      and before.pixel_digest = after.pixel_digest`.execute(database);
  return rows.length > 0;
};

const copyDecisions = async (database: Database, { before, after }: Edit): Promise<void> => {
  await sql`
    insert into tag_edits (content_hash, folded, run_id, name, action)
    select ${after}, folded, run_id, name, action from tag_edits where content_hash = ${before}
    on conflict do nothing`.execute(database);
  await sql`
    update photos set favourite = 1 where content_hash = ${after}
      and exists (select 1 from photos where content_hash = ${before} and favourite = 1)`.execute(database);
};

/** @param all also the albums that a document proposed the photo for */
const joinAlbums = async (database: Database, { before, after }: Edit, all: boolean): Promise<void> => {
  await sql`
    insert into album_photos (album_id, content_hash, document_id, added_at)
    select album_id, ${after}, document_id, added_at from album_photos
    where content_hash = ${before} and (document_id is null or ${Number(all)})
    on conflict do nothing`.execute(database);
  await sql`
    insert into calendar_event_photos (event_id, content_hash)
    select event_id, ${after} from calendar_event_photos where content_hash = ${before}
    on conflict do nothing`.execute(database);
};

type EnrichmentRow = Selectable<EnrichmentsTable>;

/** Of the photo before, as far as the one after has none of the type. */
const enrichmentsToCopy = (database: Database, { before, after }: Edit): Promise<EnrichmentRow[]> =>
  database
    .selectFrom("enrichments")
    .selectAll()
    .where("scope_id", "=", before)
    .where("document_type", "not in", (eb) =>
      eb.selectFrom("enrichments").select("document_type").where("scope_id", "=", after),
    )
    .execute();

const loadDocuments = async (
  database: Database,
  enrichments: readonly EnrichmentRow[],
): Promise<ReadonlyMap<string, Selectable<DocumentsTable>>> => {
  const ids = enrichments.flatMap((row) => [row.document_id, row.confirmed_document_id]);
  const rows = await database
    .selectFrom("documents")
    .selectAll()
    .where("document_id", "in", listOf(ids.filter((id) => id !== null)))
    .orderBy("seq")
    .execute();
  return new Map(rows.map((row) => [row.document_id, row]));
};

/** What is said of the photo after: state, and the documents by their ids of before. */
interface CopyPlan {
  readonly enrichment: EnrichmentRow;
  readonly state: EnrichmentRow["state"];
  readonly documents: readonly Selectable<DocumentsTable>[];
  readonly confirmed: string | null;
}

const planOf = (
  enrichment: EnrichmentRow,
  documents: ReadonlyMap<string, Selectable<DocumentsTable>>,
  isSame: boolean,
): CopyPlan | undefined => {
  const confirmed = enrichment.confirmed_document_id;
  const known = [confirmed, enrichment.document_id].flatMap((id) => (id === null ? [] : (documents.get(id) ?? [])));
  if (isSame) {
    if (enrichment.state === "DISCARDED") return { enrichment, state: "DISCARDED", documents: [], confirmed: null };
    const state = confirmed !== null && confirmed === enrichment.document_id ? "CONFIRMED" : "READY_TO_CONFIRM";
    return known.length === 0 ? undefined : { enrichment, state, documents: [...new Set(known)], confirmed };
  }
  const [byPeople] = known.filter(
    (row) => row.document_id === confirmed && PEOPLES_STEPS.includes(row.created_by_step),
  );
  return byPeople === undefined ? undefined : { enrichment, state: "CONFIRMED", documents: [byPeople], confirmed };
};

/** @returns its new id */
const copyDocument = async (
  database: Database,
  { seq: _seq, ...document }: Selectable<DocumentsTable>,
  { after, version, now }: { readonly after: string; readonly version: number; readonly now: number },
): Promise<string> => {
  const documentId = createUlid(now);
  const metadata = JSON.parse(document.metadata) as Record<string, unknown>; // written by document-repository.ts
  const origin = { taken_over_from: document.scope_id, taken_over_document: document.document_id };
  await database
    .insertInto("documents")
    .values({
      ...document,
      document_id: documentId,
      scope_id: after,
      version,
      metadata: JSON.stringify({ ...metadata, ...origin }),
    })
    .execute();
  return documentId;
};

const copyEnrichment = async (database: Database, plan: CopyPlan, { after }: Edit, now: number): Promise<void> => {
  const { enrichment, state, documents, confirmed } = plan;
  const ids = new Map<string, string>();
  for (const [index, document] of documents.entries()) {
    ids.set(document.document_id, await copyDocument(database, document, { after, version: index + 1, now }));
  }
  const confirmedId = confirmed === null ? null : (ids.get(confirmed) ?? null);
  await database
    .insertInto("enrichments")
    .values({
      ...enrichment,
      scope_id: after,
      state,
      lease_ref: null,
      document_id: [...ids.values()].at(-1) ?? null,
      confirmed_document_id: confirmedId,
      error_code: null,
      enrichment_error: null,
      updated_at: now,
    })
    .execute();
  if (confirmedId !== null) {
    await database
      .insertInto("document_confirmations")
      .values({ document_id: confirmedId, confirmed_at: now })
      .execute();
  }
};

const copyEnrichments = async (database: Database, edit: Edit, { isSame, now }: { isSame: boolean; now: number }) => {
  const enrichments = await enrichmentsToCopy(database, edit);
  if (enrichments.length === 0) return;
  const documents = await loadDocuments(database, enrichments);
  for (const enrichment of enrichments) {
    const plan = planOf(enrichment, documents, isSame);
    if (plan === undefined) continue;
    await copyEnrichment(database, plan, edit, now);
    if (plan.documents.length > 0) await copyReading(database, edit, enrichment.document_type);
  }
};

/** Part of a transaction; both photos are stored, and the caller marks the one after for the index. */
export const takeOver = async (database: Database, edit: Edit, now: number): Promise<void> => {
  const isSame = await isSamePicture(database, edit);
  await copyDecisions(database, edit);
  await joinAlbums(database, edit, isSame);
  await copyEnrichments(database, edit, { isSame, now });
};

/** Calendar rows that documents propose and confirm. Part of a transaction. */
import { sql } from "kysely";
import type { CalendarEntry } from "../enrichment/changes.ts";
import type { ChangeSource } from "./document-changes.ts";
import { listOf } from "./lists.ts";
import { executeForEach } from "./repeated-query.ts";
import type { Tx } from "./transaction.ts";
import { createUlid } from "./transaction.ts";

/** Documents of the same scope and type before this one. */
const earlierDocuments = ({ scopeId, documentType, documentId }: ChangeSource) => sql<string>`(
  select document_id from documents
  where scope_id = ${scopeId} and document_type = ${documentType} and document_id <> ${documentId})`;

/** What an earlier version proposed, and nobody has decided about, is replaced. */
export const proposeEntries = async (
  tx: Tx,
  entries: readonly CalendarEntry[],
  source: ChangeSource,
): Promise<void> => {
  await tx
    .updateTable("calendar_events")
    .set({ state: "DISCARDED" })
    .where("scope_id", "=", source.scopeId)
    .where("state", "=", "PENDING")
    .where("document_id", "in", earlierDocuments(source))
    .execute();
  await executeForEach(
    tx,
    entries.map((entry) => ({
      id: createUlid(source.now),
      scope_id: source.scopeId,
      document_id: source.documentId,
      ordinal: entry.ordinal,
      title: entry.title,
      starts_at: entry.startsAt,
      ends_at: entry.endsAt,
      timezone: entry.timezone,
      all_day: entry.allDay ? 1 : 0,
      location: entry.location,
      source_quote: entry.sourceQuote,
      confidence: entry.confidence,
      created_at: source.now,
      state: "PENDING" as const,
    })),
    (row) =>
      tx
        .insertInto("calendar_events")
        .values(row)
        .onConflict((conflict) => conflict.columns(["document_id", "ordinal"]).doNothing()),
  );
};

/**
 * An event that an earlier version had in the calendar already keeps its id: calendars then change their entry instead
 * of getting a second one.
 */
const keepIds = async (tx: Tx, ordinals: readonly number[], source: ChangeSource): Promise<void> => {
  const pairs = await tx
    .selectFrom("calendar_events as fresh")
    .innerJoin("calendar_events as known", (join) =>
      join.onRef("known.scope_id", "=", "fresh.scope_id").onRef("known.ordinal", "=", "fresh.ordinal"),
    )
    .select(["fresh.id as fresh", "known.id as known"])
    .where("fresh.document_id", "=", source.documentId)
    .where("fresh.ordinal", "in", listOf(ordinals))
    .where("known.state", "=", "CONFIRMED")
    .where("known.document_id", "in", earlierDocuments(source))
    .where((eb) =>
      eb.or([eb("known.title", "=", eb.ref("fresh.title")), eb("known.starts_at", "=", eb.ref("fresh.starts_at"))]),
    )
    .execute();
  for (const { fresh, known } of pairs) {
    await tx.deleteFrom("calendar_events").where("id", "=", known).execute();
    await tx.updateTable("calendar_events").set({ id: known }).where("id", "=", fresh).execute();
  }
};

export const confirmEntries = async (tx: Tx, ordinals: readonly number[], source: ChangeSource): Promise<void> => {
  await keepIds(tx, ordinals, source);
  await tx
    .updateTable("calendar_events")
    .set({ state: "CONFIRMED" })
    .where("document_id", "=", source.documentId)
    .where("ordinal", "in", listOf(ordinals))
    .execute();
};

/** Writes what a document changes: the columns readers see, tags, calendar rows, events. Part of a transaction. */
import type { Kysely, RawBuilder } from "kysely";
import { sql } from "kysely";
import type { Change, PhotoReading } from "../enrichment/changes.ts";
import { albumOfScope, joinAlbum, ownAlbumOf } from "./album-repository.ts";
import { confirmEntries, proposeEntries } from "./calendar-changes.ts";
import type { EnrichmentState } from "./enrichment-schema.ts";
import { appendEvents } from "./event-outbox.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { insertStatement, statement, updateStatement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

/** The document that the changes come from. */
export interface ChangeSource {
  readonly scopeId: string;
  readonly documentType: string;
  readonly documentId: string;
  readonly executionId: string;
  readonly state: EnrichmentState;
  readonly userId: number;
  readonly now: number;
}

/** A language model gives its tags without a measure. */
const LLM_TAG_CONFIDENCE = 1;
const PHOTO_SCOPE = /^[0-9a-f]{64}$/;

export const isPhotoScope = (scopeId: string): boolean => PHOTO_SCOPE.test(scopeId);

const READ_MODEL: ReadonlySet<Change["change"]> = new Set([
  "set-photo-reading",
  "replace-llm-tags",
  "set-profile",
  "set-translation",
]);

/** What readers see, and not an effect beside it. */
export const isReading = ({ change }: Change): boolean => READ_MODEL.has(change);

/** The cleaned text of the user stands before what a model sees. */
const setSummary = statement(
  (_database, { hash, description }: Given<{ hash: string; description: string | null }>) =>
    sql`update photos set llm_summary = ${description}, enriched_description =
      case when enriched_description is null or enriched_description is llm_summary
        then ${description} else enriched_description end
      where content_hash = ${hash}`,
);

export const updatePhoto = updateStatement("photos", ["content_hash"]);

const setPhotoReading = async (
  tx: Tx,
  { title, description, enrichedDescription, sourceType }: PhotoReading,
  hash: string,
) => {
  if (description !== undefined) await setSummary.run(tx, { hash, description });
  const columns = {
    ...(title === undefined ? {} : { llm_title: title }),
    ...(enrichedDescription === undefined ? {} : { enriched_description: enrichedDescription }),
    ...(sourceType === undefined ? {} : { source_type: sourceType }),
  };
  if (Object.keys(columns).length === 0) return;
  await updatePhoto(tx, { content_hash: hash }, columns);
};

const runOfToken = statement((database, { token }: Given<{ token: string }>) =>
  database.selectFrom("tag_runs").select("id").where("token", "=", token),
);

/** Tags of one execution can be undone together. */
const tagRun = async (tx: Tx, { executionId, documentType, now }: ChangeSource): Promise<number> => {
  const token = `llm ${documentType} ${executionId}`;
  const known = await runOfToken.first(tx, { token });
  if (known !== undefined) return known.id;
  const row = { token, source: "llm" as const, at: now };
  return (await tx.insertInto("tag_runs").values(row).returning("id").executeTakeFirstOrThrow()).id;
};

const insertTag = insertStatement("tags");
const deleteTags = statement((database, { hash }: Given<{ hash: string }>) =>
  database.deleteFrom("tags").where("content_hash", "=", hash).where("source", "=", "llm"),
);

const replaceTags = async (tx: Tx, names: readonly string[], source: ChangeSource): Promise<void> => {
  const { scopeId: hash, now } = source;
  await deleteTags.run(tx, { hash });
  if (names.length === 0) return;
  const runId = await tagRun(tx, source);
  for (const [rank, name] of names.entries()) {
    await insertTag(tx, {
      content_hash: hash,
      name,
      source: "llm",
      ancestors: "[]",
      confidence: LLM_TAG_CONFIDENCE,
      rank,
      run_id: runId,
      created_at: now,
    });
  }
};

const setTranslation = async (
  tx: Tx,
  { language, fields }: { readonly language: string; readonly fields: Readonly<Record<string, string>> },
  hash: string,
): Promise<void> => {
  const patch = JSON.stringify({ [language]: fields });
  // json_patch merges deeply: the language is taken out first, so that fields of its former version go.
  await sql`update photos set translations =
    json_patch(json_remove(coalesce(translations, '{}'), ${`$."${language}"`}), ${patch})
    where content_hash = ${hash}`.execute(tx);
};

const setProfile = async (tx: Tx, profile: Readonly<Record<string, unknown>>, scopeId: string): Promise<void> => {
  const columns = { photo_profile: JSON.stringify(profile) };
  const albumId = albumOfScope(scopeId);
  if (albumId === undefined) {
    await tx.updateTable("photos").set(columns).where("content_hash", "=", scopeId).execute();
  } else {
    await tx.updateTable("albums").set(columns).where("album_id", "=", albumId).execute();
  }
};

const join = async (tx: Tx, albumId: string, { scopeId, documentId, now }: ChangeSource): Promise<void> => {
  await joinAlbum(tx, { albumId, contentHashes: [scopeId], documentId, now });
};

const writeOne = async (tx: Tx, change: Change, source: ChangeSource): Promise<void> => {
  const { scopeId, documentId, documentType, state, userId, now } = source;
  switch (change.change) {
    case "set-photo-reading":
      return setPhotoReading(tx, change.reading, scopeId);
    case "replace-llm-tags":
      return replaceTags(tx, change.tags, source);
    case "set-profile":
      return setProfile(tx, change.profile, scopeId);
    case "set-translation":
      return setTranslation(tx, change, scopeId);
    case "propose-calendar-entries":
      return proposeEntries(tx, change.entries, source);
    case "confirm-calendar-entries":
      return confirmEntries(tx, change.ordinals, source);
    case "send-event": {
      const about = { scope_id: scopeId, document_type: documentType, document_id: documentId, state };
      const event = { userId, type: change.messageType, content: { ...about, ...change.content } };
      return appendEvents(tx, [event], now);
    }
    case "join-watch":
      return join(tx, ownAlbumOf(change.watchId), source);
    case "join-album":
      return join(tx, change.albumId, source);
    default:
      return change satisfies never;
  }
};

export const writeChanges = async (tx: Tx, changes: readonly Change[], source: ChangeSource): Promise<void> => {
  for (const change of changes) await writeOne(tx, change, source);
};

/** Takes back what readers saw of a document type; other types stay. */
export const clearReading = async (tx: Tx, scopeId: string, documentType: string): Promise<void> => {
  const [kind = "", language = ""] = documentType.split(":");
  switch (kind) {
    case "image_tag":
      await deleteTags.run(tx, { hash: scopeId });
      await sql`update photos set llm_title = null, source_type = null, llm_summary = null, enriched_description =
        case when enriched_description is llm_summary then null else enriched_description end
        where content_hash = ${scopeId}`.execute(tx);
      return;
    case "caption_clean":
      await sql`update photos set enriched_description = llm_summary where content_hash = ${scopeId}`.execute(tx);
      return;
    case "photo_story":
      await tx.updateTable("photos").set({ photo_profile: null }).where("content_hash", "=", scopeId).execute();
      await tx
        .updateTable("albums")
        .set({ photo_profile: null })
        .where("album_id", "=", albumOfScope(scopeId) ?? "")
        .execute();
      return;
    case "translate":
      await sql`update photos set translations = nullif(json_remove(translations, ${`$."${language}"`}), '{}')
        where content_hash = ${scopeId}`.execute(tx);
      return;
    default: // other kinds show nothing on the photo
  }
};

/** Columns of a photo that show a document type, as those of the photo `before` give them. */
const readingOf = (documentType: string): RawBuilder<unknown> | undefined => {
  const [kind = "", language = ""] = documentType.split(":");
  switch (kind) {
    case "image_tag":
      return sql`llm_title = before.llm_title, llm_summary = before.llm_summary, source_type = before.source_type,
        enriched_description = coalesce(photos.enriched_description, before.llm_summary)`;
    case "caption_clean":
      return sql`enriched_description = before.enriched_description`;
    case "photo_story":
      return sql`photo_profile = before.photo_profile`;
    case "translate": {
      const path = `$."${language}"`;
      return sql`translations =
        json_set(coalesce(photos.translations, '{}'), ${path}, json_extract(before.translations, ${path}))`;
    }
    default:
      return undefined; // other kinds show nothing on the photo
  }
};

/** Gives one photo what readers see of a document type on another one. */
export const copyReading = async (
  database: Kysely<CatalogueSchema>,
  { before, after }: { readonly before: string; readonly after: string },
  documentType: string,
): Promise<void> => {
  const columns = readingOf(documentType);
  if (columns === undefined) return;
  await sql`update photos set ${columns}, llm_processed_at = before.llm_processed_at,
      llm_model_used = before.llm_model_used
    from photos as before where photos.content_hash = ${after} and before.content_hash = ${before}`.execute(database);
  if (documentType !== "image_tag") return;
  await sql`
    insert into tags (content_hash, name, source, category, ancestors, confidence, rank, run_id, created_at)
    select ${after}, name, source, category, ancestors, confidence, rank, run_id, created_at
    from tags where content_hash = ${before} and source = 'llm'
    on conflict do nothing`.execute(database);
};

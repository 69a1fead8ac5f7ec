/** What readers see of the documents of photos. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { StoredTag } from "../photo/types.ts";
import type { PhotoDescription } from "../search/types.ts";
import { listOf } from "./lists.ts";
import type { CatalogueSchema, PhotosTable } from "./schema.ts";

type ReadModel = Pick<
  Selectable<PhotosTable>,
  "llm_title" | "enriched_description" | "photo_profile" | "source_type" | "llm_model_used"
>;

/** Whether there is something to read; a look that found nothing is no description. */
export const isDescribed = (row: Pick<ReadModel, "llm_title" | "enriched_description" | "photo_profile">): boolean =>
  row.llm_title !== null || row.enriched_description !== null || row.photo_profile !== null;

/** About the document whose description readers see. */
export interface ShownDocument {
  readonly source: PhotoDescription["source"];
  readonly isConfirmed: boolean;
}

const SOURCES: Readonly<Record<string, PhotoDescription["source"]>> = { edit: "user", annotate: "assistant" };
const USER = "user";

const sourceOf = (step: string, model: string): PhotoDescription["source"] =>
  model === USER ? "user" : (SOURCES[step] ?? "llm");

/** By content hash; photos without a description are left out. */
export const shownDocuments = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, ShownDocument>> => {
  const rows = await database
    .selectFrom("enrichments")
    .innerJoin("documents", (join) =>
      join.on("documents.document_id", "=", sql`coalesce(confirmed_document_id, enrichments.document_id)`),
    )
    .select(["enrichments.scope_id", "confirmed_document_id", "documents.created_by_step", "documents.model"])
    .where("enrichments.scope_id", "in", listOf(contentHashes))
    .where("enrichments.document_type", "=", "image_tag")
    .execute();
  return new Map(
    rows.map((row) => [
      row.scope_id,
      { source: sourceOf(row.created_by_step, row.model), isConfirmed: row.confirmed_document_id !== null },
    ]),
  );
};

export const descriptionOf = (
  row: ReadModel,
  { tags, shown }: { readonly tags: readonly StoredTag[]; readonly shown: ShownDocument | undefined },
): PhotoDescription | undefined => {
  if (!isDescribed(row)) return undefined;
  return {
    source: shown?.source ?? "llm",
    ...(row.llm_title === null ? {} : { title: row.llm_title }),
    ...(row.enriched_description === null ? {} : { description: row.enriched_description }),
    tags: tags.filter(({ provenance }) => provenance.source === "llm").map(({ name }) => name),
    ...(row.source_type === null ? {} : { sourceType: row.source_type }),
    ...(row.llm_model_used === null ? {} : { model: row.llm_model_used }),
    confirmed: shown?.isConfirmed ?? true,
  };
};

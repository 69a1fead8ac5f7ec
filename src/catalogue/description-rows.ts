/** What readers see of the documents of photos. */
import type { Kysely, Selectable } from "kysely";
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

/** Photos whose newest description nobody has confirmed yet. */
export const unconfirmedAmong = async (
  database: Kysely<CatalogueSchema>,
  contentHashes: readonly string[],
): Promise<ReadonlySet<string>> => {
  const rows = await database
    .selectFrom("enrichments")
    .select("scope_id")
    .where("scope_id", "in", listOf(contentHashes))
    .where("document_type", "=", "image_tag")
    .where("confirmed_document_id", "is", null)
    .where("document_id", "is not", null)
    .execute();
  return new Set(rows.map((row) => row.scope_id));
};

export const descriptionOf = (
  row: ReadModel,
  { tags, isConfirmed }: { readonly tags: readonly StoredTag[]; readonly isConfirmed: boolean },
): PhotoDescription | undefined => {
  if (!isDescribed(row)) return undefined;
  return {
    source: "llm",
    ...(row.llm_title === null ? {} : { title: row.llm_title }),
    ...(row.enriched_description === null ? {} : { description: row.enriched_description }),
    tags: tags.filter(({ provenance }) => provenance.source === "llm").map(({ name }) => name),
    ...(row.source_type === null ? {} : { sourceType: row.source_type }),
    ...(row.llm_model_used === null ? {} : { model: row.llm_model_used }),
    confirmed: isConfirmed,
  };
};

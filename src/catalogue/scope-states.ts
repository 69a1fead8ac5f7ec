/** What scopes have of a document type: what an execution chooses from. */
import type { Kysely } from "kysely";
import type { EnrichmentState } from "./enrichment-schema.ts";
import { listOf } from "./lists.ts";
import { shownPhotos, visiblePhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface ScopeState {
  readonly scopeId: string;
  readonly state: EnrichmentState | "NONE";
  /** Of the newest document; undefined = there is none. */
  readonly promptVersion: number | undefined;
}

interface Row {
  readonly scope_id: string;
  readonly state: EnrichmentState | null;
  readonly prompt_version: number | null;
}

const stateOf = ({ scope_id, state, prompt_version }: Row): ScopeState => ({
  scopeId: scope_id,
  state: state ?? "NONE",
  promptVersion: prompt_version ?? undefined,
});

/** Photos that exist for a reader, newest capture first. @param hashes undefined = all that readers are shown */
export const photoStates = async (
  database: Database,
  documentType: string,
  hashes: readonly string[] | undefined,
): Promise<readonly ScopeState[]> => {
  const rows = await (hashes === undefined ? shownPhotos : visiblePhotos)(database)
    .leftJoin("enrichments", (join) =>
      join.onRef("enrichments.scope_id", "=", "photos.content_hash").on("enrichments.document_type", "=", documentType),
    )
    .leftJoin("documents", "documents.document_id", "enrichments.document_id")
    .select(["photos.content_hash as scope_id", "enrichments.state", "documents.prompt_version"])
    .$if(hashes !== undefined, (query) => query.where("photos.content_hash", "in", listOf(hashes ?? [])))
    .orderBy("photos.captured_key", (order) => order.desc().nullsLast())
    .orderBy("photos.content_hash")
    .execute();
  return rows.map(stateOf);
};

/** Of albums, mails and requests, which are not looked up; in the order given. */
export const otherStates = async (
  database: Database,
  documentType: string,
  scopeIds: readonly string[],
): Promise<readonly ScopeState[]> => {
  const rows = await database
    .selectFrom("enrichments")
    .leftJoin("documents", "documents.document_id", "enrichments.document_id")
    .select(["enrichments.scope_id", "enrichments.state", "documents.prompt_version"])
    .where("enrichments.scope_id", "in", listOf(scopeIds))
    .where("enrichments.document_type", "=", documentType)
    .execute();
  const known = new Map(rows.map((row) => [row.scope_id, stateOf(row)]));
  return scopeIds.map((scopeId) => known.get(scopeId) ?? { scopeId, state: "NONE", promptVersion: undefined });
};

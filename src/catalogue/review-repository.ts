/** What a person looks at when reviewing: states of enrichments with their newest document. */
import type { Kysely } from "kysely";
import type { EnrichmentKey } from "./document-repository.ts";
import type { EnrichmentState } from "./enrichment-schema.ts";
import { filesOfPhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface ReviewFilter {
  /** Empty = all. */
  readonly states: readonly EnrichmentState[];
  /** Empty or left out = all. */
  readonly kinds?: readonly string[];
  /** Only documents that this execution made. */
  readonly executionId?: string;
  readonly scopeId?: string;
  readonly limit: number;
  /** Of the item that the page before ended with. */
  readonly after?: EnrichmentKey;
}

export interface ReviewItem extends EnrichmentKey {
  readonly kind: string;
  readonly state: EnrichmentState;
  /** The newest document; undefined when there is none (yet). */
  readonly documentId: string | undefined;
  readonly version: number | undefined;
  /** Content as it is stored: a JSON object. */
  readonly content: string | undefined;
  readonly model: string | undefined;
  readonly code: string | undefined;
  /** Milliseconds UTC. */
  readonly updatedAt: number;
  /** One of its files, as root-relative path; undefined for what is not a photo. */
  readonly path: string | undefined;
}

export interface FailedEnrichment extends EnrichmentKey {
  /** Public code and sentence. */
  readonly code: string;
  readonly message: string;
  /** Milliseconds UTC. */
  readonly at: number;
}

export interface ReviewRepository {
  /** In order of scope and document type. */
  readonly list: (filter: ReviewFilter) => Promise<readonly ReviewItem[]>;
  /** Newest first. */
  readonly lastFailed: (limit: number) => Promise<readonly FailedEnrichment[]>;
  /** Counts by state. */
  readonly count: (filter: Pick<ReviewFilter, "kinds">) => Promise<Readonly<Partial<Record<EnrichmentState, number>>>>;
  /** Scope and type of a document, whichever version it is. */
  readonly keyOf: (documentId: string) => Promise<(EnrichmentKey & { readonly kind: string }) | undefined>;
}

const list = async (database: Database, filter: ReviewFilter): Promise<readonly ReviewItem[]> => {
  const { states, kinds = [], executionId, scopeId, limit, after } = filter;
  const rows = await database
    .selectFrom("enrichments")
    .leftJoin("documents", "documents.document_id", "enrichments.document_id")
    .select([
      "enrichments.scope_id as scopeId",
      "enrichments.document_type as documentType",
      "enrichments.kind",
      "enrichments.state",
      "enrichments.document_id as documentId",
      "enrichments.error_code as code",
      "enrichments.updated_at as updatedAt",
      "documents.version",
      "documents.content",
      "documents.model",
    ])
    .$if(states.length > 0, (query) => query.where("enrichments.state", "in", states))
    .$if(kinds.length > 0, (query) => query.where("enrichments.kind", "in", kinds))
    .$if(executionId !== undefined, (query) => query.where("documents.execution_id", "=", executionId ?? ""))
    .$if(scopeId !== undefined, (query) => query.where("enrichments.scope_id", "=", scopeId ?? ""))
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb(
          eb.refTuple("enrichments.scope_id", "enrichments.document_type"),
          ">",
          eb.tuple(after?.scopeId ?? "", after?.documentType ?? ""),
        ),
      ),
    )
    .orderBy("enrichments.scope_id")
    .orderBy("enrichments.document_type")
    .limit(limit)
    .execute();
  const files = await filesOfPhotos(
    database,
    rows.map((row) => row.scopeId),
  );
  return rows.map((row) => ({
    ...row,
    documentId: row.documentId ?? undefined,
    code: row.code ?? undefined,
    version: row.version ?? undefined,
    content: row.content ?? undefined,
    model: row.model ?? undefined,
    path: files.get(row.scopeId)?.[0]?.path,
  }));
};

const lastFailed = async (database: Database, limit: number): Promise<readonly FailedEnrichment[]> => {
  const rows = await database
    .selectFrom("enrichments")
    .select(["scope_id", "document_type", "error_code", "enrichment_error", "updated_at"])
    .where("state", "=", "FAILED")
    .orderBy("updated_at", "desc")
    .orderBy("scope_id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    scopeId: row.scope_id,
    documentType: row.document_type,
    code: row.error_code ?? "INTERNAL",
    message: row.enrichment_error ?? "",
    at: row.updated_at,
  }));
};

export const createReviewRepository = (database: Database): ReviewRepository => ({
  list: (filter) => list(database, filter),
  lastFailed: (limit) => lastFailed(database, limit),
  count: async ({ kinds = [] }) => {
    const rows = await database
      .selectFrom("enrichments")
      .select((eb) => ["state", eb.fn.countAll<number>().as("count")])
      .$if(kinds.length > 0, (query) => query.where("kind", "in", kinds))
      .groupBy("state")
      .execute();
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  },
  keyOf: async (documentId) =>
    database
      .selectFrom("documents")
      .innerJoin("enrichments", (join) =>
        join
          .onRef("enrichments.scope_id", "=", "documents.scope_id")
          .onRef("enrichments.document_type", "=", "documents.document_type"),
      )
      .select(["documents.scope_id as scopeId", "documents.document_type as documentType", "enrichments.kind"])
      .where("documents.document_id", "=", documentId)
      .executeTakeFirst(),
});

/** What became of enrichments, for a run that follows them: it asks about its own photos alone. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { EnrichmentKey } from "./document-repository.ts";
import type { EnrichmentState, JobState } from "./enrichment-schema.ts";
import { listOf } from "./lists.ts";
import type { FileOfPhoto } from "./photo-scope.ts";
import { rootOptionsOf } from "./root-options.ts";
import { visiblePhotos } from "./photo-scope.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Jobs that others ended in transactions which were still open when the last look was taken. */
const OVERLAP_MS = 10_000;

export interface ResultDocument {
  readonly version: number;
  /** JSON object, or Markdown. */
  readonly content: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly executionId: string;
}

/** State of one enrichment as it is now. */
export interface EnrichmentResult extends EnrichmentKey {
  readonly kind: string;
  readonly state: EnrichmentState;
  /** The newest, confirmed or not. */
  readonly document: ResultDocument | undefined;
  readonly code: string | undefined;
  readonly sub: string | undefined;
  /** A public sentence; set with the code. */
  readonly message: string | undefined;
}

/** Something that still has to be done, or is being done. */
export interface LiveWork extends EnrichmentKey {
  readonly state: JobState;
  readonly runAt: number;
  /** Why it was put off; undefined = it has not been tried. */
  readonly code: string | undefined;
}

export interface ResultRepository {
  /** Those of the photos that readers see, with all their files. */
  readonly placesOf: (tx: Tx, contentHashes: readonly string[]) => Promise<ReadonlyMap<string, readonly FileOfPhoto[]>>;
  /** Scopes whose enrichment of this type has failed. */
  readonly failedAmong: (tx: Tx, scopeIds: readonly string[], documentType: string) => Promise<ReadonlySet<string>>;
  /** Without those that were never asked for, or were taken back. */
  readonly load: (scopeIds: readonly string[], documentType: string) => Promise<readonly EnrichmentResult[]>;
  /** Jobs that ended at `since` or later, or shortly before; `until` is what to ask with next. */
  readonly endedSince: (
    since: number,
  ) => Promise<{ readonly keys: readonly (EnrichmentKey & { readonly jobId: number })[]; readonly until: number }>;
  readonly live: (scopeIds: readonly string[]) => Promise<readonly LiveWork[]>;
  /** Whether anything of these scopes waits to be done; part of a transaction. */
  readonly isAnyWaiting: (tx: Tx, scopeIds: readonly string[]) => Promise<boolean>;
  /** Micro-USD of all calls for one document; undefined = no call is known, or the price of one is not. */
  readonly costOf: (calls: { executionId: string; scopeId: string; stepId: string }) => Promise<number | undefined>;
  /** Documents of an execution that say that there was nothing to make. */
  readonly emptyOf: (executionId: string) => Promise<number>;
}

/** Files of photos that readers see, those that are not there now too: where one of them lies decides what may be sent. */
const placesOf = async (
  tx: Tx,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, readonly FileOfPhoto[]>> => {
  const rows = await visiblePhotos(tx)
    .innerJoin("files", "files.content_hash", "photos.content_hash")
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["photos.content_hash", "files.path", "roots.path as root", "roots.options"])
    .where("photos.content_hash", "in", listOf(contentHashes))
    .execute();
  const groups = Map.groupBy(rows, ({ content_hash: hash }) => hash);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
  return new Map(
    [...groups].map(([hash, files]) => [
      hash,
      files.map(({ root, path, options }) => ({ root: text(root), path: text(path), options: rootOptionsOf(options) })),
    ]),
  );
};

const load = async (
  database: Database,
  scopeIds: readonly string[],
  documentType: string,
): Promise<readonly EnrichmentResult[]> => {
  if (scopeIds.length === 0) return [];
  const rows = await database
    .selectFrom("enrichments")
    .leftJoin("documents", "documents.document_id", "enrichments.document_id")
    .select(["enrichments.scope_id", "enrichments.kind", "enrichments.state", "enrichments.error_code"])
    .select(["enrichments.enrichment_error", "documents.version", "documents.content", "documents.metadata"])
    .select(["documents.model", "documents.execution_id"])
    .select((eb) =>
      eb
        .selectFrom("jobs")
        .select("jobs.sub_code")
        .whereRef("jobs.scope_id", "=", "enrichments.scope_id")
        .whereRef("jobs.document_type", "=", "enrichments.document_type")
        .orderBy("jobs.id", "desc")
        .limit(1)
        .as("sub"),
    )
    .where("enrichments.document_type", "=", documentType)
    .where("enrichments.scope_id", "in", listOf(scopeIds))
    .execute();
  return rows.map((row) => ({
    scopeId: row.scope_id,
    documentType,
    kind: row.kind,
    state: row.state,
    document:
      row.content === null
        ? undefined
        : {
            version: row.version ?? 1,
            content: row.content,
            metadata: JSON.parse(row.metadata ?? "{}") as Record<string, unknown>, // written as an object
            model: row.model ?? "",
            executionId: row.execution_id ?? "",
          },
    code: row.error_code ?? undefined,
    sub: row.sub ?? undefined,
    message: row.enrichment_error ?? undefined,
  }));
};

const endedSince = async (database: Database, since: number): ReturnType<ResultRepository["endedSince"]> => {
  const rows = await database
    .selectFrom("jobs")
    .select(["id", "scope_id", "document_type", "finished_at"])
    .where("finished_at", "is not", null)
    .where("finished_at", ">=", since - OVERLAP_MS)
    .orderBy("finished_at")
    .execute();
  return {
    keys: rows.map((row) => ({ jobId: row.id, scopeId: row.scope_id, documentType: row.document_type })),
    until: Math.max(since, rows.at(-1)?.finished_at ?? since),
  };
};

/** Written out, not bound: only so SQLite sees that the index of live jobs fits. */
const LIVE = sql<boolean>`state in ('available', 'running', 'submitted')`;

const live = async (database: Database, scopeIds: readonly string[]): Promise<readonly LiveWork[]> => {
  if (scopeIds.length === 0) return [];
  const rows = await database
    .selectFrom("jobs")
    .select(["scope_id", "document_type", "state", "run_at", "error_code"])
    .where("scope_id", "in", listOf(scopeIds))
    .where(LIVE)
    .execute();
  return rows.map((row) => ({
    scopeId: row.scope_id,
    documentType: row.document_type,
    state: row.state,
    runAt: row.run_at,
    code: row.error_code ?? undefined,
  }));
};

export const createResultRepository = (database: Database): ResultRepository => ({
  placesOf,
  failedAmong: async (tx, scopeIds, documentType) => {
    const rows = await tx
      .selectFrom("enrichments")
      .select("scope_id")
      .where("document_type", "=", documentType)
      .where("scope_id", "in", listOf(scopeIds))
      .where("state", "=", "FAILED")
      .execute();
    return new Set(rows.map((row) => row.scope_id));
  },
  load: (scopeIds, documentType) => load(database, scopeIds, documentType),
  endedSince: (since) => endedSince(database, since),
  live: (scopeIds) => live(database, scopeIds),
  isAnyWaiting: async (tx, scopeIds) => (await live(tx, scopeIds)).some(({ state }) => state === "available"),
  costOf: async ({ executionId, scopeId, stepId }) => {
    const { calls, known, micros } = await database
      .selectFrom("llm_call_logs")
      .select((eb) => [
        eb.fn.countAll<number>().as("calls"),
        eb.fn.count<number>("cost_micros").as("known"),
        eb.fn.sum<number | null>("cost_micros").as("micros"),
      ])
      .where("execution_id", "=", executionId)
      .where("scope_id", "=", scopeId)
      .where("step_id", "=", stepId)
      .executeTakeFirstOrThrow();
    return calls === 0 || known < calls ? undefined : (micros ?? undefined);
  },
  emptyOf: async (executionId) => {
    const row = await database
      .selectFrom("documents")
      .select((eb) => eb.fn.countAll<number>().as("documents"))
      .where("execution_id", "=", executionId)
      .where(sql`content ->> '$.status'`, "=", "none")
      .executeTakeFirstOrThrow();
    return row.documents;
  },
});

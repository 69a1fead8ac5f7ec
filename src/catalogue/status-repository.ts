/** What `photon status` tells of watched folders and of the work that waits; all of it is in the catalogue. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { MINUTE } from "../clock.ts";
import { joinPath } from "../photo/path-bytes.ts";
import { filesToSeeTo } from "./photo-scope.ts";
import type { CatalogueSchema, FileState } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** Rates are those of these last minutes. */
const RATE_MINUTES = 5;

/** Files of a root by what is known of them. */
export interface RootFiles {
  readonly rootId: number;
  readonly byState: Readonly<Partial<Record<FileState, number>>>;
  /** Looked at more than once, and still not whole. */
  readonly unstable: number;
  /** Not seen by the last scan, and not decided about yet. */
  readonly unseen: number;
}

export interface FailedWork {
  /** Absolute path of the photo as text; undefined when it has no file any more. */
  readonly path: string | undefined;
  readonly code: string;
  readonly message: string;
  /** Milliseconds UTC. */
  readonly at: number;
}

export interface WaitingWork {
  /** settle, process, or a kind of enrichment. */
  readonly stage: string;
  readonly queued: number;
  readonly running: number;
  readonly perMinute: number;
  readonly lastError: FailedWork | undefined;
}

export interface StatusRepository {
  readonly files: () => Promise<readonly RootFiles[]>;
  /** Files that become whole, and files to process. */
  readonly fileWork: () => Promise<readonly WaitingWork[]>;
  /** Kinds with jobs that wait, run, or have failed; by name. */
  readonly enrichments: () => Promise<readonly WaitingWork[]>;
  /** Since when the file that waits longest does; undefined when none waits. */
  readonly waitingSince: () => Promise<number | undefined>;
}

/** Not by the index of all files, which comes sorted by root: few are concerned, and have an index of their own. */
const byRoot = sql<number>`+root_id`;

const rootFiles = async (database: Database): Promise<readonly RootFiles[]> => {
  const all = await database
    .selectFrom("files")
    .select((eb) => ["root_id", eb.fn.countAll<number>().as("files")] as const)
    .groupBy("root_id")
    .execute();
  const others = await filesToSeeTo(database)
    .select((eb) => ["root_id", "state", eb.fn.countAll<number>().as("files")] as const)
    .groupBy([byRoot, "state"])
    .execute();
  const unstable = await database
    .selectFrom("files")
    .select((eb) => ["root_id", eb.fn.countAll<number>().as("files")] as const)
    .where("todo", "=", "settle")
    .where("todo_tries", ">", 0)
    .groupBy(byRoot)
    .execute();
  const unseen = await database
    .selectFrom("files")
    .select((eb) => ["root_id", eb.fn.countAll<number>().as("files")] as const)
    .where("missing_since", "is not", null)
    .groupBy(byRoot)
    .execute();
  return all.map(({ root_id: rootId, files }) => {
    const own = others.filter((row) => row.root_id === rootId);
    const present = files - own.reduce((sum, row) => sum + row.files, 0);
    const countOf = (rows: readonly { readonly root_id: number; readonly files: number }[]): number =>
      rows.find((row) => row.root_id === rootId)?.files ?? 0;
    const byState = { present, ...Object.fromEntries(own.map((row) => [row.state, row.files])) };
    return { rootId, byState, unstable: countOf(unstable), unseen: countOf(unseen) };
  });
};

/** By the work of the last whole minutes and of this one. */
const ratesOf = async (database: Database, now: number): Promise<ReadonlyMap<string, number>> => {
  const minute = Math.floor(now / MINUTE);
  const rows = await database
    .selectFrom("work_done")
    .select((eb) => ["stage", eb.fn.sum<number>("count").as("count"), eb.fn.min("minute").as("first")])
    .where("minute", ">", minute - RATE_MINUTES)
    .groupBy("stage")
    .execute();
  return new Map(rows.map(({ stage, count, first }) => [stage, count / Math.max(1, now / MINUTE - first)]));
};

const lastQuarantined = async (database: Database): Promise<FailedWork | undefined> => {
  const row = await filesToSeeTo(database)
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.path", "roots.path as root", "files.reason", "files.reason_message", "files.updated_at"])
    .where("files.state", "=", "quarantined")
    .orderBy("files.updated_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const path = joinPath(row.root, row.path).toString();
  return { path, code: row.reason ?? "internal", message: row.reason_message ?? "", at: row.updated_at };
};

const fileWork = async (database: Database, now: number): Promise<readonly WaitingWork[]> => {
  const rows = await database
    .selectFrom("files")
    .select((eb) => [
      "todo",
      eb.fn.countAll<number>().as("files"),
      sql<number>`sum(coalesce(lease_until, 0) > ${now})`.as("running"),
    ])
    .where("todo", "is not", null)
    .groupBy("todo")
    .execute();
  const rates = await ratesOf(database, now);
  const lastError = await lastQuarantined(database);
  return (["settle", "process"] as const).map((stage) => {
    const row = rows.find(({ todo }) => todo === stage);
    const running = row?.running ?? 0;
    const queued = (row?.files ?? 0) - running;
    return {
      stage,
      queued,
      running,
      perMinute: rates.get(stage) ?? 0,
      lastError: stage === "process" ? lastError : undefined,
    };
  });
};

/** Jobs by kind; those that ended count for a rate. */
const jobCounts = (database: Database, since: number) =>
  database
    .selectFrom("jobs")
    .select((eb) => ["kind", "state", eb.fn.countAll<number>().as("jobs")] as const)
    .where((eb) =>
      eb.or([
        eb("state", "in", ["available", "running", "submitted"]),
        eb.and([eb("state", "=", "completed"), eb("finished_at", ">", since)]),
      ]),
    )
    .groupBy(["kind", "state"])
    .orderBy("kind")
    .execute();

const lastFailures = async (database: Database): Promise<ReadonlyMap<string, FailedWork>> => {
  const rows = await database
    .selectFrom("enrichments")
    .select(["kind", "scope_id", "error_code", "enrichment_error"])
    .select((eb) => eb.fn.max("updated_at").as("at")) // SQLite: the other columns are those of that row
    .where("state", "=", "FAILED")
    .groupBy("kind")
    .execute();
  const failures = new Map<string, FailedWork>();
  for (const { kind, scope_id: hash, error_code: code, enrichment_error: message, at } of rows) {
    const file = await database
      .selectFrom("files")
      .innerJoin("roots", "roots.id", "files.root_id")
      .select(["files.path", "roots.path as root"])
      .where("files.content_hash", "=", hash)
      .limit(1)
      .executeTakeFirst();
    const path = file === undefined ? undefined : joinPath(file.root, file.path).toString();
    failures.set(kind, { path, code: code ?? "internal", message: message ?? "", at });
  }
  return failures;
};

const enrichments = async (database: Database, now: number): Promise<readonly WaitingWork[]> => {
  const counts = await jobCounts(database, now - RATE_MINUTES * MINUTE);
  const failures = await lastFailures(database);
  const countOf = (kind: string, ...states: readonly string[]): number =>
    counts.filter((row) => row.kind === kind && states.includes(row.state)).reduce((sum, { jobs }) => sum + jobs, 0);
  return [...new Set([...counts.map(({ kind }) => kind), ...failures.keys()])].toSorted().map((kind) => ({
    stage: kind,
    queued: countOf(kind, "available"),
    running: countOf(kind, "running", "submitted"),
    perMinute: countOf(kind, "completed") / RATE_MINUTES,
    lastError: failures.get(kind),
  }));
};

export const createStatusRepository = (database: Database, clock: Clock): StatusRepository => ({
  files: () => rootFiles(database),
  fileWork: () => fileWork(database, clock.now()),
  enrichments: () => enrichments(database, clock.now()),
  waitingSince: async () => {
    const { since } = await database
      .selectFrom("files")
      .select((eb) => eb.fn.min("todo_since").as("since"))
      .where("todo", "is not", null)
      .executeTakeFirstOrThrow();
    return since ?? undefined;
  },
});

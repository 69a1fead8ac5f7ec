/**
 * Executions: runs that jobs, documents and costs are booked on. What an execution waits for is kept as its items; the
 * job of an item may be one that another execution asked for earlier.
 *
 *   RUNNING ──nothing left to do──▶ COMPLETED        RUNNING ──cancel──▶ CANCELLED
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { Change } from "../enrichment/changes.ts";
import type { NewJob } from "../jobs/job-store.ts";
import { discardExecution } from "./discard-execution.ts";
import type { EnrichmentKey, StoredDocument } from "./document-repository.ts";
import type { EnrichmentCounts } from "./enrichment-counts.ts";
import { countEnrichments } from "./enrichment-counts.ts";
import type { ExecutionsTable, JobState } from "./enrichment-schema.ts";
import { cancelJobs } from "./job-store-ends.ts";
import { enqueueJobs } from "./job-store-enqueue.ts";
import { LIVE, LIVE_STATES } from "./job-store-rows.ts";
import { isOwnerDead } from "./owner.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { ScopeState } from "./scope-states.ts";
import { otherStates, photoStates } from "./scope-states.ts";
import type { Given } from "./statement.ts";
import { statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface NewExecution {
  /** Name of the command or tool. */
  readonly command: string;
  readonly kinds: readonly string[];
  /** What was asked for, for people to read. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** Calls at a time while somebody follows it. */
  readonly maxInFlight?: number;
  /** What jobs are made with again when something loses them. */
  readonly again?: JobTerms;
  /** More jobs are going to be added until `filled`, or until this process has ended: it is not over before. */
  readonly isFilling?: boolean;
}

/** What the jobs of an execution have in common. */
export interface JobTerms {
  readonly priority: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Items by what became of them; they add up to `total`. */
export interface ExecutionProgress {
  readonly total: number;
  readonly pending: number;
  /** In a batch of a provider; part of `pending`. */
  readonly submitted: number;
  readonly processed: number;
  readonly failed: number;
  /** Cancelled, or the photo left the library. */
  readonly dropped: number;
}

export interface StoredExecution {
  readonly executionId: string;
  readonly command: string;
  readonly kinds: readonly string[];
  readonly filter: Readonly<Record<string, unknown>>;
  readonly state: ExecutionsTable["state"];
  readonly maxInFlight: number | undefined;
  readonly again: JobTerms;
  readonly startedAt: number;
  readonly completedAt: number | undefined;
}

/** Of all calls of an execution. */
export interface ExecutionCost {
  /** Micro-USD of the calls whose price is known. */
  readonly micros: number;
  /** Calls that were made and whose price is not known. */
  readonly unpricedCalls: number;
}

/** Content of a document turned into what readers see; a kind's `apply`. */
export type ReadingOf = (document: StoredDocument, confirmed: boolean) => readonly Change[];

export interface ExecutionRepository {
  /** Returns its id. */
  readonly start: (execution: NewExecution) => Promise<string>;
  /** The last one of a command that started since then, to be gone on with; undefined = there is none. */
  readonly reopen: (command: string, since: number) => Promise<string | undefined>;
  /**
   * Adds jobs in the caller's transaction, as {@link JobStore.enqueue} does, and remembers that their execution waits
   * for them. What counts as done is no item.
   * @returns how many are newly live
   */
  readonly enqueue: (tx: Tx, jobs: readonly NewJob[]) => Promise<number>;
  /** All jobs are there. */
  readonly filled: (executionId: string) => Promise<void>;
  readonly get: (executionId: string) => Promise<StoredExecution | undefined>;
  readonly running: () => Promise<readonly StoredExecution[]>;
  readonly progress: (executionId: string) => Promise<ExecutionProgress>;
  /** Its items, with their jobs; in order of scope. */
  readonly items: (executionId: string) => Promise<readonly ExecutionItem[]>;
  /** How many items failed, by public code. */
  readonly failures: (executionId: string) => Promise<Readonly<Record<string, number>>>;
  readonly cost: (executionId: string) => Promise<ExecutionCost>;
  /** COMPLETED, when nothing is left to do; returns whether it is. */
  readonly settle: (executionId: string) => Promise<boolean>;
  /** Ends jobs that were asked for by it alone; returns how many. */
  readonly cancel: (executionId: string) => Promise<number>;
  /** Brings back the versions before its own. */
  readonly discard: (executionId: string, readingOf: ReadingOf) => Promise<DiscardedExecution>;
  /** Photos of the library with what they have, newest capture first. @param hashes undefined = all photos */
  readonly photoStates: (documentType: string, hashes?: readonly string[]) => Promise<readonly ScopeState[]>;
  /** The same of albums, mails and requests, in the order given. */
  readonly otherStates: (documentType: string, scopeIds: readonly string[]) => Promise<readonly ScopeState[]>;
  /** @param hashes undefined = the whole library */
  readonly counts: (hashes?: readonly string[]) => Promise<EnrichmentCounts>;
  /** Items that wait without a job: something lost theirs. */
  readonly lostItems: (executionId: string, limit: number) => Promise<readonly EnrichmentKey[]>;
}

export interface ExecutionItem {
  readonly scopeId: string;
  readonly documentType: string;
  readonly jobId: number;
  /** undefined = the job is gone: the photo left the library, or it is long ago. */
  readonly job: JobState | undefined;
}

export interface DiscardedExecution {
  /** Scopes that have the version before again. */
  readonly restored: number;
  /** Scopes that had none. */
  readonly discarded: number;
}

const NO_TERMS: JobTerms = { priority: 0, payload: {} };

const executionOf = (row: Selectable<ExecutionsTable>): StoredExecution => ({
  executionId: row.execution_id,
  command: row.command,
  kinds: JSON.parse(row.kinds) as readonly string[], // written by start
  filter: JSON.parse(row.filter) as Record<string, unknown>, // as above
  state: row.state,
  maxInFlight: row.max_in_flight ?? undefined,
  again: { ...NO_TERMS, ...(JSON.parse(row.context) as Partial<JobTerms>) }, // as above
  startedAt: row.started_at,
  completedAt: row.completed_at ?? undefined,
});

const start = async (database: Database, execution: NewExecution, now: number, owner: string): Promise<string> => {
  const { command, kinds, filter, maxInFlight, again, isFilling = false } = execution;
  const executionId = createUlid(now);
  await database
    .insertInto("executions")
    .values({
      execution_id: executionId,
      command,
      kinds: JSON.stringify(kinds),
      filter: JSON.stringify(filter),
      ...(again === undefined ? {} : { context: JSON.stringify(again) }),
      max_in_flight: maxInFlight ?? null,
      state: "RUNNING",
      filled_by: isFilling ? owner : null,
      started_at: now,
    })
    .execute();
  return executionId;
};

const reopen = async (database: Database, command: string, since: number): Promise<string | undefined> => {
  const row = await database
    .selectFrom("executions")
    .select("execution_id")
    .where("command", "=", command)
    .where("started_at", ">=", since)
    .where("state", "<>", "CANCELLED")
    .orderBy("execution_id", "desc")
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await database
    .updateTable("executions")
    .set({ state: "RUNNING", completed_at: null })
    .where("execution_id", "=", row.execution_id)
    .execute();
  return row.execution_id;
};

/** The unfinished job of a key becomes what the execution waits for. */
const noteItem = statement(
  (_database, given: Given<Pick<NewJob, "executionId" | "scopeId" | "documentType">>) => sql`
    insert into execution_items (execution_id, scope_id, document_type, job_id)
    select ${given.executionId}, scope_id, document_type, id from jobs
    where scope_id = ${given.scopeId} and document_type = ${given.documentType} and state in ${LIVE}
    on conflict do update set job_id = excluded.job_id`,
);

const enqueue = async (tx: Tx, jobs: readonly NewJob[], now: number): Promise<number> => {
  const added = await enqueueJobs(tx, jobs, now);
  for (const { executionId, scopeId, documentType } of jobs) {
    await noteItem.run(tx, { executionId, scopeId, documentType });
  }
  return added;
};

const itemsByState = async (database: Database, executionId: string): Promise<ReadonlyMap<string | null, number>> => {
  const rows = await database
    .selectFrom("execution_items")
    .leftJoin("jobs", "jobs.id", "execution_items.job_id")
    .select((eb) => ["jobs.state", eb.fn.countAll<number>().as("items")] as const)
    .where("execution_items.execution_id", "=", executionId)
    .groupBy("jobs.state")
    .execute();
  return new Map(rows.map(({ state, items }) => [state, items]));
};

/** Of an execution that is complete: its items are not kept for ever. */
const finalProgress = async (database: Database, executionId: string): Promise<ExecutionProgress | undefined> => {
  const row = await database
    .selectFrom("executions")
    .select("counts")
    .where("execution_id", "=", executionId)
    .where("state", "=", "COMPLETED")
    .executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.counts) as ExecutionProgress); // written by settle
};

const currentProgress = async (database: Database, executionId: string): Promise<ExecutionProgress> => {
  const states = await itemsByState(database, executionId);
  const count = (...names: readonly (JobState | null)[]): number =>
    names.reduce((sum, name) => sum + (states.get(name) ?? 0), 0);
  return {
    total: [...states.values()].reduce((sum, items) => sum + items, 0),
    pending: count(...LIVE_STATES),
    submitted: count("submitted"),
    processed: count("completed"),
    failed: count("failed", "quarantined"),
    dropped: count("cancelled", null),
  };
};

const progress = async (database: Database, executionId: string): Promise<ExecutionProgress> =>
  (await finalProgress(database, executionId)) ?? currentProgress(database, executionId);

const failures = async (database: Database, executionId: string): Promise<Readonly<Record<string, number>>> => {
  const rows = await database
    .selectFrom("execution_items")
    .innerJoin("jobs", "jobs.id", "execution_items.job_id")
    .select((eb) => ["jobs.error_code as code", eb.fn.countAll<number>().as("items")] as const)
    .where("execution_items.execution_id", "=", executionId)
    .where("jobs.state", "in", ["failed", "quarantined"])
    .groupBy("jobs.error_code")
    .orderBy("items", "desc")
    .execute();
  return Object.fromEntries(rows.map(({ code, items }) => [code ?? "INTERNAL", items]));
};

const cost = async (database: Database, executionId: string): Promise<ExecutionCost> => {
  const row = await database
    .selectFrom("llm_call_logs")
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>("cost_micros"), sql<number>`0`).as("micros"),
      sql<number>`coalesce(sum(cost_micros is null and cached = 0 and completed_at is not null
        and error_type is null), 0)`.as("unpriced"),
    ])
    .where("execution_id", "=", executionId)
    .executeTakeFirstOrThrow();
  return { micros: row.micros, unpricedCalls: row.unpriced };
};

/** True while its process still adds jobs. */
const isBeingFilled = ({ filled_by: owner }: Pick<ExecutionsTable, "filled_by">): boolean =>
  owner !== null && !isOwnerDead(owner);

const settle = (database: Database, executionId: string, now: number): Promise<boolean> =>
  database.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom("executions")
      .select(["state", "filled_by"])
      .where("execution_id", "=", executionId)
      .executeTakeFirst();
    if (row === undefined || row.state !== "RUNNING") return true;
    const counts = await currentProgress(tx, executionId);
    if (counts.pending > 0 || isBeingFilled(row)) return false;
    if ((await lostItems(tx, { executionId, limit: 1 })).length > 0) return false;
    await tx
      .updateTable("executions")
      .set({ state: "COMPLETED", counts: JSON.stringify(counts), filled_by: null, completed_at: now })
      .where("execution_id", "=", executionId)
      .execute();
    return true;
  });

/** Jobs of it that no other running execution waits for. */
const ownJobs = async (database: Database, executionId: string): Promise<readonly number[]> => {
  const { rows } = await sql<{ readonly id: number }>`
    select jobs.id from jobs join execution_items mine on mine.job_id = jobs.id
    where mine.execution_id = ${executionId} and jobs.state in ('available', 'running', 'submitted') and not exists (
      select 1 from executions other join execution_items theirs on theirs.execution_id = other.execution_id
        and theirs.scope_id = mine.scope_id and theirs.document_type = mine.document_type
      where other.state = 'RUNNING' and other.execution_id <> ${executionId} and theirs.job_id = jobs.id)`.execute(
    database,
  );
  return rows.map(({ id }) => id);
};

const cancel = async (database: Database, executionId: string, now: number): Promise<number> => {
  const ids = await ownJobs(database, executionId);
  const cancelled = ids.length === 0 ? 0 : await cancelJobs(database, { ids }, now);
  const counts = await currentProgress(database, executionId);
  await database
    .updateTable("executions")
    .set({ state: "CANCELLED", counts: JSON.stringify(counts), filled_by: null, completed_at: now })
    .where("execution_id", "=", executionId)
    .where("state", "=", "RUNNING")
    .execute();
  return cancelled;
};

const items = async (database: Database, executionId: string): Promise<readonly ExecutionItem[]> => {
  const rows = await database
    .selectFrom("execution_items")
    .leftJoin("jobs", "jobs.id", "execution_items.job_id")
    .select(["execution_items.scope_id", "execution_items.document_type", "execution_items.job_id", "jobs.state"])
    .where("execution_items.execution_id", "=", executionId)
    .orderBy("execution_items.scope_id")
    .orderBy("execution_items.document_type")
    .execute();
  return rows.map(({ scope_id, document_type, job_id, state }) => ({
    scopeId: scope_id,
    documentType: document_type,
    jobId: job_id,
    job: state ?? undefined,
  }));
};

/**
 * What waits without a job. What has no state any more was given up on purpose: it left the library, or has to stay on
 * this machine.
 */
const lostItems = async (
  database: Database,
  { executionId, limit }: { readonly executionId: string; readonly limit: number },
): Promise<readonly EnrichmentKey[]> => {
  const { rows } = await sql<{ readonly scope_id: string; readonly document_type: string }>`
    select item.scope_id, item.document_type from execution_items item
    join enrichments state on state.scope_id = item.scope_id and state.document_type = item.document_type
    where item.execution_id = ${executionId} and state.state = 'PENDING'
      and not exists (select 1 from jobs where jobs.scope_id = item.scope_id
        and jobs.document_type = item.document_type and jobs.state in ('available', 'running', 'submitted'))
    limit ${limit}`.execute(database);
  return rows.map((row) => ({ scopeId: row.scope_id, documentType: row.document_type }));
};

export const createExecutionRepository = (database: Database, owner: string, clock: Clock): ExecutionRepository => {
  const rows = () => database.selectFrom("executions").selectAll();
  return {
    start: (execution) => start(database, execution, clock.now(), owner),
    reopen: (command, since) => reopen(database, command, since),
    enqueue: (tx, jobs) => enqueue(tx, jobs, clock.now()),
    filled: async (executionId) => {
      const change = { filled_by: null };
      await database.updateTable("executions").set(change).where("execution_id", "=", executionId).execute();
    },
    get: async (executionId) => {
      const row = await rows().where("execution_id", "=", executionId).executeTakeFirst();
      return row === undefined ? undefined : executionOf(row);
    },
    running: async () =>
      (
        await rows()
          .where("state", "=", sql.lit("RUNNING"))
          .where("kinds", "<>", "[]") // those are of process-job-repository.ts
          .orderBy("execution_id")
          .execute()
      ).map(executionOf),
    progress: (executionId) => progress(database, executionId),
    items: (executionId) => items(database, executionId),
    failures: (executionId) => failures(database, executionId),
    cost: (executionId) => cost(database, executionId),
    settle: (executionId) => settle(database, executionId, clock.now()),
    cancel: (executionId) => cancel(database, executionId, clock.now()),
    discard: (executionId, readingOf) => discardExecution(database, { executionId, readingOf, now: clock.now() }),
    photoStates: (documentType, hashes) => photoStates(database, documentType, hashes),
    otherStates: (documentType, scopeIds) => otherStates(database, documentType, scopeIds),
    counts: (hashes) => countEnrichments(database, hashes),
    lostItems: (executionId, limit) => lostItems(database, { executionId, limit }),
  };
};

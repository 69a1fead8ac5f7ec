/**
 * Jobs that process files for somebody who does not wait: rows of `executions` without kinds.
 *
 *   RUNNING, held by a process ──its process ends──▶ RUNNING, free ──another takes it over──▶ RUNNING, held
 *                              ──done──▶ COMPLETED      ──cancelled by anybody──▶ CANCELLED
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { ExecutionsTable } from "./enrichment-schema.ts";
import { isOwnerDead } from "./owner.ts";
import type { CatalogueSchema } from "./schema.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

const COMMAND = "process";
const NO_KINDS = "[]";

export interface ProcessJobInput {
  /** Absolute real paths of files and folders. */
  readonly paths: readonly string[];
  readonly recursive: boolean;
  readonly force: boolean;
  readonly enrich: boolean;
}

export interface ProcessJobCounts {
  /** Photos that were processed. */
  readonly done: number;
  /** Found and not done yet. */
  readonly queued: number;
  /** Known before, and unchanged. */
  readonly skipped: number;
  readonly failed: number;
}

export interface StoredProcessJob {
  readonly jobId: string;
  readonly state: ExecutionsTable["state"];
  readonly input: ProcessJobInput;
  readonly counts: ProcessJobCounts;
  /** What `finish` was given. */
  readonly result: unknown;
  readonly startedAt: number;
  readonly completedAt: number | undefined;
}

export interface ProcessJobRepository {
  /** Held by this process. */
  readonly start: (input: ProcessJobInput) => Promise<string>;
  readonly note: (jobId: string, counts: ProcessJobCounts) => Promise<void>;
  /** Without effect on what has ended. */
  readonly finish: (jobId: string, counts: ProcessJobCounts, result: unknown) => Promise<void>;
  /** Whoever works on it sees that it was. @returns false when it had ended */
  readonly cancel: (jobId: string) => Promise<boolean>;
  /** Lets others go on with it. */
  readonly release: (jobIds: readonly string[]) => Promise<void>;
  readonly get: (jobId: string) => Promise<StoredProcessJob | undefined>;
  /** Jobs that nobody holds are held by this process from now on. */
  readonly takeOver: () => Promise<readonly StoredProcessJob[]>;
}

const NO_COUNTS: ProcessJobCounts = { done: 0, queued: 0, skipped: 0, failed: 0 };

const jobOf = (row: Selectable<ExecutionsTable>): StoredProcessJob => ({
  jobId: row.execution_id,
  state: row.state,
  input: (JSON.parse(row.context) as { readonly input: ProcessJobInput }).input, // written by `start`
  counts: { ...NO_COUNTS, ...(JSON.parse(row.counts) as Partial<ProcessJobCounts>) }, // written by `note` and `finish`
  result: row.result === null ? undefined : JSON.parse(row.result),
  startedAt: row.started_at,
  completedAt: row.completed_at ?? undefined,
});

const jobs = (database: Database) =>
  database.selectFrom("executions").selectAll().where("command", "=", COMMAND).where("kinds", "=", NO_KINDS);

const runningJob = (database: Database, jobId: string) =>
  database.updateTable("executions").where("execution_id", "=", jobId).where("state", "=", sql.lit("RUNNING"));

const takeOver = async (database: Database, owner: string): Promise<readonly StoredProcessJob[]> => {
  const running = await jobs(database).where("state", "=", sql.lit("RUNNING")).execute();
  const free = running.filter(({ filled_by: holder }) => holder === null || isOwnerDead(holder));
  const taken: StoredProcessJob[] = [];
  for (const row of free) {
    const { numUpdatedRows } = await runningJob(database, row.execution_id)
      .set({ filled_by: owner })
      .where("filled_by", row.filled_by === null ? "is" : "=", row.filled_by)
      .executeTakeFirst();
    if (numUpdatedRows === 1n) taken.push(jobOf(row));
  }
  return taken;
};

export const createProcessJobRepository = (database: Database, owner: string, clock: Clock): ProcessJobRepository => ({
  start: async (input) => {
    const jobId = createUlid(clock.now());
    await database
      .insertInto("executions")
      .values({
        execution_id: jobId,
        command: COMMAND,
        kinds: NO_KINDS,
        filter: JSON.stringify({ paths: input.paths.length }),
        context: JSON.stringify({ input }),
        max_in_flight: null,
        state: "RUNNING",
        filled_by: owner,
        started_at: clock.now(),
      })
      .execute();
    return jobId;
  },
  note: async (jobId, counts) => {
    await runningJob(database, jobId)
      .set({ counts: JSON.stringify(counts) })
      .execute();
  },
  finish: async (jobId, counts, result) => {
    await runningJob(database, jobId)
      .set({
        state: "COMPLETED",
        counts: JSON.stringify(counts),
        result: JSON.stringify(result),
        filled_by: null,
        completed_at: clock.now(),
      })
      .execute();
  },
  cancel: async (jobId) => {
    const { numUpdatedRows } = await runningJob(database, jobId)
      .set({ state: "CANCELLED", filled_by: null, completed_at: clock.now() })
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  release: async (jobIds) => {
    for (const jobId of jobIds)
      await runningJob(database, jobId).set({ filled_by: null }).where("filled_by", "=", owner).execute();
  },
  get: async (jobId) => {
    const row = await jobs(database).where("execution_id", "=", jobId).executeTakeFirst();
    return row === undefined ? undefined : jobOf(row);
  },
  takeOver: () => takeOver(database, owner),
});

/** What becomes of a job after its claim, and before it when it is no longer wanted. Each is one transaction. */
import type { Kysely, Updateable } from "kysely";
import { sql } from "kysely";
import type { JobFilter, LeaseRef, Retry, Snooze } from "../jobs/job-store.ts";
import type { JobsTable } from "./enrichment-schema.ts";
import { appendEvents } from "./event-outbox.ts";
import type { JobRow } from "./job-store-rows.ts";
import { heldJob, LIVE, LIVE_STATES, moveEnrichments, NO_LEASE, updateJob } from "./job-store-rows.ts";
import { listOf } from "./lists.ts";
import { publicFailure } from "./public-failure.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Public code of jobs that wait for an input, an earlier document for example. */
const MISSING_INPUT = "MISSING_INPUT";

/** Runs `work` on the job while its lease is held; false when it is not. */
const whileHeld = (database: Database, ref: LeaseRef, work: (tx: Tx, job: JobRow) => Promise<void>): Promise<boolean> =>
  database.transaction().execute(async (tx) => {
    const job = await heldJob(tx, ref);
    if (job === undefined) return false;
    await work(tx, job);
    return true;
  });

const giveBack = (
  database: Database,
  { ref, now }: { readonly ref: LeaseRef; readonly now: number },
  change: (job: JobRow) => Updateable<JobsTable>,
): Promise<boolean> =>
  whileHeld(database, ref, async (tx, job) => {
    await moveEnrichments(tx, { action: "giveBack", jobs: [job.id], now });
    await updateJob(tx, job.id, { ...NO_LEASE, state: "available", ...change(job) });
  });

/** The provider has answered: the clock of the long wait stands at nothing again. */
const ANSWERED = { first_unavailable_at: null } as const;

export const retryJob = (
  database: Database,
  { ref, now }: { readonly ref: LeaseRef; readonly now: number },
  { delayMs, code, sub, isolated = false }: Retry,
): Promise<boolean> =>
  giveBack(database, { ref, now }, (job) => ({
    ...ANSWERED,
    attempts_invalid: job.attempts_invalid + 1,
    isolated: job.isolated + (isolated ? 1 : 0),
    run_at: now + delayMs,
    error_code: code,
    sub_code: sub ?? null,
  }));

export const snoozeJob = (
  database: Database,
  { ref, now }: { readonly ref: LeaseRef; readonly now: number },
  { until, code, sub, unavailable }: Snooze,
): Promise<boolean> =>
  giveBack(database, { ref, now }, (job) => ({
    ...(unavailable === undefined
      ? ANSWERED
      : {
          first_unavailable_at: job.first_unavailable_at ?? now,
          last_unavailable_at: now,
          isolated: job.isolated + (unavailable.isolated ? 1 : 0),
        }),
    snoozes: job.snoozes + 1,
    run_at: until,
    error_code: code,
    sub_code: sub ?? null,
  }));

export const releaseJob = (
  database: Database,
  at: { readonly ref: LeaseRef; readonly now: number },
): Promise<boolean> => giveBack(database, at, () => ({}));

/**
 * Something has become of a document type of these scopes: jobs about them that wait for an input look again; part of a
 * transaction.
 */
export const wakeWaiting = async (tx: Tx, scopeIds: readonly string[], now: number): Promise<void> => {
  await wake.run(tx, { scopes: JSON.stringify(scopeIds), now });
};

const wake = statement((database, { scopes, now }: Given<{ scopes: string; now: number }>) =>
  database
    .updateTable("jobs")
    .set({ run_at: now })
    .where("scope_id", "in", givenList<string>(scopes))
    .where("state", "in", LIVE)
    .where("state", "=", "available")
    .where("error_code", "=", MISSING_INPUT)
    .where("run_at", ">", now),
);

/** Ends jobs as failed, with an event for each; part of a transaction. */
export const failJobs = async (
  tx: Tx,
  jobs: readonly JobRow[],
  end: {
    readonly code: string;
    readonly sub?: string | undefined;
    readonly event: string;
    readonly now: number;
    readonly state?: "failed" | "quarantined";
  },
): Promise<void> => {
  if (jobs.length === 0) return;
  const { code, sub, event, now, state = "failed" } = end;
  const ids = jobs.map(({ id }) => id);
  const message = publicFailure(code, sub);
  await moveEnrichments(tx, { action: "fail", jobs: ids, now }, { error_code: code, enrichment_error: message });
  await tx
    .updateTable("jobs")
    .set({ ...NO_LEASE, state, error_code: code, sub_code: sub ?? null, finished_at: now })
    .where("id", "in", listOf(ids))
    .execute();
  await wakeWaiting(
    tx,
    jobs.map(({ scope_id: scopeId }) => scopeId),
    now,
  );
  await appendEvents(
    tx,
    jobs.map(({ user_id: userId, scope_id: scope, document_type: documentType }) => ({
      userId,
      type: event,
      content: { scope_id: scope, document_type: documentType, state: "FAILED", code, message },
    })),
    now,
  );
};

export const failJob = (
  database: Database,
  { ref, now }: { readonly ref: LeaseRef; readonly now: number },
  end: { readonly code: string; readonly sub?: string | undefined; readonly event: string },
): Promise<boolean> => whileHeld(database, ref, (tx, job) => failJobs(tx, [job], { ...end, now }));

/** As if it had not been asked for: a row that holds an earlier document stays with it, another one goes. */
const takeBack = async (tx: Tx, jobs: readonly number[], now: number): Promise<void> => {
  const ofJobs = sql`(scope_id, document_type) in
    (select scope_id, document_type from jobs where id in ${listOf(jobs)})`;
  await sql`delete from enrichments where document_id is null and ${ofJobs}`.execute(tx);
  await sql`
    update enrichments set lease_ref = null, updated_at = ${now},
      state = case when confirmed_document_id is null then 'READY_TO_CONFIRM' else 'CONFIRMED' end
    where ${ofJobs}`.execute(tx);
};

/** Ends jobs of which nobody wants to hear; part of a transaction. */
export const dropJobs = async (
  tx: Tx,
  jobs: readonly number[],
  { code, leaves, now }: { readonly code: string; readonly leaves: "discarded" | "removed"; readonly now: number },
): Promise<void> => {
  if (jobs.length === 0) return;
  if (leaves === "discarded") await moveEnrichments(tx, { action: "discard", jobs, now }, { error_code: code });
  else await takeBack(tx, jobs, now);
  await tx
    .updateTable("jobs")
    .set({ ...NO_LEASE, state: "cancelled", error_code: code, finished_at: now })
    .where("id", "in", listOf(jobs))
    .execute();
};

export const dropJob = (
  database: Database,
  { ref, now }: { readonly ref: LeaseRef; readonly now: number },
  end: { readonly code: string; readonly leaves: "discarded" | "removed" },
): Promise<boolean> => whileHeld(database, ref, (tx, job) => dropJobs(tx, [job.id], { ...end, now }));

/** Jobs that a filter means. */
export const filteredJobs = (database: Database, filter: JobFilter) => {
  const { ids, kind, scopeId, executionId, states = LIVE_STATES } = filter;
  return database
    .selectFrom("jobs")
    .where("state", "in", states)
    .$if(ids !== undefined, (query) => query.where("id", "in", listOf(ids ?? [])))
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind ?? ""))
    .$if(scopeId !== undefined, (query) => query.where("scope_id", "=", scopeId ?? ""))
    .$if(executionId !== undefined, (query) => query.where("execution_id", "=", executionId ?? ""));
};

export const cancelJobs = (database: Database, filter: JobFilter, now: number): Promise<number> =>
  database.transaction().execute(async (tx) => {
    const rows = await filteredJobs(tx, filter).where("state", "in", LIVE_STATES).select("id").execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await moveEnrichments(tx, { action: "giveBack", jobs: ids, now });
    await tx
      .updateTable("jobs")
      .set({ ...NO_LEASE, state: "cancelled", error_code: "CANCELLED", finished_at: now })
      .where("id", "in", listOf(ids))
      .execute();
    return ids.length;
  });

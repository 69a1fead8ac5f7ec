/** Adding jobs, in the transaction of whoever asks. */
import type { Expression } from "kysely";
import { sql } from "kysely";
import type { NewJob } from "../jobs/job-store.ts";
import type { StateBefore } from "./enrichment-states.ts";
import { stateAfter } from "./enrichment-states.ts";
import { LIVE_STATES } from "./job-store-rows.ts";
import type { Given } from "./statement.ts";
import { statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

const stateRow = statement((database, { scopeId, documentType }: Given<{ scopeId: string; documentType: string }>) =>
  database
    .selectFrom("enrichments")
    .select("state")
    .where("scope_id", "=", scopeId)
    .where("document_type", "=", documentType),
);

const stateOf = async (tx: Tx, { scopeId, documentType }: NewJob): Promise<StateBefore> =>
  (await stateRow.first(tx, { scopeId, documentType }))?.state ?? "NONE";

/** What nobody was in a hurry for is due when somebody is; what has failed before keeps its wait. */
const sooner = (runAt: Expression<number>, wanted: number) =>
  sql<number>`case when state = 'available' and error_code is null then min(${runAt}, ${wanted}) else ${runAt} end`;

interface InsertedJob extends Pick<
  NewJob,
  "kind" | "scopeId" | "documentType" | "route" | "userId" | "executionId" | "priority"
> {
  /** JSON object. */
  readonly payload: string;
  readonly runAt: number;
  readonly now: number;
  readonly expiresAt: number | null;
}

const insert = statement((database, job: Given<InsertedJob>) =>
  database
    .insertInto("jobs")
    .values({
      kind: job.kind,
      scope_id: job.scopeId,
      document_type: job.documentType,
      route: job.route,
      payload: job.payload,
      user_id: job.userId,
      execution_id: job.executionId,
      priority: job.priority,
      run_at: job.runAt,
      created_at: job.now,
      expires_at: job.expiresAt,
    })
    .onConflict((conflict) => conflict.doNothing()),
);

/**
 * False when there is an unfinished job of this key: then that one gets the higher priority of both, and as long as it
 * waits, the route of whoever wants it as much or more: who asks another model does not wait for the first one.
 */
const insertJob = async (tx: Tx, job: NewJob, now: number): Promise<boolean> => {
  const { kind, scopeId, documentType, route, userId, executionId, priority } = job;
  const about = { kind, scopeId, documentType, route, userId, executionId, priority };
  const times = { runAt: job.runAt ?? now, now, expiresAt: job.expiresAt ?? null };
  const inserted = await insert.run(tx, { ...about, ...times, payload: JSON.stringify(job.payload ?? {}) });
  if (inserted > 0) return true;
  const unfinished = tx
    .updateTable("jobs")
    .where("scope_id", "=", job.scopeId)
    .where("document_type", "=", job.documentType)
    .where("state", "in", LIVE_STATES);
  await unfinished
    .set({ route: job.route, run_at: job.runAt ?? now, first_unavailable_at: null })
    .where("state", "=", "available")
    .where("priority", "<=", job.priority)
    .where("route", "<>", job.route)
    .execute();
  await unfinished
    .set((eb) => ({ priority: job.priority, run_at: sooner(eb.ref("run_at"), job.runAt ?? now) }))
    .where("priority", "<", job.priority)
    .execute();
  return false;
};

interface Wanted extends Pick<NewJob, "kind" | "scopeId" | "documentType"> {
  readonly now: number;
}

const waitForIt = statement((database, { kind, scopeId, documentType, now }: Given<Wanted>) => {
  const row = { kind, state: "PENDING" as const, lease_ref: null, updated_at: now };
  return database
    .insertInto("enrichments")
    .values({ scope_id: scopeId, document_type: documentType, ...row })
    .onConflict((conflict) => conflict.columns(["scope_id", "document_type"]).doUpdateSet(row));
});

const enqueueOne = async (tx: Tx, job: NewJob, now: number): Promise<boolean> => {
  const before = await stateOf(tx, job);
  const state = stateAfter(job.redo === true ? "redo" : "ask", before);
  if (state === undefined && before !== "ENRICHING") return false; // has a result, or an end: it counts as done
  if (!(await insertJob(tx, job, now))) return false;
  const { kind, scopeId, documentType } = job;
  await waitForIt.run(tx, { kind, scopeId, documentType, now });
  return true;
};

/** Returns how many are newly live. */
export const enqueueJobs = async (tx: Tx, jobs: readonly NewJob[], now: number): Promise<number> => {
  let added = 0;
  for (const job of jobs) if (await enqueueOne(tx, job, now)) added += 1;
  return added;
};

/** Adding jobs, in the transaction of whoever asks. */
import type { Expression } from "kysely";
import { sql } from "kysely";
import type { NewJob } from "../jobs/job-store.ts";
import type { StateBefore } from "./enrichment-states.ts";
import { stateAfter } from "./enrichment-states.ts";
import { LIVE_STATES } from "./job-store-rows.ts";
import type { Tx } from "./transaction.ts";

const stateOf = async (tx: Tx, { scopeId, documentType }: NewJob): Promise<StateBefore> => {
  const row = await tx
    .selectFrom("enrichments")
    .select("state")
    .where("scope_id", "=", scopeId)
    .where("document_type", "=", documentType)
    .executeTakeFirst();
  return row?.state ?? "NONE";
};

/** What nobody was in a hurry for is due when somebody is; what has failed before keeps its wait. */
const sooner = (runAt: Expression<number>, wanted: number) =>
  sql<number>`case when state = 'available' and error_code is null then min(${runAt}, ${wanted}) else ${runAt} end`;

/**
 * False when there is an unfinished job of this key: then that one gets the higher priority of both, and as long as it
 * waits, the route of whoever wants it as much or more: who asks another model does not wait for the first one.
 */
const insertJob = async (tx: Tx, job: NewJob, now: number): Promise<boolean> => {
  const inserted = await tx
    .insertInto("jobs")
    .values({
      kind: job.kind,
      scope_id: job.scopeId,
      document_type: job.documentType,
      route: job.route,
      payload: JSON.stringify(job.payload ?? {}),
      user_id: job.userId,
      execution_id: job.executionId,
      priority: job.priority,
      run_at: job.runAt ?? now,
      created_at: now,
      expires_at: job.expiresAt ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted !== undefined) return true;
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

const enqueueOne = async (tx: Tx, job: NewJob, now: number): Promise<boolean> => {
  const before = await stateOf(tx, job);
  const state = stateAfter(job.redo === true ? "redo" : "ask", before);
  if (state === undefined && before !== "ENRICHING") return false; // has a result, or an end: it counts as done
  if (!(await insertJob(tx, job, now))) return false;
  const row = { kind: job.kind, state: "PENDING" as const, lease_ref: null, updated_at: now };
  await tx
    .insertInto("enrichments")
    .values({ scope_id: job.scopeId, document_type: job.documentType, ...row })
    .onConflict((conflict) => conflict.columns(["scope_id", "document_type"]).doUpdateSet(row))
    .execute();
  return true;
};

/** Returns how many are newly live. */
export const enqueueJobs = async (tx: Tx, jobs: readonly NewJob[], now: number): Promise<number> => {
  let added = 0;
  for (const job of jobs) if (await enqueueOne(tx, job, now)) added += 1;
  return added;
};

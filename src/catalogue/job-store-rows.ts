/** Jobs as rows: lease references, the fence, the change of a held job together with its enrichment. */
import type { Selectable, Updateable } from "kysely";
import { sql } from "kysely";
import type { ClaimedJob, JobRecord, LeaseRef } from "../jobs/job-store.ts";
import type { EnrichmentsTable, JobsTable } from "./enrichment-schema.ts";
import { statesBefore, TRANSITIONS } from "./enrichment-states.ts";
import type { EnrichmentAction } from "./enrichment-states.ts";
import { listOf } from "./lists.ts";
import type { Given } from "./statement.ts";
import { statement, updateStatement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

export type JobRow = Selectable<JobsTable>;

export interface Lease {
  readonly id: number;
  readonly token: number;
}

export const refOf = (id: number, token: number): LeaseRef => `${id}:${token}`;

export const leaseOf = (ref: LeaseRef): Lease => {
  const [id = Number.NaN, token = Number.NaN] = ref.split(":").map(Number);
  return { id, token };
};

export const NO_LEASE = { lease_owner: null, lease_until: null } as const;

/** States of a job that still has something to come. */
export const LIVE_STATES = ["available", "running", "submitted"] as const;
/** The same for `state in ...`, written out, not bound: only so SQLite sees that the index of live jobs fits. */
export const LIVE = sql<LiveState>`(${sql.join(LIVE_STATES.map((state) => sql.lit(state)))})`;

type LiveState = (typeof LIVE_STATES)[number];

export const claimedJobOf = (
  row: Omit<JobRow, "batch_id" | "finished_at" | "lease_owner" | "lease_until" | "state" | "run_at">,
  target: { readonly providerKey: string; readonly model: string },
): ClaimedJob => ({
  ref: refOf(row.id, row.lease_token),
  id: row.id,
  kind: row.kind,
  scopeId: row.scope_id,
  documentType: row.document_type,
  route: row.route,
  ...target,
  payload: JSON.parse(row.payload) as Record<string, unknown>, // written by enqueue as an object
  userId: row.user_id,
  executionId: row.execution_id,
  priority: row.priority,
  attemptsInvalid: row.attempts_invalid,
  snoozes: row.snoozes,
  crashes: row.crashes,
  isolated: row.isolated,
  firstUnavailableAt: row.first_unavailable_at ?? undefined,
  lastUnavailableAt: row.last_unavailable_at ?? undefined,
  createdAt: row.created_at,
});

export const jobRecordOf = (row: JobRow): JobRecord => ({
  id: row.id,
  kind: row.kind,
  scopeId: row.scope_id,
  documentType: row.document_type,
  route: row.route,
  providerKey: row.provider_key ?? undefined,
  executionId: row.execution_id,
  state: row.state,
  priority: row.priority,
  runAt: row.run_at,
  attemptsInvalid: row.attempts_invalid,
  snoozes: row.snoozes,
  crashes: row.crashes,
  isolated: row.isolated,
  createdAt: row.created_at,
  finishedAt: row.finished_at ?? undefined,
  code: row.error_code ?? undefined,
  sub: row.sub_code ?? undefined,
});

/** The job when the lease is still held by this reference. */
export const heldJob = (tx: Tx, ref: LeaseRef): Promise<JobRow | undefined> => heldJobRow.first(tx, leaseOf(ref));

const heldJobRow = statement((database, { id, token }: Given<Lease>) =>
  database
    .selectFrom("jobs")
    .selectAll()
    .where("id", "=", id)
    .where("state", "=", "running")
    .where("lease_token", "=", token),
);

const update = updateStatement("jobs", ["id"]);

export const updateJob = (tx: Tx, id: number, change: Omit<Updateable<JobsTable>, "id">): Promise<void> =>
  update(tx, { id }, change);

/** Moves enrichments of jobs, as far as their states allow the action. */
export const moveEnrichments = async (
  tx: Tx,
  move: { readonly action: EnrichmentAction; readonly jobs: readonly number[]; readonly now: number },
  change: Updateable<EnrichmentsTable> = {},
): Promise<void> => {
  const { action, jobs, now } = move;
  await tx
    .updateTable("enrichments")
    .from("jobs")
    .set({ state: TRANSITIONS[action].to, lease_ref: null, updated_at: now, ...change })
    .where("jobs.id", "in", listOf(jobs))
    .whereRef("jobs.scope_id", "=", "enrichments.scope_id")
    .whereRef("jobs.document_type", "=", "enrichments.document_type")
    .where("enrichments.state", "in", statesBefore(action))
    .execute();
};

/**
 * Batches at providers, and the jobs in them.
 *
 *   CREATING ──uploaded──▶ SUBMITTED ──ended there──▶ COLLECTING ──all results taken──▶ DONE
 *   CREATING, SUBMITTED ──refused, or never found again──▶ LOST
 *
 * A job is `submitted` from before the upload on, so that nobody calls for it meanwhile, and claimed again before its
 * result is written. A job that a batch gave back keeps the name of the batch: it is called by itself then.
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { ClaimedJob, CompletionOutcome, LeaseRef, ServedTarget } from "../jobs/job-store.ts";
import type { LlmBatchesTable } from "./enrichment-schema.ts";
import { leaseJobs } from "./job-store-claim.ts";
import { heldJob, moveEnrichments, NO_LEASE, updateJob } from "./job-store-rows.ts";
import { listOf } from "./lists.ts";
import { isOwnerDead } from "./owner.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Tx } from "./transaction.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export interface StoredBatch {
  readonly batchId: string;
  readonly providerKey: string;
  readonly model: string;
  readonly externalId: string | undefined;
  readonly state: LlmBatchesTable["state"];
  /** The process that made it has ended. */
  readonly isLeft: boolean;
  readonly createdAt: number;
  /** undefined = nothing of it has left this machine. */
  readonly sentAt: number | undefined;
  readonly expiresAt: number;
}

export interface BatchRepository {
  /** Jobs that wait for a batch: asked for without hurry, and in none yet. In order of id. */
  readonly waiting: (request: {
    readonly route: string;
    readonly kinds: readonly string[];
    /** At most this. */
    readonly priority: number;
    readonly limit: number;
  }) => Promise<readonly number[]>;
  /** A batch in the making; returns its id. */
  readonly open: (batch: { providerKey: string; model: string; expiresAt: number }) => Promise<string>;
  /** Puts a leased job into a batch; part of the transaction that ends its lease. */
  readonly take: (tx: Tx, ref: LeaseRef, batchId: string) => Promise<CompletionOutcome>;
  /** The upload begins. */
  readonly sending: (batchId: string) => Promise<void>;
  readonly submitted: (batchId: string, externalId: string) => Promise<void>;
  /** Its results are taken, also those that a process had in hand when it ended. */
  readonly collecting: (batchId: string) => Promise<void>;
  /** Those that are not over, oldest first. */
  readonly unfinished: () => Promise<readonly StoredBatch[]>;
  /** Ids of jobs that still have no result. */
  readonly jobs: (batchId: string) => Promise<readonly number[]>;
  /** Leases jobs of a batch, to write their results. Those that nobody wants any more are left out. */
  readonly claim: (
    batchId: string,
    ids: readonly number[],
    lease: { readonly target: ServedTarget; readonly leaseMs: number },
  ) => Promise<readonly ClaimedJob[]>;
  /** Gives back what has no result, to be called by itself; returns the ids. */
  readonly end: (batchId: string, state: "DONE" | "LOST") => Promise<readonly number[]>;
}

const batchOf = (row: Selectable<LlmBatchesTable>): StoredBatch => ({
  batchId: row.batch_id,
  providerKey: row.provider_key,
  model: row.model,
  externalId: row.external_id ?? undefined,
  state: row.state,
  isLeft: isOwnerDead(row.owner),
  createdAt: row.created_at,
  sentAt: row.sent_at ?? undefined,
  expiresAt: row.expires_at,
});

const take = async (tx: Tx, ref: LeaseRef, batchId: string, now: number): Promise<CompletionOutcome> => {
  const job = await heldJob(tx, ref);
  if (job === undefined) return "lost";
  await moveEnrichments(tx, { action: "giveBack", jobs: [job.id], now });
  await updateJob(tx, job.id, { ...NO_LEASE, state: "submitted", batch_id: batchId });
  return "deferred";
};

const submittedJobs = (database: Database, batchId: string) =>
  database.selectFrom("jobs").select("id").where("batch_id", "=", batchId).where("state", "=", "submitted");

const idsOf = (rows: readonly { readonly id: number }[]): readonly number[] => rows.map(({ id }) => id);

const end = (database: Database, batchId: string, { state, now }: { state: "DONE" | "LOST"; now: number }) =>
  database.transaction().execute(async (tx) => {
    const ids = idsOf(await submittedJobs(tx, batchId).execute());
    await tx.updateTable("jobs").set({ state: "available", run_at: now }).where("id", "in", listOf(ids)).execute();
    await tx.updateTable("llm_batches").set({ state }).where("batch_id", "=", batchId).execute();
    return ids;
  });

const open = async (
  database: Database,
  { providerKey, model, expiresAt }: Parameters<BatchRepository["open"]>[0],
  { owner, now }: { readonly owner: string; readonly now: number },
): Promise<string> => {
  const batchId = createUlid(now);
  const row = { batch_id: batchId, provider_key: providerKey, model, owner, expires_at: expiresAt };
  await database
    .insertInto("llm_batches")
    .values({ ...row, state: "CREATING", created_at: now })
    .execute();
  return batchId;
};

export const createBatchRepository = (database: Database, owner: string, clock: Clock): BatchRepository => {
  const set = async (batchId: string, change: Partial<Selectable<LlmBatchesTable>>): Promise<void> => {
    await database.updateTable("llm_batches").set(change).where("batch_id", "=", batchId).execute();
  };
  return {
    waiting: async ({ route, kinds, priority, limit }) =>
      idsOf(
        await database
          .selectFrom("jobs")
          .select("id")
          .where("state", "=", sql.lit("available"))
          .where("kind", "in", listOf(kinds))
          .where("route", "=", route)
          .where("priority", "<=", priority)
          .where("batch_id", "is", null)
          .where((eb) => eb.or([eb("error_code", "is", null), eb("run_at", "<=", clock.now())]))
          .orderBy("id")
          .limit(limit)
          .execute(),
      ),
    open: (batch) => open(database, batch, { owner, now: clock.now() }),
    take: (tx, ref, batchId) => take(tx, ref, batchId, clock.now()),
    sending: (batchId) => set(batchId, { sent_at: clock.now() }),
    submitted: (batchId, externalId) => set(batchId, { state: "SUBMITTED", external_id: externalId }),
    collecting: (batchId) =>
      database.transaction().execute(async (tx) => {
        await tx.updateTable("llm_batches").set({ state: "COLLECTING" }).where("batch_id", "=", batchId).execute();
        await tx
          .updateTable("jobs")
          .set({ state: "submitted" })
          .where("batch_id", "=", batchId)
          .where("state", "=", "available")
          .where("error_code", "is", null) // else its result has been judged already
          .execute();
      }),
    unfinished: async () =>
      (
        await database
          .selectFrom("llm_batches")
          .selectAll()
          .where("state", "in", ["CREATING", "SUBMITTED", "COLLECTING"])
          .orderBy("batch_id")
          .execute()
      ).map(batchOf),
    jobs: async (batchId) => idsOf(await submittedJobs(database, batchId).orderBy("id").execute()),
    claim: (batchId, ids, { target, leaseMs }) =>
      database.transaction().execute(async (tx) => {
        const found = await submittedJobs(tx, batchId).where("id", "in", listOf(ids)).execute();
        return leaseJobs(tx, { ids: idsOf(found), target }, { owner, leaseMs, now: clock.now() });
      }),
    end: (batchId, state) => end(database, batchId, { state, now: clock.now() }),
  };
};

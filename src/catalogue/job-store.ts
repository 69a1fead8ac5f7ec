/** The job queue in the catalogue: document, state, job and event change in one transaction. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type {
  Completion,
  CompletionOutcome,
  CompletionResult,
  JobFilter,
  JobPage,
  JobStore,
  LeaseRef,
  QueueStats,
} from "../jobs/job-store.ts";
import { rescueCalls } from "./call-completion.ts";
import { appendEvents, LIBRARY_USER_ID } from "./event-outbox.ts";
import { claimJobs } from "./job-store-claim.ts";
import { cancelJobs, dropJob, failJob, filteredJobs, releaseJob, retryJob, snoozeJob } from "./job-store-ends.ts";
import { enqueueJobs } from "./job-store-enqueue.ts";
import { expireJobs, hasLeftJobs, rescueJobs } from "./job-store-rescue.ts";
import { jobRecordOf, leaseOf, LIVE_STATES, NO_LEASE, refOf, updateJob } from "./job-store-rows.ts";
import { watchChanges } from "./job-store-watch.ts";
import { removeOldRecords } from "./retention.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";
import { writeTogether } from "./write-group.ts";

type Database = Kysely<CatalogueSchema>;

const PAGE_SIZE = 100;

/** References that no row holds any more. */
const without = (
  refs: readonly LeaseRef[],
  held: readonly { readonly id: number; readonly lease_token: number }[],
): readonly LeaseRef[] => {
  const known = new Set(held.map(({ id, lease_token: token }) => refOf(id, token)));
  return refs.filter((ref) => !known.has(ref));
};

/** JSON array. */
const idsOf = (refs: readonly LeaseRef[]): string => JSON.stringify(refs.map((ref) => leaseOf(ref).id));

const renewLeases = statement((database, { ids, refs, until }: Given<{ ids: string; refs: string; until: number }>) =>
  database
    .updateTable("jobs")
    .set({ lease_until: until })
    .where("id", "in", givenList<number>(ids))
    .where("state", "=", "running")
    .where(sql<boolean>`id || ':' || lease_token in ${givenList<string>(refs)}`)
    .returning(["id", "lease_token"]),
);

const heldLeases = statement((database, { ids }: Given<{ ids: string }>) =>
  database
    .selectFrom("jobs")
    .select(["id", "lease_token"])
    .where("id", "in", givenList<number>(ids))
    .where("state", "=", "running"),
);

const heartbeat = async (
  database: Database,
  refs: readonly LeaseRef[],
  until: number,
): Promise<readonly LeaseRef[]> => {
  if (refs.length === 0) return [];
  const held = await renewLeases.all(database, { ids: idsOf(refs), refs: JSON.stringify(refs), until });
  return without(refs, held);
};

const lost = async (database: Database, refs: readonly LeaseRef[]): Promise<readonly LeaseRef[]> => {
  if (refs.length === 0) return [];
  return without(refs, await heldLeases.all(database, { ids: idsOf(refs) }));
};

/** An error undoes this completion and leaves the others. */
const writeOne = async (tx: Tx, { ref, write }: Completion, now: number): Promise<CompletionResult> => {
  const outcome: CompletionOutcome = await write(tx);
  const { id } = leaseOf(ref);
  if (outcome === "done") await updateJob(tx, id, { ...NO_LEASE, state: "completed", finished_at: now });
  if (outcome === "discarded") {
    await updateJob(tx, id, { ...NO_LEASE, state: "cancelled", error_code: "CANCELLED", finished_at: now });
  }
  return { outcome };
};

const complete = async (
  database: Database,
  completions: readonly Completion[],
  clock: Clock,
): Promise<readonly CompletionResult[]> => {
  const outcomes = await writeTogether(
    database,
    completions.map((completion) => (tx) => writeOne(tx, completion, clock.now())),
  );
  return outcomes.map((outcome) => (outcome.ok ? outcome.value : { outcome: "failed", error: outcome.error }));
};

/** Of two pauses with different reasons the longer one stands. */
const outlasts = (before: number | null, until: number | null): boolean =>
  until !== null && (before === null || before > until);

const pause = (
  database: Database,
  target: string,
  { reason, until, event, now }: Parameters<JobStore["pause"]>[1] & { readonly now: number },
): Promise<boolean> =>
  database.transaction().execute(async (tx) => {
    const before = await tx.selectFrom("pauses").selectAll().where("target", "=", target).executeTakeFirst();
    const isNew = before?.reason !== reason;
    if (before !== undefined && isNew && outlasts(before.until, until)) return false;
    const row = { reason, until, since: now };
    await tx
      .insertInto("pauses")
      .values({ target, ...row })
      .onConflict((conflict) => conflict.column("target").doUpdateSet(row))
      .execute();
    if (isNew && event !== undefined) await appendEvents(tx, [{ ...event, userId: LIBRARY_USER_ID }], now);
    return isNew;
  });

const stats = async (database: Database): Promise<QueueStats> => {
  const states = await database
    .selectFrom("jobs")
    .select((eb) => ["state", eb.fn.countAll<number>().as("jobs")] as const)
    .groupBy("state")
    .execute();
  const kinds = await database
    .selectFrom("jobs")
    .select((eb) => ["kind", "state", eb.fn.countAll<number>().as("jobs")] as const)
    .where("state", "in", LIVE_STATES)
    .groupBy(["kind", "state"])
    .execute();
  const pauses = await database.selectFrom("pauses").select(["target", "reason", "until"]).orderBy("target").execute();
  const countOf = (kind: string, state: string): number =>
    kinds.find((row) => row.kind === kind && row.state === state)?.jobs ?? 0;
  return {
    states: Object.fromEntries(states.map(({ state, jobs }) => [state, jobs])),
    kinds: Object.fromEntries(
      kinds.map(({ kind }) => [kind, { available: countOf(kind, "available"), running: countOf(kind, "running") }]),
    ),
    pauses,
  };
};

const nextJob = statement((database, { now }: Given<{ now: number }>) =>
  database
    .selectFrom("jobs")
    .select((eb) => eb.fn.min("run_at").as("at"))
    .where("state", "=", sql.lit("available"))
    .where("run_at", ">", now),
);

const nextPauseEnd = statement((database, { now }: Given<{ now: number }>) =>
  database
    .selectFrom("pauses")
    .select((eb) => eb.fn.min("until").as("at"))
    .where("until", ">", now),
);

const nextDue = async (database: Database, now: number): Promise<number | undefined> => {
  const job = await nextJob.first(database, { now });
  const pausing = await nextPauseEnd.first(database, { now });
  const due = [job?.at, pausing?.at].filter((at) => at !== undefined && at !== null);
  return due.length === 0 ? undefined : Math.min(...due);
};

const list = async (database: Database, filter: JobFilter, cursor = "0"): Promise<JobPage> => {
  const rows = await filteredJobs(database, filter)
    .selectAll()
    .where("id", ">", Number(cursor))
    .orderBy("id")
    .limit(PAGE_SIZE)
    .execute();
  return { jobs: rows.map(jobRecordOf), next: rows.length < PAGE_SIZE ? undefined : String(rows.at(-1)?.id) };
};

export const createJobStore = (database: Database, clock: Clock, commits: () => number): JobStore => {
  const at = (ref: LeaseRef) => ({ ref, now: clock.now() });
  return {
    enqueue: (tx, jobs) => enqueueJobs(tx, jobs, clock.now()),
    transaction: (work) => database.transaction().execute(work),
    claim: (options) => database.transaction().execute((tx) => claimJobs(tx, options, clock.now())),
    heartbeat: (refs, leaseMs) => heartbeat(database, refs, clock.now() + leaseMs),
    lost: (refs) => lost(database, refs),
    complete: (completions) => complete(database, completions, clock),
    retry: (ref, again) => retryJob(database, at(ref), again),
    snooze: (ref, snooze) => snoozeJob(database, at(ref), snooze),
    release: (ref) => releaseJob(database, at(ref)),
    fail: (ref, end) => failJob(database, at(ref), end),
    drop: (ref, end) => dropJob(database, at(ref), end),
    rescue: async () => {
      const rescued = await rescueJobs(database, clock.now());
      if (rescued.length > 0) await rescueCalls(database, clock.now()); // the dead worker's calls
      return rescued;
    },
    hasLeft: () => hasLeftJobs(database, clock.now()),
    expire: (limits) => expireJobs(database, limits, clock.now()),
    removeOld: () => removeOldRecords(database, clock.now()),
    cancel: (filter) => cancelJobs(database, filter, clock.now()),
    pause: (target, options) => pause(database, target, { ...options, now: clock.now() }),
    resume: async (target) => {
      await database.deleteFrom("pauses").where("target", "=", target).execute();
    },
    nextDue: () => nextDue(database, clock.now()),
    isDue: async (before) =>
      (await database
        .selectFrom("jobs")
        .select("id")
        .where("state", "=", sql.lit("available"))
        .where("run_at", "<=", before)
        .limit(1)
        .executeTakeFirst()) !== undefined,
    stats: () => stats(database),
    list: (filter, cursor) => list(database, filter, cursor),
    subscribe: (listener, signal) => void watchChanges({ database, clock, commits }, listener, signal),
  };
};

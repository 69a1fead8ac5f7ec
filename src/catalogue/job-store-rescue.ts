/** Jobs whose worker is gone, and jobs that waited too long. */
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { RouteChain } from "../jobs/job-store.ts";
import type { CircuitState } from "./enrichment-schema.ts";
import { dropJobs, failJobs } from "./job-store-ends.ts";
import type { JobRow } from "./job-store-rows.ts";
import { moveEnrichments, NO_LEASE } from "./job-store-rows.ts";
import { listOf } from "./lists.ts";
import { isOwnerDead, isOwnerOfThisHost } from "./owner.ts";
import type { CatalogueSchema } from "./schema.ts";
import { statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** The death of a worker that counts as the job's fault. */
const CRASH_LIMIT = 3;
/** Jobs ended in one transaction: other writers come in between. */
const LOT = 500;

/** Written out, not bound: only so SQLite sees that the indexes of these states fit. */
const RUNNING = sql<"running">`'running'`;
const AVAILABLE = sql<"available">`'available'`;

type Fate =
  /** Its worker died with it. */
  | "crashed"
  /** Its worker lives, and slept or was held up. */
  | "overslept"
  | "held";

const fateOf = (job: Pick<JobRow, "lease_owner" | "lease_until">, now: number): Fate => {
  const { lease_owner: owner, lease_until: until } = job;
  if (owner !== null && isOwnerDead(owner)) return "crashed";
  if (until === null || until > now) return "held";
  // Of another host nothing is known but the lease.
  return owner !== null && isOwnerOfThisHost(owner) ? "overslept" : "crashed";
};

const runningJobs = (database: Database) => database.selectFrom("jobs").where("state", "=", RUNNING);

const leasesByOwner = statement((database) =>
  runningJobs(database)
    .select((eb) => ["lease_owner", eb.fn.min("lease_until").as("lease_until")] as const)
    .groupBy("lease_owner"),
);

/** Jobs of a worker that is gone, for whoever would start one for them. */
export const hasLeftJobs = async (database: Database, now: number): Promise<boolean> =>
  (await leasesByOwner.all(database, {})).some((row) => fateOf(row, now) === "crashed");

export const rescueJobs = async (database: Database, now: number): Promise<readonly number[]> => {
  const isLeft = (row: Pick<JobRow, "lease_owner" | "lease_until">): boolean => fateOf(row, now) !== "held";
  // Asked before every claim: only a find is worth the write lock.
  const leases = await leasesByOwner.all(database, {});
  if (!leases.some(isLeft)) return [];
  return database.transaction().execute(async (tx) => {
    const left = (await runningJobs(tx).selectAll().execute()).filter(isLeft);
    const crashed = left.filter((job) => fateOf(job, now) === "crashed");
    const given = crashed.filter(({ crashes }) => crashes + 1 >= CRASH_LIMIT);
    await failJobs(tx, given, { code: "WORKER_CRASH", event: "llm_failure", state: "quarantined", now });
    await countCrashes(
      tx,
      crashed.map(({ id }) => id),
    );
    const back = left.filter((job) => !given.includes(job)).map(({ id }) => id);
    await moveEnrichments(tx, { action: "giveBack", jobs: back, now });
    await tx
      .updateTable("jobs")
      .set({ ...NO_LEASE, state: "available" })
      .where("id", "in", listOf(back))
      .execute();
    return left.map(({ id }) => id);
  });
};

const countCrashes = async (tx: Tx, ids: readonly number[]): Promise<void> => {
  await tx
    .updateTable("jobs")
    .set((eb) => ({ crashes: eb("crashes", "+", 1) }))
    .where("id", "in", listOf(ids))
    .execute();
};

export interface WaitLimits {
  readonly unavailableMs: number;
  readonly chains: readonly RouteChain[];
}

interface Waiting {
  readonly providers: ReadonlyMap<string, { readonly circuit: CircuitState; readonly since: number | null }>;
  readonly before: number;
}

const waitingJobs = (tx: Tx) => tx.selectFrom("jobs").selectAll().where("state", "=", AVAILABLE).limit(LOT);

/** Jobs that failed for want of a provider, long ago, and still would. */
const triedTooLong = async (tx: Tx, { providers, before }: Waiting): Promise<readonly JobRow[]> => {
  const away = [...providers].filter(([, { circuit }]) => circuit !== "closed").map(([key]) => key);
  return waitingJobs(tx)
    .where("first_unavailable_at", "is not", null)
    .where("first_unavailable_at", "<=", before)
    .where("provider_key", "in", listOf(away))
    .execute();
};

/** Jobs that never had a turn because every target of their route has been away. */
const queuedTooLong = async (
  tx: Tx,
  { providers, before }: Waiting,
  chains: readonly RouteChain[],
): Promise<readonly JobRow[]> => {
  const isAway = (key: string): boolean => {
    const provider = providers.get(key);
    if (provider === undefined || provider.circuit === "closed") return false;
    return provider.since !== null && provider.since <= before;
  };
  const routes = chains.filter(({ providerKeys }) => providerKeys.length > 0 && providerKeys.every(isAway));
  if (routes.length === 0) return [];
  return waitingJobs(tx)
    .where("route", "in", listOf(routes.map(({ route }) => route)))
    .where("first_unavailable_at", "is", null)
    .where("created_at", "<=", before)
    .execute();
};

const expireLot = async (tx: Tx, { unavailableMs, chains }: WaitLimits, now: number): Promise<readonly number[]> => {
  const stale = await waitingJobs(tx)
    .select("id")
    .where("expires_at", "is not", null)
    .where("expires_at", "<=", now)
    .execute();
  const staleIds = stale.map(({ id }) => id);
  await dropJobs(tx, staleIds, { code: "EXPIRED_STALE", leaves: "discarded", now });
  const rows = await tx.selectFrom("provider_state").select(["provider_key", "circuit", "unavailable_since"]).execute();
  const providers = new Map(
    rows.map(({ provider_key: key, circuit, unavailable_since: since }) => [key, { circuit, since }]),
  );
  const waiting = { providers, before: now - unavailableMs };
  const tried = await triedTooLong(tx, waiting);
  const queued = await queuedTooLong(tx, waiting, chains);
  const expired = [...tried, ...queued];
  await failJobs(tx, expired, { code: "LLM_EXPIRED", event: "llm_expiry", now });
  return [...staleIds, ...expired.map(({ id }) => id)];
};

/** Whether anything is due is asked without the write lock. */
const isAnythingDue = async (database: Database, limits: WaitLimits, now: number): Promise<boolean> => {
  const stale = await database
    .selectFrom("jobs")
    .select("id")
    .where("state", "=", AVAILABLE)
    .where("expires_at", "is not", null)
    .where("expires_at", "<=", now)
    .limit(1)
    .executeTakeFirst();
  if (stale !== undefined) return true;
  const away = await database
    .selectFrom("provider_state")
    .select("provider_key")
    .where("circuit", "<>", "closed")
    .where("unavailable_since", "<=", now - limits.unavailableMs)
    .limit(1)
    .executeTakeFirst();
  return away !== undefined;
};

export const expireJobs = async (database: Database, limits: WaitLimits, now: number): Promise<readonly number[]> => {
  if (!(await isAnythingDue(database, limits, now))) return [];
  const all: number[] = [];
  for (;;) {
    const lot = await database.transaction().execute((tx) => expireLot(tx, limits, now));
    all.push(...lot);
    if (lot.length === 0) return all;
  }
};

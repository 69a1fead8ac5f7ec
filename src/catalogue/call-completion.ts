/** What becomes of requests: booked, answered from the cache, or left behind by a process that died. */
import type { Kysely } from "kysely";
import { DAY, MINUTE } from "../clock.ts";
import { dropCached, keepResult, touchCached } from "./call-cache.ts";
import type { CacheEntry, CachedCall, CallEnd, LedgerEntry } from "./call-log.ts";
import { callRow, errorColumns, insertCall, insertLedger, ledgerRow, outcomeOf, UNKNOWN_OUTCOME } from "./call-rows.ts";
import { listOf } from "./lists.ts";
import { isOwnerDead, isOwnerOfThisHost } from "./owner.ts";
import { publicFailure } from "./public-failure.ts";
import type { CatalogueSchema } from "./schema.ts";
import { updateStatement } from "./statement.ts";
import type { Tx } from "./transaction.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** Calls in a provider's batch are answered for by the batch. */
const BATCH_OWNER = "batch:";
/** Of another host nothing is known but the time: no call takes that long. */
const FOREIGN_CALL_MS = DAY;
/** The longest a request takes that is no call. */
const REQUEST_MS = 10 * MINUTE;

export interface Ending {
  readonly callId: string;
  readonly end: CallEnd;
  readonly cache?: { readonly entry: CacheEntry; readonly onError: (error: unknown) => void } | undefined;
  readonly now: number;
}

const closeLedger = async (tx: Database, callIds: readonly string[], outcome: string): Promise<void> => {
  await tx.updateTable("privacy_ledger").set({ outcome }).where("call_id", "in", listOf(callIds)).execute();
};

const keep = async (tx: Tx, { cache, now }: Ending): Promise<void> => {
  if (cache === undefined) return;
  try {
    await keepResult(tx, cache.entry, now);
  } catch (error) {
    cache.onError(error); // the statement is undone by itself; the call is booked all the same
  }
};

const updateCall = updateStatement("llm_call_logs", ["call_id"]);
const endLedgerRow = updateStatement("privacy_ledger", ["call_id"]);

/** Part of a transaction. */
export const complete = async (tx: Tx, ending: Ending): Promise<void> => {
  const { callId, end, now } = ending;
  const { usage } = end;
  await updateCall(
    tx,
    { call_id: callId },
    {
      ...(end.model === null ? {} : { model: end.model }),
      temperature_sent: end.temperatureSent,
      input_tokens: usage?.inputTokens ?? null,
      output_tokens: usage?.outputTokens ?? null,
      cache_read_tokens: usage?.cacheReadTokens ?? null,
      cache_write_tokens: usage?.cacheWriteTokens ?? null,
      latency_ms: end.latencyMs,
      ...(end.keepsReservation ? {} : { reserved_micros: 0 }),
      cost_micros: end.costMicros,
      price_source: end.priceSource,
      stop_reason: end.stopReason,
      request_id: end.requestId,
      repaired: end.repaired ? 1 : 0,
      completed_at: now,
      ...errorColumns(end.failure),
    },
  );
  await endLedgerRow(tx, { call_id: callId }, { outcome: outcomeOf(end.failure) });
  await keep(tx, ending);
};

/** Part of a transaction. */
export const bookCached = async (
  tx: Tx,
  call: CachedCall,
  { owner, now }: { readonly owner: string; readonly now: number },
): Promise<void> => {
  await insertCall(tx, {
    ...callRow(call, { callId: createUlid(now), owner, now }),
    model: call.modelUsed,
    cached: 1,
    cost_micros: 0,
    repaired: call.repaired ? 1 : 0,
    completed_at: now,
    ...errorColumns(call.failure),
  });
  if (call.failure === null) await touchCached(tx, call.cacheKey, now);
  else await dropCached(tx, call.cacheKey);
};

export const recordRequest = async (database: Database, entry: LedgerEntry, now: number): Promise<string> => {
  const callId = createUlid(now);
  await insertLedger(database, ledgerRow(callId, entry, now));
  return callId;
};

export const endRequest = (database: Database, callId: string, outcome: string): Promise<void> =>
  closeLedger(database, [callId], outcome);

/** The call of a job whose result is still out. */
export const openCallOf = async (
  database: Database,
  jobId: number,
): Promise<{ callId: string; startedAt: number } | undefined> => {
  const row = await database
    .selectFrom("llm_call_logs")
    .select(["call_id", "started_at"])
    .where("job_id", "=", jobId)
    .where("completed_at", "is", null)
    .orderBy("started_at", "desc")
    .executeTakeFirst();
  return row === undefined ? undefined : { callId: row.call_id, startedAt: row.started_at };
};

const openCalls = (database: Database) =>
  database.selectFrom("llm_call_logs").where("completed_at", "is", null).where("owner", "not like", `${BATCH_OWNER}%`);

const isLeft = ({ owner, since }: { readonly owner: string; readonly since: number }, now: number): boolean =>
  isOwnerDead(owner) || (!isOwnerOfThisHost(owner) && since <= now - FOREIGN_CALL_MS);

/** What they may have cost stays held back. */
const leaveCalls = async (tx: Tx, owners: readonly string[], now: number): Promise<number> => {
  const calls = await openCalls(tx).select("call_id").where("owner", "in", listOf(owners)).execute();
  const callIds = calls.map(({ call_id: callId }) => callId);
  await tx
    .updateTable("llm_call_logs")
    .set({ completed_at: now, error_type: "UNKNOWN", error_message: publicFailure("WORKER_CRASH") })
    .where("call_id", "in", listOf(callIds))
    .execute();
  await closeLedger(tx, callIds, UNKNOWN_OUTCOME);
  return callIds.length;
};

/** Requests that are no calls have no owner; they are short. */
const staleRequests = (database: Database, now: number) =>
  database
    .selectFrom("privacy_ledger")
    .select("id")
    .where("outcome", "is", null)
    .where("sent_at", "<=", now - REQUEST_MS)
    .where("call_id", "not in", (eb) =>
      eb.selectFrom("llm_call_logs").select("call_id").where("completed_at", "is", null),
    );

const leaveRequests = async (tx: Tx, now: number): Promise<number> => {
  const { numUpdatedRows } = await tx
    .updateTable("privacy_ledger")
    .set({ outcome: UNKNOWN_OUTCOME })
    .where("id", "in", staleRequests(tx, now))
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
};

/** Asked often: only a find is worth the write lock. */
export const rescueCalls = async (database: Database, now: number): Promise<number> => {
  const owners = await openCalls(database)
    .select((eb) => ["owner", eb.fn.min("started_at").as("since")] as const)
    .groupBy("owner")
    .execute();
  const left = owners.filter((open) => isLeft(open, now)).map(({ owner }) => owner);
  const stale = await staleRequests(database, now).limit(1).executeTakeFirst();
  if (left.length === 0 && stale === undefined) return 0;
  return database.transaction().execute(async (tx) => {
    const calls = await leaveCalls(tx, left, now);
    return calls + (stale === undefined ? 0 : await leaveRequests(tx, now));
  });
};

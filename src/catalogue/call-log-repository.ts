/** The call log on the catalogue; call-log.ts is its contract. */
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import { admit, spentSince } from "./call-admission.ts";
import { cacheStats, clearCache, readCached } from "./call-cache.ts";
import { bookCached, complete, endRequest, openCallOf, recordRequest, rescueCalls } from "./call-completion.ts";
import type { CallLogRepository } from "./call-log.ts";
import { costRows, createMeanUsage } from "./call-reports.ts";
import { ledgerPage } from "./ledger-reports.ts";
import type { CatalogueSchema } from "./schema.ts";
import { createWriteGroup } from "./write-group.ts";

/** When so many calls are out, others are about to begin or to end, and none notices this wait. */
const MANY_CALLS = 4;
const GATHER_MS = 10;

/** @param owner of the catalogue handle: names who makes the calls */
export const createCallLogRepository = (
  database: Kysely<CatalogueSchema>,
  owner: string,
  clock: Clock,
): CallLogRepository => {
  const own = new Set<string>();
  const group = createWriteGroup(database, () => (own.size >= MANY_CALLS ? GATHER_MS : 0));
  return {
    admit: async (call, rules) => {
      const admission = await group.add((tx) => admit(tx, { call, rules, owner, now: clock.now() }));
      if (admission.admitted && rules.owner === undefined) own.add(admission.callId);
      return admission;
    },
    complete: async (callId, end, cache) => {
      own.delete(callId);
      await group.add((tx) => complete(tx, { callId, end, cache, now: clock.now() }));
    },
    openCallOf: (jobId) => openCallOf(database, jobId),
    cached: (key) => readCached(database, key, clock.now()),
    bookCached: (call) => group.add((tx) => bookCached(tx, call, { owner, now: clock.now() })),
    clearCache: () => clearCache(database),
    cacheStats: () => cacheStats(database),
    recordRequest: (entry) => recordRequest(database, entry, clock.now()),
    endRequest: (callId, outcome) => endRequest(database, callId, outcome),
    rescue: () => rescueCalls(database, clock.now()),
    meanUsage: createMeanUsage(database, clock),
    spentSince: (from) => spentSince(database, from),
    costs: (query) => costRows(database, query),
    ledger: (query) => ledgerPage(database, query),
  };
};

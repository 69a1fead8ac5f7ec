/** The call log on the catalogue; call-log.ts is its contract. */
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import { admit, spentSince } from "./call-admission.ts";
import { cacheStats, clearCache, readCached } from "./call-cache.ts";
import { bookCached, complete, endRequest, openCallOf, recordRequest, rescueCalls } from "./call-completion.ts";
import type { CallLogRepository } from "./call-log.ts";
import { costRows, meanUsage } from "./call-reports.ts";
import { ledgerPage } from "./ledger-reports.ts";
import type { CatalogueSchema } from "./schema.ts";

/** @param owner of the catalogue handle: names who makes the calls */
export const createCallLogRepository = (
  database: Kysely<CatalogueSchema>,
  owner: string,
  clock: Clock,
): CallLogRepository => ({
  admit: (call, rules) => admit(database, { call, rules, owner, now: clock.now() }),
  complete: (callId, end, cache) => complete(database, { callId, end, cache, now: clock.now() }),
  openCallOf: (jobId) => openCallOf(database, jobId),
  cached: (key) => readCached(database, key, clock.now()),
  bookCached: (call) => bookCached(database, call, { owner, now: clock.now() }),
  clearCache: () => clearCache(database),
  cacheStats: () => cacheStats(database),
  recordRequest: (entry) => recordRequest(database, entry, clock.now()),
  endRequest: (callId, outcome) => endRequest(database, callId, outcome),
  rescue: () => rescueCalls(database, clock.now()),
  meanUsage: (calls) => meanUsage(database, calls),
  spentSince: (from) => spentSince(database, from),
  costs: (query) => costRows(database, query),
  ledger: (query) => ledgerPage(database, query),
});

/**
 * The log of calls of language models, with what belongs to it: the privacy ledger, the result cache, what is spent.
 * A call is admitted in one transaction before its request leaves and booked in one after its reply, so that a crash in
 * between leaves a row that says so.
 */
import type { LlmCallLogsTable } from "./enrichment-schema.ts";
import type { FileOfPhoto } from "./photo-scope.ts";

export type PriceSource = NonNullable<LlmCallLogsTable["price_source"]>;

/** A row of the privacy ledger: one request that leaves a process. Content is not kept, only its digest. */
export interface LedgerEntry {
  /** `enrich`, `canary`, `health` or `webhook`. */
  readonly purpose: string;
  /** Content hash of the photo that is sent. */
  readonly photo?: string | undefined;
  /** Provider id, or `webhook`. */
  readonly provider: string;
  /** With its port, when it is not the usual one. */
  readonly host: string;
  readonly isLoopback: boolean;
  /** Of the picture. */
  readonly bytesSha256?: string | undefined;
  /** Of the picture. */
  readonly byteSize?: number | undefined;
  /** Of the picture, in pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Names of the data fields that are sent. */
  readonly fields: readonly string[];
}

export interface NewCall {
  readonly executionId: string;
  /** The kind; `canary` for the known-good picture. */
  readonly stepId: string;
  readonly jobId?: number | undefined;
  readonly scopeId?: string | undefined;
  readonly provider: string;
  /** As requested. */
  readonly model: string;
  /** From 1, within the attempt of a job. */
  readonly attempt: number;
  readonly promptVersion?: number | undefined;
}

/** One limit of the budget: what may be spent from a moment on. */
export interface BudgetLimit {
  /** Milliseconds UTC; null = ever. */
  readonly from: number | null;
  /** When it begins anew; null = never. */
  readonly until: number | null;
  readonly micros: number;
}

export interface AdmissionRules {
  /** Content hashes of all photos that the request tells something about. */
  readonly photos: readonly string[];
  /** Whether a photo with this file has to stay here; left out when the request stays on this machine. */
  readonly mustStay?: ((file: FileOfPhoto) => boolean) | undefined;
  /** Expected cost, held back until the reply is booked; null = no price is known. */
  readonly estimateMicros: number | null;
  readonly budget: readonly BudgetLimit[];
  /** Refuse a call without a known price while there is a limit. */
  readonly refuseUnpriced: boolean;
  /** The row of the ledger; left out when nothing leaves the process. */
  readonly ledger?: LedgerEntry | undefined;
  /** Who answers for the call; left out = this handle. */
  readonly owner?: string | undefined;
}

export type Admission =
  | { readonly admitted: true; readonly callId: string }
  | { readonly admitted: false; readonly reason: "local-only" | "unpriced" }
  /** `until`: when the limit begins anew; null = never. */
  | { readonly admitted: false; readonly reason: "budget"; readonly until: number | null };

export interface CallUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
}

export interface CallEnd {
  /** As the provider names it; null = there was no reply. */
  readonly model: string | null;
  readonly usage: CallUsage | null;
  /** Milliseconds. */
  readonly latencyMs: number | null;
  readonly temperatureSent: number | null;
  readonly stopReason: string | null;
  readonly requestId: string | null;
  readonly repaired: boolean;
  /** null = unknown. */
  readonly costMicros: number | null;
  readonly priceSource: PriceSource | null;
  /** What stays held back: the estimate of a call that may have been billed although nobody knows. */
  readonly keepsReservation: boolean;
  /** Public code and sub-code; null = the call gave a result. */
  readonly failure: { readonly code: string; readonly sub?: string | undefined } | null;
}

export interface CacheEntry {
  readonly key: string;
  readonly scopeId: string;
  readonly value: string;
  readonly model: string;
  /** null = it stays until others push it out. */
  readonly ttlMs: number | null;
  /** Most entries. */
  readonly maxSize: number;
}

export interface CachedCall extends NewCall {
  readonly cacheKey: string;
  /** As the provider named it when it answered. */
  readonly modelUsed: string;
  readonly repaired: boolean;
  readonly failure: CallEnd["failure"];
}

export interface CacheStats {
  readonly size: number;
  readonly hits: number;
  /** Calls and hits. */
  readonly requests: number;
}

/** Means of calls that were answered. */
export interface MeanUsage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A stretch of time that gets a row of its own. */
export interface CostPeriod {
  readonly key: string;
  /** Milliseconds UTC. */
  readonly from: number;
  readonly to: number;
}

export interface CostQuery {
  /** Columns rows are made by; `period` wants {@link CostQuery.periods}. */
  readonly by: "period" | "model" | "kind" | "provider" | "execution";
  /** Milliseconds UTC. */
  readonly from: number;
  readonly to: number;
  readonly periods?: readonly CostPeriod[];
}

export interface CostRow {
  readonly key: string;
  /** Requests that left; hits of photon's cache are not among them. */
  readonly calls: number;
  readonly failed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Of the calls whose price is known. */
  readonly costMicros: number;
  /** Ended calls whose price nobody knows. */
  readonly unpricedCalls: number;
  /** Held back for calls that are out or whose end nobody knows. */
  readonly reservedMicros: number;
  /** Milliseconds; null = no call has ended. */
  readonly meanLatencyMs: number | null;
  readonly p95LatencyMs: number | null;
  /** Answers out of photon's cache. */
  readonly cacheHits: number;
}

export interface LedgerQuery {
  /** Beginning of a content hash. */
  readonly photo?: string | undefined;
  /** Milliseconds UTC. */
  readonly since?: number | undefined;
  /** Where the page before this one ended. */
  readonly after?: number | undefined;
  readonly limit: number;
}

export interface LedgerRow extends LedgerEntry {
  readonly id: number;
  readonly sentAt: number;
  /** `ok`, a public code, or `unknown`; null = the request is out. */
  readonly outcome: string | null;
}

export interface CallLogRepository {
  /** Writes call log and ledger, or nothing. */
  readonly admit: (call: NewCall, rules: AdmissionRules) => Promise<Admission>;
  /** Books the reply, and keeps the result in the cache. A cache that fails is reported to `onCacheError`, not thrown. */
  readonly complete: (
    callId: string,
    end: CallEnd,
    cache?: { readonly entry: CacheEntry; readonly onError: (error: unknown) => void },
  ) => Promise<void>;
  /** The row of a call whose result is still out, by its job; for results of provider batches. */
  readonly openCallOf: (jobId: number) => Promise<{ callId: string; startedAt: number } | undefined>;
  /** What the cache holds under a key. */
  readonly cached: (key: string) => Promise<string | undefined>;
  /** Books a hit: a row without cost. An entry that gave no result is removed. */
  readonly bookCached: (call: CachedCall) => Promise<void>;
  readonly clearCache: () => Promise<number>;
  readonly cacheStats: () => Promise<CacheStats>;
  /** Writes a row of the ledger for a request that is no call; returns what to end it with. */
  readonly recordRequest: (entry: LedgerEntry) => Promise<string>;
  readonly endRequest: (callId: string, outcome: string) => Promise<void>;
  /** Marks calls of dead processes as unknown. Returns how many there were. */
  readonly rescue: () => Promise<number>;
  /** Means of the last calls of a model and kind that were answered; undefined = there are too few. */
  readonly meanUsage: (calls: { provider: string; model: string; stepId: string }) => Promise<MeanUsage | undefined>;
  /** Micro-USD spent and held back since a moment; null = ever. */
  readonly spentSince: (from: number | null) => Promise<number>;
  readonly costs: (query: CostQuery) => Promise<readonly CostRow[]>;
  /** Oldest first. */
  readonly ledger: (query: LedgerQuery) => Promise<readonly LedgerRow[]>;
}

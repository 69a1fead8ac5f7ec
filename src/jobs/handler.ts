/** What does the work of one kind of job. Wiring gives the worker a map of these: the queue knows kinds as strings. */
import type { ClaimedJob, Completion } from "./job-store.ts";

export interface JobContext {
  /** Aborts when the lease is lost, the job is cancelled or the worker stops. */
  readonly signal: AbortSignal;
  /** A new call begins: the job may run on for twice the time of a call. */
  readonly extend: () => void;
}

export interface JobResult {
  /** Writes what was found, in the transaction that ends the job; see document-repository.ts. */
  readonly write: Completion["write"];
  /** Whether the provider has answered; false for a result out of the cache. */
  readonly wasCalled: boolean;
}

/** @throws CallError or JobFailure; whatever else it throws counts as our own bug */
export type JobHandler = (job: ClaimedJob, context: JobContext) => Promise<JobResult>;

export type JobHandlers = Readonly<Record<string, JobHandler>>;

export type Health = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs?: number };

export interface ProviderTests {
  /** Asks the provider without a photo. Never rejects, except when the signal aborts. */
  readonly health: (providerKey: string, signal: AbortSignal) => Promise<Health>;
  /** Sends the built-in known-good picture; true = it was answered with a result. Left out = there is none. */
  readonly canary?: (target: CanaryTarget, signal: AbortSignal) => Promise<boolean>;
}

export interface CanaryTarget {
  readonly providerKey: string;
  readonly model: string;
  readonly kind: string;
}

/** What a canary's success is noted under: no photo has this name. */
export const CANARY_SCOPE = "canary";

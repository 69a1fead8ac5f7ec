/** Rows of the call log and of the ledger, as calls make them. */
import type { Insertable } from "kysely";
import type { CallEnd, LedgerEntry, NewCall } from "./call-log.ts";
import type { LlmCallLogsTable, PrivacyLedgerTable } from "./enrichment-schema.ts";
import { publicFailure } from "./public-failure.ts";
import { insertStatement } from "./statement.ts";

/** Of a request whose process died: it may have been answered. */
export const UNKNOWN_OUTCOME = "unknown";
const OK = "ok";

export const ledgerRow = (callId: string, entry: LedgerEntry, now: number): Insertable<PrivacyLedgerTable> => ({
  call_id: callId,
  purpose: entry.purpose,
  photo: entry.photo ?? null,
  provider: entry.provider,
  host: entry.host,
  loopback: entry.isLoopback ? 1 : 0,
  bytes_sha256: entry.bytesSha256 ?? null,
  byte_size: entry.byteSize ?? null,
  width: entry.width ?? null,
  height: entry.height ?? null,
  fields: JSON.stringify(entry.fields),
  sent_at: now,
  outcome: null,
});

/** What is known of a call before it is made. */
export const callRow = (
  call: NewCall,
  { callId, owner, now }: { readonly callId: string; readonly owner: string; readonly now: number },
): Insertable<LlmCallLogsTable> => ({
  call_id: callId,
  execution_id: call.executionId,
  step_id: call.stepId,
  job_id: call.jobId ?? null,
  scope_id: call.scopeId ?? null,
  provider: call.provider,
  model: call.model,
  model_requested: call.model,
  attempt: call.attempt,
  prompt_version: call.promptVersion ?? null,
  started_at: now,
  owner,
});

export const insertCall = insertStatement("llm_call_logs");
export const insertLedger = insertStatement("privacy_ledger");

/** Code and fixed sentence of a failure; never a provider's text. */
export const errorColumns = (failure: CallEnd["failure"]) => ({
  error_type: failure?.code ?? null,
  error_message: failure === null ? null : publicFailure(failure.code, failure.sub),
});

export const outcomeOf = (failure: CallEnd["failure"]): string => failure?.code ?? OK;

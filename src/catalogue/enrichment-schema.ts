/** Row types of enrichment; migrations/0004-enrichment.ts makes the tables. Times are milliseconds UTC. */
import type { Generated } from "kysely";

/**
 * PENDING: asked for. ENRICHING: a lease is held. READY_TO_CONFIRM: a document waits for the user. CONFIRMED: it
 * counts. FAILED: given up, see error_code. DISCARDED: the user does not want it, or the photo is gone.
 */
export type EnrichmentState = "PENDING" | "ENRICHING" | "READY_TO_CONFIRM" | "CONFIRMED" | "FAILED" | "DISCARDED";

/**
 * available: waits for its time, its provider or a worker. running: leased. submitted: in a provider's batch. The
 * others are ends.
 */
export type JobState = "available" | "running" | "submitted" | "completed" | "failed" | "cancelled" | "quarantined";

export type CircuitState = "closed" | "open" | "half_open";

export type PauseReason = "RATE_LIMITED" | "AUTH" | "QUOTA" | "CONFIG" | "BUDGET" | "USER";

export interface ExecutionsTable {
  execution_id: string;
  command: string;
  /** JSON array. */
  kinds: string;
  /** JSON object: what was asked for. */
  filter: string;
  context: Generated<string>;
  counts: Generated<string>;
  result: string | null;
  max_in_flight: number | null;
  state: "RUNNING" | "COMPLETED" | "CANCELLED";
  /** Owner of the catalogue handle that still adds jobs; null = all are there. */
  filled_by: string | null;
  started_at: number;
  completed_at: number | null;
}

export interface ExecutionItemsTable {
  execution_id: string;
  scope_id: string;
  document_type: string;
  /** Perhaps one that another execution asked for. */
  job_id: number;
}

export interface DocumentConfirmationsTable {
  document_id: string;
  confirmed_at: number;
}

export interface AutoKindsTable {
  kind: string;
  since: number;
}

/** Append-only: a trigger refuses updates. */
export interface DocumentsTable {
  seq: Generated<number>;
  document_id: string;
  document_type: string;
  scope_id: string;
  /** From 1, without gaps, per scope and document type. */
  version: number;
  /** JSON object, or Markdown text of a kind that gives it. */
  content: string;
  metadata: Generated<string>;
  created_at: number;
  created_by_step: string;
  execution_id: string;
  prompt_version: number;
  prompt_hash: string;
  model: string;
}

export interface EnrichmentsTable {
  scope_id: string;
  document_type: string;
  kind: string;
  state: EnrichmentState;
  lease_ref: string | null;
  /** The newest result, confirmed or not. */
  document_id: string | null;
  /** The newest result that somebody confirmed: what readers see as long as there is one. */
  confirmed_document_id: string | null;
  error_code: string | null;
  /** Code and a fixed sentence; never a provider's text. */
  enrichment_error: string | null;
  llm_processed_at: number | null;
  llm_model_used: string | null;
  updated_at: number;
}

export interface JobsTable {
  id: Generated<number>;
  kind: string;
  scope_id: string;
  document_type: string;
  route: string;
  /** Of the last claim. */
  provider_key: string | null;
  /** JSON object of keys; never content. */
  payload: Generated<string>;
  user_id: number;
  execution_id: string;
  state: Generated<JobState>;
  priority: Generated<number>;
  run_at: number;
  /** The four counters never share a limit. */
  attempts_invalid: Generated<number>;
  snoozes: Generated<number>;
  crashes: Generated<number>;
  isolated: Generated<number>;
  first_unavailable_at: number | null;
  last_unavailable_at: number | null;
  lease_owner: string | null;
  /** Goes up with each claim: a late worker fails on it. */
  lease_token: Generated<number>;
  lease_until: number | null;
  batch_id: string | null;
  created_at: number;
  /** Interactive jobs only. */
  expires_at: number | null;
  finished_at: number | null;
  error_code: string | null;
  sub_code: string | null;
}

export interface ProviderStateTable {
  provider_key: string;
  circuit: Generated<CircuitState>;
  unavailable_since: number | null;
  next_probe_at: number | null;
  probe_delay_ms: Generated<number>;
  probe_owner: string | null;
  probe_until: number | null;
  /** Calls allowed at a time, over all processes. */
  concurrency: number;
  success_streak: Generated<number>;
  config_fingerprint: string;
  last_success_at: number | null;
}

export interface ProviderSuccessesTable {
  provider_key: string;
  model: string;
  kind: string;
  scope_id: string;
  at: number;
}

export interface PausesTable {
  /** `all`, `provider:<provider key>`, `model:<provider key>/<model>` or `kind:<kind>`. */
  target: string;
  reason: PauseReason;
  /** null = until somebody resumes it. */
  until: number | null;
  since: number;
}

export interface WorkersTable {
  owner: string;
  role: string;
  /** JSON array. */
  routes: string;
  seen_at: number;
}

export interface LlmBatchesTable {
  batch_id: string;
  provider_key: string;
  model: string;
  external_id: string | null;
  /** Catalogue handle that makes it. */
  owner: string;
  /** When the upload began; null = nothing has left yet. */
  sent_at: number | null;
  state: "CREATING" | "SUBMITTED" | "COLLECTING" | "DONE" | "LOST";
  created_at: number;
  expires_at: number;
}

export interface LlmCallLogsTable {
  call_id: string;
  execution_id: string;
  step_id: string;
  job_id: number | null;
  scope_id: string | null;
  provider: string;
  model: string;
  model_requested: string;
  attempt: number;
  prompt_version: number | null;
  temperature_sent: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  latency_ms: number | null;
  cached: Generated<number>;
  /** Micro-USD held back from the budget until the reply is booked. */
  reserved_micros: Generated<number>;
  /** Micro-USD; null = unknown, which is not 0. */
  cost_micros: number | null;
  price_source: "reported" | "exact" | "approximate" | "config" | "local" | "unknown" | null;
  stop_reason: string | null;
  request_id: string | null;
  repaired: Generated<number>;
  started_at: number;
  completed_at: number | null;
  /** Public code; `UNKNOWN` when the process that made the call died. */
  error_type: string | null;
  error_message: string | null;
  /** Who makes the call: the owner of a catalogue handle, or `batch:<batch id>`. */
  owner: string;
}

/** Kept by triggers on the call log; outlives its rows. */
export interface LlmSpendingTable {
  /** Milliseconds UTC of the calls' start, divided by 900,000. */
  quarter_hour: number;
  /** Micro-USD spent and held back. */
  micros: number;
}

/** A view, to be read only: the log with its costs in USD. */
export interface LlmCallsView extends LlmCallLogsTable {
  cost_usd: number | null;
}

export interface LlmCacheTable {
  key: string;
  scope_id: string;
  value: string;
  model: string;
  created_at: number;
  last_used_at: number;
  expires_at: number | null;
}

export interface PrivacyLedgerTable {
  id: Generated<number>;
  call_id: string;
  purpose: string;
  photo: string | null;
  provider: string;
  host: string;
  loopback: number;
  bytes_sha256: string | null;
  byte_size: number | null;
  width: number | null;
  height: number | null;
  /** JSON array of field names. */
  fields: Generated<string>;
  sent_at: number;
  outcome: string | null;
}

/** A mail or request that was handed in; see subject-repository.ts. */
export interface SubjectTextsTable {
  scope_id: string;
  /** JSON object. */
  content: string;
  created_at: number;
}

export interface AlbumsTable {
  album_id: string;
  /** Unlike any other, whatever the case. */
  name: string;
  /** manual: people fill it. watch: the live album of a watch. */
  kind: "manual" | "watch";
  /** What the watch looks for. */
  query: string | null;
  /** JSON object, the document of `photo_story`. */
  photo_profile: string | null;
  created_at: number;
}

export interface AlbumPhotosTable {
  album_id: string;
  content_hash: string;
  /** Document that proposed the photo; null = a person put it in. */
  document_id: string | null;
  added_at: number;
}

export interface WatchesTable {
  id: Generated<number>;
  name: string;
  query: string;
  /** Album that matching photos are proposed for, beside the watch's own. */
  album_id: string | null;
  threshold: Generated<number>;
  auto_add: Generated<number>;
  active: Generated<number>;
  created_at: number;
  /** Absolute; null = the whole library. */
  folder: string | null;
}

export interface CalendarEventsTable {
  id: string;
  scope_id: string;
  document_id: string | null;
  ordinal: number;
  title: string;
  /** ISO 8601, local time. */
  starts_at: string;
  ends_at: string | null;
  /** IANA name. */
  timezone: string | null;
  all_day: number;
  location: string | null;
  source_quote: string | null;
  note: Generated<string | null>;
  confidence: number;
  exported_at: number | null;
  created_at: number;
  state: DecisionState;
}

export interface CalendarEventPhotosTable {
  event_id: string;
  content_hash: string;
}

/** PENDING: waits for a person. */
export type DecisionState = "PENDING" | "CONFIRMED" | "DISCARDED";

/** What follows from a request in words, and waits for a yes. */
export interface ProposalsTable {
  proposal_id: string;
  /** `req:<ulid>` */
  request_id: string;
  /** JSON object, a ProposedAction of enrichment/intent-mapping.ts. */
  action: string;
  state: DecisionState;
  created_at: number;
  decided_at: number | null;
}

export interface EventsTable {
  id: Generated<number>;
  user_id: number;
  message_type: string;
  /** JSON object. */
  content: string;
  created_at: number;
  delivered_at: number | null;
}

export interface EventCursorsTable {
  consumer: string;
  last_id: number;
}

export interface EnrichmentSchema {
  executions: ExecutionsTable;
  execution_items: ExecutionItemsTable;
  document_confirmations: DocumentConfirmationsTable;
  auto_kinds: AutoKindsTable;
  documents: DocumentsTable;
  enrichments: EnrichmentsTable;
  jobs: JobsTable;
  provider_state: ProviderStateTable;
  provider_successes: ProviderSuccessesTable;
  pauses: PausesTable;
  workers: WorkersTable;
  subject_texts: SubjectTextsTable;
  llm_batches: LlmBatchesTable;
  llm_call_logs: LlmCallLogsTable;
  llm_calls: LlmCallsView;
  llm_spending: LlmSpendingTable;
  llm_cache: LlmCacheTable;
  privacy_ledger: PrivacyLedgerTable;
  albums: AlbumsTable;
  album_photos: AlbumPhotosTable;
  watches: WatchesTable;
  calendar_events: CalendarEventsTable;
  calendar_event_photos: CalendarEventPhotosTable;
  proposals: ProposalsTable;
  events: EventsTable;
  event_cursors: EventCursorsTable;
}

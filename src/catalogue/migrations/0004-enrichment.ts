/** Enrichment: documents and their states, the job queue, providers, call log, privacy ledger, events. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

export const up = async (database: Kysely<unknown>): Promise<void> => {
  for (const statement of [...documents, ...queue, ...providers, ...calls, ...outcomes, ...readModel, ...removal]) {
    await sql.raw(statement).execute(database);
  }
};

const documents = [
  `create table executions (
    execution_id text primary key, command text not null, kinds text not null, filter text not null,
    context text not null default '{}', counts text not null default '{}', result text, max_in_flight integer,
    state text not null check (state in ('RUNNING', 'COMPLETED', 'CANCELLED')), filled_by text,
    started_at integer not null, completed_at integer) strict`,
  `create index executions_running on executions (state) where state = 'RUNNING'`,
  // What an execution waits for; the job may be one that another execution asked for before.
  `create table execution_items (
    execution_id text not null references executions on delete cascade, scope_id text not null,
    document_type text not null, job_id integer not null,
    primary key (execution_id, scope_id, document_type)) strict, without rowid`,
  `create table documents (
    seq integer primary key autoincrement, document_id text not null unique, document_type text not null,
    scope_id text not null, version integer not null default 1, content text not null,
    metadata text not null default '{}', created_at integer not null, created_by_step text not null,
    execution_id text not null references executions, prompt_version integer not null, prompt_hash text not null,
    model text not null, unique (scope_id, document_type, version)) strict`,
  `create trigger documents_append_only before update on documents begin
    select raise(abort, 'documents are append-only'); end`,
  `create table enrichments (
    scope_id text not null, document_type text not null, kind text not null,
    state text not null check (
      state in ('PENDING', 'ENRICHING', 'READY_TO_CONFIRM', 'CONFIRMED', 'FAILED', 'DISCARDED')),
    lease_ref text, document_id text references documents (document_id) on delete set null,
    confirmed_document_id text references documents (document_id) on delete set null,
    error_code text, enrichment_error text check (length(enrichment_error) <= 500),
    llm_processed_at integer, llm_model_used text check (length(llm_model_used) <= 100), updated_at integer not null,
    primary key (scope_id, document_type)) strict, without rowid`,
  `create index enrichments_state on enrichments (state, kind)`,
  `create index enrichments_document on enrichments (document_id)`,
  `create index enrichments_confirmed on enrichments (confirmed_document_id)`,
  `create index documents_execution on documents (execution_id)`,
  // Which versions somebody confirmed: what an execution replaced can be brought back as it was.
  `create table document_confirmations (
    document_id text primary key references documents (document_id) on delete cascade,
    confirmed_at integer not null) strict, without rowid`,
];

const queue = [
  `create table jobs (
    id integer primary key autoincrement, kind text not null, scope_id text not null, document_type text not null,
    route text not null, provider_key text, payload text not null default '{}', user_id integer not null,
    execution_id text not null,
    state text not null default 'available' check (
      state in ('available', 'running', 'submitted', 'completed', 'failed', 'cancelled', 'quarantined')),
    priority integer not null default 0, run_at integer not null,
    attempts_invalid integer not null default 0, snoozes integer not null default 0,
    crashes integer not null default 0, isolated integer not null default 0,
    first_unavailable_at integer, last_unavailable_at integer,
    lease_owner text, lease_token integer not null default 0, lease_until integer, batch_id text,
    created_at integer not null, expires_at integer, finished_at integer, error_code text, sub_code text) strict`,
  `create unique index jobs_live on jobs (scope_id, document_type)
    where state in ('available', 'running', 'submitted')`,
  `create index jobs_claim on jobs (kind, route, priority desc, run_at, id) where state = 'available'`,
  `create index jobs_due on jobs (run_at) where state = 'available'`,
  `create index jobs_lease on jobs (lease_until) where state = 'running'`,
  `create index jobs_in_flight on jobs (provider_key) where state = 'running'`,
  `create index jobs_expiring on jobs (expires_at) where state = 'available' and expires_at is not null`,
  `create index jobs_unavailable on jobs (first_unavailable_at)
    where state = 'available' and first_unavailable_at is not null`,
  `create index jobs_scope on jobs (scope_id)`,
  `create index jobs_finished on jobs (finished_at) where finished_at is not null`,
  `create index jobs_batch on jobs (batch_id) where batch_id is not null`,
  // Kinds that are made without being asked for, and for photos from when on.
  `create table auto_kinds (kind text primary key, since integer not null) strict, without rowid`,
];

const providers = [
  `create table provider_state (
    provider_key text primary key,
    circuit text not null default 'closed' check (circuit in ('closed', 'open', 'half_open')),
    unavailable_since integer, next_probe_at integer, probe_delay_ms integer not null default 5000,
    probe_owner text, probe_until integer, concurrency integer not null, success_streak integer not null default 0,
    config_fingerprint text not null, last_success_at integer) strict, without rowid`,
  // The last success per model and kind: what tells a bad photo from a bad provider.
  `create table provider_successes (
    provider_key text not null, model text not null, kind text not null, scope_id text not null, at integer not null,
    primary key (provider_key, model, kind)) strict, without rowid`,
  `create table pauses (
    target text primary key,
    reason text not null check (reason in ('RATE_LIMITED', 'AUTH', 'QUOTA', 'CONFIG', 'BUDGET', 'USER')),
    until integer, since integer not null) strict, without rowid`,
  `create table workers (
    owner text primary key, role text not null, routes text not null, seen_at integer not null)
    strict, without rowid`,
  `create table llm_batches (
    batch_id text primary key, provider_key text not null, model text not null, external_id text,
    owner text not null, sent_at integer,
    state text not null check (state in ('CREATING', 'SUBMITTED', 'COLLECTING', 'DONE', 'LOST')),
    created_at integer not null, expires_at integer not null) strict, without rowid`,
];

const calls = [
  `create table llm_call_logs (
    call_id text primary key, execution_id text not null, step_id text not null, job_id integer, scope_id text,
    provider text not null, model text not null, model_requested text not null, attempt integer not null,
    prompt_version integer, temperature_sent real, input_tokens integer, output_tokens integer,
    cache_read_tokens integer, cache_write_tokens integer, latency_ms real, cached integer not null default 0,
    reserved_micros integer not null default 0, cost_micros integer,
    price_source text check (price_source in ('reported', 'exact', 'approximate', 'config', 'local', 'unknown')),
    stop_reason text, request_id text, repaired integer not null default 0, started_at integer not null,
    completed_at integer, error_type text, error_message text, owner text not null) strict`,
  `create index llm_calls_time on llm_call_logs (started_at)`,
  `create index llm_calls_model on llm_call_logs (provider, model, completed_at)`,
  `create index llm_calls_execution on llm_call_logs (execution_id)`,
  `create index llm_calls_mean on llm_call_logs (provider, model_requested, step_id, completed_at)
    where output_tokens is not null`,
  `create index llm_calls_open on llm_call_logs (owner, started_at) where completed_at is null`,
  `create index llm_calls_job on llm_call_logs (job_id) where completed_at is null and job_id is not null`,
  // What a budget has left is asked before each call: sums by quarter of an hour, which every time zone keeps to.
  `create table llm_spending (quarter_hour integer primary key, micros integer not null) strict`,
  `create trigger llm_call_begun after insert on llm_call_logs
    when new.reserved_micros + coalesce(new.cost_micros, 0) <> 0 begin
    insert into llm_spending (quarter_hour, micros)
      values (new.started_at / 900000, new.reserved_micros + coalesce(new.cost_micros, 0))
      on conflict (quarter_hour) do update set micros = micros + excluded.micros; end`,
  `create trigger llm_call_ended after update of reserved_micros, cost_micros on llm_call_logs begin
    insert into llm_spending (quarter_hour, micros) values (new.started_at / 900000,
        new.reserved_micros + coalesce(new.cost_micros, 0) - old.reserved_micros - coalesce(old.cost_micros, 0))
      on conflict (quarter_hour) do update set micros = micros + excluded.micros; end`,
  `create view llm_calls as
    select *, round(cost_micros / 1000000.0, 6) as cost_usd from llm_call_logs`,
  `create table llm_cache (
    key text primary key, scope_id text not null, value text not null, model text not null,
    created_at integer not null, last_used_at integer not null, expires_at integer) strict, without rowid`,
  `create index llm_cache_lru on llm_cache (last_used_at)`,
  `create index llm_cache_scope on llm_cache (scope_id)`,
  `create table privacy_ledger (
    id integer primary key autoincrement, call_id text not null, purpose text not null, photo text,
    provider text not null, host text not null, loopback integer not null, bytes_sha256 text, byte_size integer,
    width integer, height integer, fields text not null default '[]', sent_at integer not null, outcome text) strict`,
  `create index privacy_photo on privacy_ledger (photo, sent_at)`,
  `create index privacy_call on privacy_ledger (call_id)`,
  `create index privacy_time on privacy_ledger (sent_at)`,
  `create index privacy_open on privacy_ledger (sent_at) where outcome is null`,
];

const outcomes = [
  // Mails and requests: what jobs about them read.
  `create table subject_texts (
    scope_id text primary key, content text not null, created_at integer not null) strict, without rowid`,
  `create table albums (
    album_id text primary key, name text not null unique collate nocase,
    kind text not null check (kind in ('manual', 'watch')), query text, photo_profile text,
    created_at integer not null) strict, without rowid`,
  // document_id: the document that proposed the photo; null = a person put it in.
  `create table album_photos (
    album_id text not null references albums on delete cascade,
    content_hash text not null references photos on delete cascade,
    document_id text, added_at integer not null, primary key (album_id, content_hash)) strict, without rowid`,
  `create index album_photos_photo on album_photos (content_hash)`,
  // autoincrement: documents name watches by their ids, so an id is never given again.
  `create table watches (
    id integer primary key autoincrement, name text not null unique collate nocase, query text not null,
    album_id text references albums on delete set null,
    threshold real not null default 0.7, auto_add integer not null default 0, active integer not null default 1,
    created_at integer not null) strict`,
  `create table calendar_events (
    id text primary key, scope_id text not null, document_id text, ordinal integer not null, title text not null,
    starts_at text not null, ends_at text, timezone text, all_day integer not null, location text, source_quote text,
    note text, confidence real not null, exported_at integer, created_at integer not null,
    state text not null check (state in ('PENDING', 'CONFIRMED', 'DISCARDED')), unique (document_id, ordinal)) strict`,
  `create table calendar_event_photos (
    event_id text not null references calendar_events on delete cascade,
    content_hash text not null references photos on delete cascade,
    primary key (event_id, content_hash)) strict, without rowid`,
  `create index calendar_event_photos_photo on calendar_event_photos (content_hash)`,
  `create table proposals (
    proposal_id text primary key, request_id text not null, action text not null,
    state text not null check (state in ('PENDING', 'CONFIRMED', 'DISCARDED')),
    created_at integer not null, decided_at integer) strict, without rowid`,
  `create index proposals_state on proposals (state)`,
  `create index calendar_events_scope on calendar_events (scope_id)`,
  `create table events (
    id integer primary key autoincrement, user_id integer not null, message_type text not null, content text not null,
    created_at integer not null, delivered_at integer) strict`,
  `create table event_cursors (consumer text primary key, last_id integer not null) strict, without rowid`,
];

/** What readers see of a photo's documents. `title` of photos is the file's own: the model's is `llm_title`. */
const readModel = [
  "alter table photos add column llm_title text",
  "alter table photos add column llm_summary text",
  "alter table photos add column enriched_description text",
  "alter table photos add column photo_profile text",
  "alter table photos add column translations text",
  "alter table photos add column source_type text",
  "alter table photos add column llm_processed_at integer",
  "alter table photos add column llm_model_used text check (length(llm_model_used) <= 100)",
  "create index photos_llm_processed on photos (llm_processed_at) where llm_processed_at is not null",
  "create index photos_described on photos (content_hash) where enriched_description is not null",
  "create index photos_profiled on photos (content_hash) where photo_profile is not null",
];

/** A photo that leaves the library takes everything made from it along; what was sent stays in the ledger. */
const removal = [
  `create trigger photos_removed after delete on photos begin
    delete from jobs where scope_id = old.content_hash;
    delete from calendar_events where scope_id = old.content_hash;
    delete from enrichments where scope_id = old.content_hash;
    delete from documents where scope_id = old.content_hash;
    delete from llm_cache where scope_id = old.content_hash; end`,
  `create trigger albums_removed after delete on albums begin
    delete from jobs where scope_id = 'album:' || old.album_id;
    delete from enrichments where scope_id = 'album:' || old.album_id;
    delete from documents where scope_id = 'album:' || old.album_id;
    delete from llm_cache where scope_id = 'album:' || old.album_id; end`,
];

/** What is under review as plain objects. Names of stored fields are people's and models': they are printed as they are. */
import type { Done } from "../../app/enrichment/carry-out.ts";
import type { Decided } from "../../app/enrichment/review-decisions.ts";
import type { ReviewList, ReviewResult, ReviewTarget } from "../../app/enrichment/review-items.ts";
import type { CalendarEvent } from "../../catalogue/calendar-repository.ts";
import type { StoredDocument } from "../../catalogue/document-repository.ts";
import type { Proposal } from "../../catalogue/proposal-repository.ts";

type Json = Readonly<Record<string, unknown>>;

/** Two blanks of indent, names unchanged. */
export const printedJson = (value: unknown): string => JSON.stringify(value, undefined, 2);

const isoTime = (ms: number): string => new Date(ms).toISOString();

const eventJson = (event: CalendarEvent): Json => ({
  id: event.id,
  title: event.title,
  starts_at: event.startsAt,
  ends_at: event.endsAt,
  timezone: event.timezone,
  all_day: event.allDay,
  location: event.location,
  note: event.note,
  source_quote: event.sourceQuote,
  confidence: event.confidence,
  state: event.state,
  ...(event.documentId === undefined ? { photos: event.photos } : {}),
});

const proposalJson = ({ id, action, state, createdAt }: Proposal): Json => ({
  id,
  state,
  created_at: isoTime(createdAt),
  ...action,
});

export const resultJson = (result: ReviewResult): Json => ({
  id: result.id,
  scope_id: result.scopeId,
  document_type: result.documentType,
  kind: result.kind,
  state: result.state,
  version: result.version,
  model: result.model,
  error_code: result.code,
  updated_at: isoTime(result.updatedAt),
  path: result.path,
  content: result.content,
  ...(result.events.length === 0 ? {} : { events: result.events.map(eventJson) }),
});

/** Where the next page begins. */
export const cursorOf = ({ next }: ReviewList): string | undefined =>
  next === undefined ? undefined : `${next.scopeId}/${next.documentType}`;

export const listJson = (list: ReviewList): Json => ({
  results: list.results.map(resultJson),
  events: list.events.map(eventJson),
  proposals: list.proposals.map(proposalJson),
  next_cursor: cursorOf(list),
});

export const targetJson = (shown: ReviewResult | Exclude<ReviewTarget, { type: "result" }>): Json => {
  if (!("type" in shown)) return resultJson(shown);
  return shown.type === "event" ? eventJson(shown.event) : proposalJson(shown.proposal);
};

export const versionJson = (document: StoredDocument): Json => ({
  id: document.documentId,
  version: document.version,
  created_at: isoTime(document.createdAt),
  created_by_step: document.createdByStep,
  model: document.model,
  prompt_version: document.promptVersion,
  execution_id: document.executionId,
  content: JSON.parse(document.content) as unknown, // written as JSON
});

const doneJson = (done: Done): Json => {
  switch (done.done) {
    case "album":
      return { done: "album", album_id: done.albumId, name: done.name, photos: done.photos };
    case "watch":
      return { done: "watch", watch_id: done.watchId, name: done.name };
    case "tags":
    case "caption":
      return done;
    default:
      return done satisfies never;
  }
};

export const decidedJson = ({ id, about, done, error }: Decided): Json => ({
  id,
  about,
  ...(done === undefined ? {} : { result: doneJson(done) }),
  ...(error === undefined ? {} : { error }),
});

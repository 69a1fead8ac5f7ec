/** What a document changes in the catalogue, as data: kinds say it, the completion transaction writes it. */

/** Columns of a photo that readers see; null = the document says there is none. */
export interface PhotoReading {
  readonly title?: string;
  readonly description?: string;
  readonly enrichedDescription?: string;
  readonly sourceType?: string;
}

export interface CalendarEntry {
  /** Position among the events of its document, from 0. */
  readonly ordinal: number;
  readonly title: string;
  /** ISO local: `2026-03-04T09:30`, or a date when all day. */
  readonly startsAt: string;
  readonly endsAt: string | null;
  /** IANA name; null = floating time. */
  readonly timezone: string | null;
  readonly allDay: boolean;
  readonly location: string | null;
  readonly sourceQuote: string;
  /** 0..1 */
  readonly confidence: number;
}

/** Types of the outbox that a document can send. */
export type ResultMessage =
  | "llm_image_tag_result"
  | "llm_caption_clean_result"
  | "llm_photo_story_result"
  | "llm_translate_result"
  | "llm_task_match_result"
  | "event_confirmation"
  | "llm_intent_result"
  | "llm_followup_result"
  | "llm_custom_result";

/**
 * Readers show the newest confirmed document, else the newest unconfirmed one: where one is confirmed, the writer leaves
 * these out until the next is confirmed, too.
 */
export type ReadModelChange =
  | { readonly change: "set-photo-reading"; readonly reading: PhotoReading }
  /** Replaces the tags of source `llm`; tags of people and of other sources stay. */
  | { readonly change: "replace-llm-tags"; readonly tags: readonly string[] }
  /** Of a photo or an album, whichever the scope is. */
  | { readonly change: "set-profile"; readonly profile: Readonly<Record<string, unknown>> }
  | {
      readonly change: "set-translation";
      readonly language: string;
      readonly fields: Readonly<Record<string, string>>;
    };

export type Change =
  | ReadModelChange
  /** Rows of state PENDING. */
  | { readonly change: "propose-calendar-entries"; readonly entries: readonly CalendarEntry[] }
  /** These rows become CONFIRMED and are written as calendar files. */
  | { readonly change: "confirm-calendar-entries"; readonly ordinals: readonly number[] }
  /** The photo joins the live album of the watch itself. */
  | { readonly change: "join-watch"; readonly watchId: number }
  | { readonly change: "join-album"; readonly albumId: string }
  /** The writer adds scope, document and state to the content. */
  | {
      readonly change: "send-event";
      readonly messageType: ResultMessage;
      readonly content: Readonly<Record<string, unknown>>;
    };

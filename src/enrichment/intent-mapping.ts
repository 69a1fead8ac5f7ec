/** What follows from an intent: decided here, not by the model. Everything but a search waits for a person's yes. */
import type { IntentContent } from "./kinds/intent.ts";

export interface SearchFilters {
  /** ISO dates. */
  readonly takenFrom?: string;
  readonly takenTo?: string;
  readonly tags?: readonly string[];
  readonly folder?: string;
  readonly sourceType?: string;
}

export interface SearchAction {
  readonly action: "search";
  /** Empty = filters alone. */
  readonly query: string;
  readonly filters: SearchFilters;
}

/** What has to be known before the action can be proposed. */
export type MissingSlot = "intent" | "query" | "when" | "target" | "note" | "photos";

export type ProposedAction =
  /** A pending calendar event with the photos linked. */
  | {
      readonly action: "propose-reminder";
      readonly title: string;
      /** ISO local; a date alone = all day. */
      readonly startsAt: string;
      readonly timeZone: string;
      readonly note: string | null;
      readonly photos: readonly string[];
    }
  /** Of the photos selected, else of those the search finds. */
  | {
      readonly action: "propose-album";
      readonly title: string;
      readonly photos: readonly string[];
      readonly search: SearchAction | null;
    }
  | { readonly action: "propose-watch"; readonly query: string }
  | { readonly action: "propose-tags"; readonly photos: readonly string[]; readonly tags: readonly string[] }
  | { readonly action: "propose-caption"; readonly photos: readonly string[]; readonly text: string };

export type IntentAction =
  | SearchAction
  | ProposedAction
  /** Nothing can be done yet: the kind `followup` asks for what is missing. */
  | { readonly action: "ask"; readonly missing: readonly MissingSlot[] };

export interface IntentScope {
  /** Content hashes of the photos the request is about. */
  readonly photos: readonly string[];
  /** The asker's, IANA. */
  readonly timeZone: string;
}

const ask = (...missing: readonly MissingSlot[]): IntentAction => ({ action: "ask", missing });

const isBlank = (text: string | null): text is null | "" => text === null || text.trim() === "";

const filtersOf = ({ filters }: IntentContent): SearchFilters => ({
  ...(isBlank(filters.taken_from) ? {} : { takenFrom: filters.taken_from }),
  ...(isBlank(filters.taken_to) ? {} : { takenTo: filters.taken_to }),
  ...(filters.tags === null || filters.tags.length === 0 ? {} : { tags: filters.tags }),
  ...(isBlank(filters.folder) ? {} : { folder: filters.folder }),
  ...(isBlank(filters.source_type) ? {} : { sourceType: filters.source_type }),
});

const searchOf = (content: IntentContent): SearchAction | null => {
  const filters = filtersOf(content);
  const query = content.query ?? "";
  return query.trim() === "" && Object.keys(filters).length === 0 ? null : { action: "search", query, filters };
};

const reminder = ({ when, title, query, note }: IntentContent, { photos, timeZone }: IntentScope): IntentAction =>
  isBlank(when)
    ? ask("when")
    : {
        action: "propose-reminder",
        title: [title, query, note].find((text) => !isBlank(text)) ?? "Reminder",
        startsAt: when,
        timeZone,
        note,
        photos,
      };

/** Tags for selected photos, else an album when it has a name, else a watch for what is described. */
const task = (content: IntentContent, { photos }: IntentScope): IntentAction => {
  const { title, query, filters } = content;
  if (photos.length > 0 && filters.tags !== null && filters.tags.length > 0) {
    return { action: "propose-tags", photos, tags: filters.tags };
  }
  const search = searchOf(content);
  if (!isBlank(title) && (photos.length > 0 || search !== null)) {
    return { action: "propose-album", title, photos, search: photos.length > 0 ? null : search };
  }
  return isBlank(query) ? ask("target") : { action: "propose-watch", query };
};

const note = ({ note: text }: IntentContent, { photos }: IntentScope): IntentAction => {
  const missing: MissingSlot[] = [];
  if (photos.length === 0) missing.push("photos");
  if (isBlank(text)) missing.push("note");
  return isBlank(text) || photos.length === 0 ? ask(...missing) : { action: "propose-caption", photos, text };
};

export const mapIntent = (content: IntentContent, scope: IntentScope): IntentAction => {
  switch (content.intent) {
    case "search":
      return searchOf(content) ?? ask("query");
    case "reminder":
      return reminder(content, scope);
    case "task":
      return task(content, scope);
    case "general_note":
      return note(content, scope);
    case "ambiguous":
      return ask("intent");
    default:
      return content.intent satisfies never;
  }
};

export const needsConfirmation = ({ action }: IntentAction): boolean => action !== "search" && action !== "ask";

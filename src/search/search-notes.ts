/** Sentences that go with an answer: why it is empty, what it leaves out, what to try. */
import { absentModelHint, absentModelText } from "./absent-model.ts";
import type { EmptyReason, LibraryCounts, SearchReply, SearchRequest } from "./types.ts";

type Facts = Pick<SearchReply, "match" | "mode" | "hits" | "total" | "undatedExcluded" | "model">;

interface ListFacts extends Facts {
  /** Hits in the list, on this page or another. */
  readonly listed: number;
  /** Photos in the index, whatever the filters; need not be exact when some pass them. */
  readonly indexed: number;
}

interface SearchFacts extends ListFacts {
  readonly request: SearchRequest;
  /** The library has a model, used or not. */
  readonly hasModel: boolean;
  /** It has one, whose files are gone. */
  readonly absentModel: string | undefined;
}

const photos = (count: number): string => (count === 1 ? "1 photo" : `${count} photos`);

/** Why a reply has no hit, as far as the library and its filters are the reason. */
const libraryReason = ({ total, indexed }: ListFacts, { isEmpty, pending }: LibraryCounts): EmptyReason | undefined => {
  if (isEmpty && pending === 0) return "no-photos";
  if (total === 0 && indexed > 0) return "filters";
  if (indexed === 0 && pending === 0) return "no-index";
  return undefined;
};

/** Of a reply without hits. */
export const emptyReason = (facts: ListFacts, counts: LibraryCounts): EmptyReason => {
  const reason = libraryReason(facts, counts);
  if (reason !== undefined) return reason;
  if (facts.total === 0) return "no-photos"; // all of them are still pending
  if (facts.listed > 0) return "page";
  return facts.match === "none" ? "no-match" : "min-score";
};

const LIBRARY_NOTES: Partial<Readonly<Record<EmptyReason, string>>> = {
  "no-photos": 'This library holds no photos yet; "photon process <folder>" adds some.',
  filters: "No photo passes the filters; leave one out or widen it.",
  "no-index": 'The search index is missing; "photon index rebuild" makes it anew without reading a photo.',
};

const libraryNotes = (facts: ListFacts, counts: LibraryCounts): readonly string[] => {
  const reason = libraryReason(facts, counts);
  const note = reason === undefined ? undefined : LIBRARY_NOTES[reason];
  return note === undefined ? [] : [note];
};

const pageNotes = ({ hits, listed }: ListFacts): readonly string[] =>
  hits.length === 0 && listed > 0 ? [`There is no such page: the list ends after ${photos(listed)}.`] : [];

const leftOutNotes = ({ undatedExcluded }: Facts, { pending }: LibraryCounts): readonly string[] => [
  ...(undatedExcluded > 0
    ? [
        `${photos(undatedExcluded)} without a capture time ${undatedExcluded === 1 ? "is" : "are"} left out by the dates.`,
      ]
    : []),
  ...(pending > 0 ? [`${pending} files or changes are not searchable yet, so this answer may be incomplete.`] : []),
];

export const browseNotes = (facts: ListFacts, counts: LibraryCounts): readonly string[] => [
  ...libraryNotes(facts, counts),
  ...pageNotes(facts),
  ...leftOutNotes(facts, counts),
];

const matchNotes = ({ match, total, request, listed }: SearchFacts): readonly string[] => {
  if (total === 0) return [];
  if (match === "none") {
    return [
      request.includeWeak === true
        ? "Nothing in this library matches; these photos are only the least unlike."
        : `Nothing in this library matches (${photos(total)} searched). Try other words, fewer filters, or ask for weak matches too.`,
    ];
  }
  if (listed === 0 && request.minScore !== undefined) {
    return [`No match reaches the minimum score of ${request.minScore}.`];
  }
  return match === "weak" ? ["Only weak matches: nothing fits the query well."] : [];
};

const modelNotes = ({ hasModel, absentModel, request }: SearchFacts): readonly string[] => {
  if (absentModel !== undefined && request.mode !== "text") {
    return [`${absentModelText(absentModel)} ${absentModelHint(absentModel)}`];
  }
  return hasModel || request.mode === "text"
    ? []
    : ["This library has no embedding model: only words and filters were searched, not what the pictures show."];
};

export const searchNotes = (facts: SearchFacts, counts: LibraryCounts): readonly string[] => [
  ...libraryNotes(facts, counts),
  ...matchNotes(facts),
  ...pageNotes(facts),
  ...modelNotes(facts),
  ...leftOutNotes(facts, counts),
];

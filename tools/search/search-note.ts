/** Sentences that go with an answer, in words of tools: why it is empty, what it leaves out, what to do next. */
import type { EmptyReason, SearchReply } from "../../src/search/types.ts";

const photos = (count: number): string => (count === 1 ? "1 photo" : `${count} photos`);

const EMPTY: Readonly<Record<EmptyReason, (reply: SearchReply) => string>> = {
  "no-photos": ({ pending }) =>
    pending > 0
      ? `No photo is searchable yet: ${pending} are still being indexed. Ask again in a while; get_status tells how far it is.`
      : 'The library holds no photos yet. The tool process indexes folders that the user has added; "photon process <folder>" on the command line indexes any.',
  "no-index": () => 'The search index is missing; "photon index rebuild" on the command line makes it anew.',
  filters: ({ leftOut = 0 }) =>
    `The filters leave out all ${photos(leftOut)} of the library: drop one of them or widen it.`,
  "no-match": ({ total }) =>
    `Nothing matches: none of the ${photos(total)} searched scores above what chance gives. Try other words, an example photo (like_id), or fewer filters.`,
  "min-score": () => "No match reaches min_score; lower it or leave it out.",
  page: () => "The list has ended before this page.",
};

const undated = ({ undatedExcluded: count }: SearchReply): readonly string[] =>
  count === 0 ? [] : [`${photos(count)} without a capture time pass no filter by date.`];

const modelNote = ({ mode, model, emptyBecause }: SearchReply): readonly string[] =>
  mode === "text" && model === undefined && emptyBecause !== "no-photos"
    ? ["This library has no embedding model: only words and filters were searched, not what the pictures show."]
    : [];

/** undefined when there is nothing to say. */
export const searchNote = (reply: SearchReply): string | undefined => {
  const { hits, pending, match, mode, emptyBecause } = reply;
  const sentences = [
    ...(emptyBecause === undefined ? [] : [EMPTY[emptyBecause](reply)]),
    ...(hits.length > 0 && mode !== "browse" && match === "weak" ? ["Only weak matches: nothing fits well."] : []),
    ...undated(reply),
    ...modelNote(reply),
    ...(pending > 0 && emptyBecause !== "no-photos"
      ? [`${pending} files or changes are not searchable yet, so this answer may be incomplete.`]
      : []),
  ];
  return sentences.length === 0 ? undefined : sentences.join(" ");
};

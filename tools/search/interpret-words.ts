/** Words that mean more than what a photo shows: dates, folders, or something else than a search. */
import { SECOND } from "../../src/clock.ts";
import type { AskApi } from "../../src/app/enrichment/ask.ts";
import { searchRequestOf } from "../../src/app/enrichment/ask.ts";
import type { ProposedAction } from "../../src/enrichment/intent-mapping.ts";
import { PhotonError } from "../../src/errors.ts";
import type { ToolContext } from "../outcome.ts";
import { digestOf } from "../confirm-token.ts";
import { outsideText } from "../photos/outside-text.ts";
import type { QueryFilters } from "./query-terms.ts";

/** Of a language model that is asked what the words mean. */
const PATIENCE_MS = 15 * SECOND;
const TOOL = "search_by_embedding";

export interface AskedBack {
  readonly text: string;
  readonly options: readonly string[];
  readonly source: "llm";
}

export type Meaning =
  /** `text` left out = filters alone. */
  | { readonly kind: "search"; readonly text?: string; readonly filters: QueryFilters; readonly note?: string }
  | { readonly kind: "question"; readonly digest: string; readonly question: AskedBack };

const OTHER_TOOLS: Readonly<Record<ProposedAction["action"], string>> = {
  "propose-watch": "They ask to be told of new photos: watch_folder with match does that.",
  "propose-caption": "They ask to write something about photos: annotate does that.",
  "propose-tags": "They ask to change tags: annotate does that.",
  "propose-album": 'They ask for an album: no tool makes one, "photon ask" on the command line proposes it.',
  "propose-reminder": 'They ask for a reminder: no tool makes one, "photon ask" on the command line proposes it.',
};
const AS_THEY_ARE = "The words were searched as they are.";

const asTheyAre = (text: string, why: string): Meaning => ({
  kind: "search",
  text,
  filters: {},
  note: `${why} ${AS_THEY_ARE}`,
});

const filtersOf = ({ filters = {}, terms = [] }: ReturnType<typeof searchRequestOf>, given: string): Meaning => {
  const [term] = terms;
  const text = term?.source.kind === "text" ? term.source.text : undefined;
  const { from, to, tags, folders = [] } = filters;
  const [folder] = folders;
  const found: QueryFilters = {
    ...(from === undefined ? {} : { taken_from: from }),
    ...(to === undefined ? {} : { taken_to: to }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(folder === undefined ? {} : { folder }),
  };
  const isEmpty = text === undefined && Object.keys(found).length === 0;
  return { kind: "search", filters: found, ...(isEmpty ? { text: given } : text === undefined ? {} : { text }) };
};

const interpretNow = async (
  interpret: AskApi["interpret"],
  { text, answer }: { readonly text: string; readonly answer: string | undefined },
  signal: AbortSignal,
): Promise<Meaning> => {
  const answered = answer === undefined ? [] : [{ question: "More exactly:", answer }];
  const meaning = await interpret({ text, photos: [], answered }, signal);
  if (meaning.answer === "question") {
    const question = { text: outsideText(meaning.question), options: meaning.options, source: "llm" as const };
    return { kind: "question", digest: digestOf(TOOL, "interpret", [text]), question };
  }
  const { action } = meaning;
  if (action.action === "search") return filtersOf(searchRequestOf(action), text);
  return asTheyAre(text, OTHER_TOOLS[action.action]);
};

/** What cannot be interpreted is searched as it is, and the note says so. */
export const interpretWords = async (text: string, context: ToolContext, signal: AbortSignal): Promise<Meaning> => {
  if (context.settings.provider === undefined) {
    return asTheyAre(text, "interpret needs a language model of photon's own, and none is configured.");
  }
  const { interpret }: Pick<AskApi, "interpret"> = await context.photon();
  const reply = context.reply(digestOf(TOOL, "interpret", [text]));
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return await interpretNow(interpret, { text, answer: reply === true ? undefined : reply }, patience);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PhotonError) && !patience.aborted) throw error;
    return asTheyAre(text, "The language model did not say what the words mean.");
  }
};

/** The answer to a search as a tool tells it. */
import { z } from "zod";
import type { HitSignals, SearchHit, SearchReply } from "../../src/search/types.ts";
import { fitResult } from "../photos/fit-result.ts";
import type { ToolOutcome } from "../outcome.ts";
import type { Detail } from "../photos/photo-row.ts";
import { CONCISE_LIMITS, photoRow, photoRowSchema, ROW_LIMITS } from "../photos/photo-row.ts";
import type { Meaning } from "./interpret-words.ts";
import { filtersSchema } from "./query-terms.ts";
import { searchNote } from "./search-note.ts";

const SCORE_DIGITS = 3;

export const searchResultSchema = z.strictObject({
  hits: z.array(
    photoRowSchema.extend({
      score: z.number().optional().describe("0 to 1; lists have none."),
      match: z.enum(["good", "weak"]).optional(),
      why: z.string().optional().describe("Of `detail: full`: what the score comes from."),
    }),
  ),
  total: z.number().describe("Photos that pass the filters."),
  returned: z.number(),
  pending: z.number().describe("Photos and changes that are not searchable yet."),
  next_cursor: z.string().optional(),
  interpreted: z
    .strictObject({ text: z.string().optional(), filters: filtersSchema })
    .optional()
    .describe("Arguments that the words of `interpret` stand for; the next page takes them."),
  question: z.strictObject({ text: z.string(), options: z.array(z.string()), source: z.literal("llm") }).optional(),
  note: z.string().optional(),
});
export type SearchData = z.output<typeof searchResultSchema>;

const rounded = (value: number): number => Number(value.toFixed(SCORE_DIGITS));

const whyOf = ({ vector, text, penalty }: HitSignals): string =>
  [
    ...(vector === undefined ? [] : [`picture ${rounded(vector.score)}`]),
    ...(text === undefined ? [] : [`words ${Math.round(100 * text.coverage)} %`]),
    ...(penalty === undefined || penalty === 0 ? [] : [`less ${rounded(penalty)}`]),
  ].join(", ");

const hitData = (
  { id, photo, score, match, signals }: SearchHit,
  detail: Detail,
  limits: (typeof ROW_LIMITS)[number],
) => ({
  ...photoRow(photo, id, detail, limits),
  ...(score === undefined ? {} : { score: rounded(score) }),
  ...(match === "good" || match === "weak" ? { match } : {}),
  ...(signals === undefined ? {} : { why: whyOf(signals) }),
});

const interpretedFields = (meaning: Meaning | undefined): Pick<SearchData, "interpreted"> => {
  if (meaning?.kind !== "search" || meaning.note !== undefined) return {};
  const { text, filters } = meaning;
  return { interpreted: { ...(text === undefined ? {} : { text }), filters } };
};

export const searchData = (reply: SearchReply, detail: Detail, meaning: Meaning | undefined): SearchData => {
  const said = meaning?.kind === "search" ? meaning.note : undefined;
  const note = [said, searchNote(reply)].filter((text) => text !== undefined).join(" ");
  return fitResult(detail === "full" ? ROW_LIMITS : [CONCISE_LIMITS, ...ROW_LIMITS.slice(2)], (limits) => ({
    hits: reply.hits.map((hit) => hitData(hit, detail, limits)),
    total: reply.total,
    returned: reply.hits.length,
    pending: reply.pending,
    ...(reply.nextCursor === undefined ? {} : { next_cursor: reply.nextCursor }),
    ...interpretedFields(meaning),
    ...(note === "" ? {} : { note }),
  }));
};

/** The words mean several things: the user is asked where a dialog works, else the assistant asks. */
export const questionOutcome = (
  { digest, question }: Extract<Meaning, { readonly kind: "question" }>,
  pending: number,
): ToolOutcome<SearchData> => ({
  kind: "ask",
  digest,
  message: [question.text, ...question.options].join("\n- "),
  expects: "words",
  otherwise: {
    hits: [],
    total: 0,
    returned: 0,
    pending,
    question: { ...question, options: [...question.options] },
    note: "Ask the user this question, then search again with the answer in text.",
  },
});

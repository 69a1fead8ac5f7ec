/** `search_by_embedding`: photos by words, examples, vectors and filters; without a query a list. */
import { z } from "zod";
import type { LibraryGuide } from "../src/app/library-guide.ts";
import { SECOND } from "../src/clock.ts";
import type { AdministrationApi, LibraryOverview } from "../src/library/administration.ts";
import type { Search, SearchRequest, SearchTerm } from "../src/search/types.ts";
import { SEARCH_SORTS } from "../src/search/types.ts";
import { DETAILS } from "./photos/photo-row.ts";
import { interpretWords } from "./search/interpret-words.ts";
import { filtersOf, filtersSchema, queryFields, termsOf } from "./search/query-terms.ts";
import { questionOutcome, searchData, searchResultSchema } from "./search/search-data.ts";
import { defineTool } from "./tool.ts";
import { CALL_LIMIT_MS } from "./run-call.ts";

type Library = Search & Pick<LibraryGuide, "readableRoots"> & Pick<AdministrationApi, "overview">;

const pendingOf = ({ pending }: LibraryOverview): number => pending.files + pending.index;

const areExamples = (terms: readonly SearchTerm[]): boolean =>
  terms.length > 0 && terms.every(({ source: { kind } }) => kind === "photo" || kind === "file");

export const searchByEmbedding = defineTool({
  name: "search_by_embedding",
  title: "Search photos",
  description:
    "Find photos by what they show (text), by example (like_id, like_path), vector or weighted mix, within filters; without a query it lists them. Then look with view_photos.",
  input: z.strictObject({
    ...queryFields,
    filters: filtersSchema.optional(),
    sort: z.enum(SEARCH_SORTS).optional(),
    limit: z.int().min(1).max(50).default(12),
    min_score: z.number().min(0).max(1).optional(),
    cursor: z.string().max(500).optional().describe("next_cursor, with the same arguments"),
    detail: z.enum(DETAILS).default("concise"),
    interpret: z.boolean().default(false).describe("Read dates and folders out of text"),
  }),
  output: z.looseObject({
    hits: z.array(z.looseObject({ id: z.string() })),
    total: z.number(),
    returned: z.number(),
    pending: z.number(),
  }),
  result: searchResultSchema,
  effect: "read",
  openWorld: ({ provider }) => provider?.leavesMachine === true,
  timeLimitMs: ({ interpret }) => CALL_LIMIT_MS + (interpret ? 20 * SECOND : 0),
  async handle(input, context, signal) {
    const { filters = {}, sort, limit, min_score: minScore, cursor, detail, interpret, ...query } = input;
    const library: Library = await context.photon();
    const { text } = query;
    const meaning = interpret && text !== undefined ? await interpretWords(text, context, signal) : undefined;
    if (meaning?.kind === "question") return questionOutcome(meaning, pendingOf(await library.overview()));
    const terms = await termsOf(library, meaning === undefined ? query : { ...query, text: meaning.text }, signal);
    const request: SearchRequest = {
      terms,
      filters: filtersOf({ ...meaning?.filters, ...filters }),
      sort,
      limit,
      minScore,
      cursor,
      explain: detail === "full",
      excludeTermPhotos: true,
      includeWeak: areExamples(terms), // the nearest there are
    };
    return { kind: "data", data: searchData(await library.search(request, signal), detail, meaning) };
  },
});

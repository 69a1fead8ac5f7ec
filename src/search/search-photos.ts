/** The search itself: filters, terms, ranking or browsing, one page of the answer. */
import { InternalError, InvalidInputError } from "../errors.ts";
import { absentModelHint, absentModelText } from "./absent-model.ts";
import type { IndexFilter, VectorIndex } from "../vectors/types.ts";
import type { CursorPlace, CursorScope } from "./cursor.ts";
import { decodeCursor, encodeCursor, fingerprintOf, resumeAt } from "./cursor.ts";
import { toIndexFilter, undatedFilters } from "./filters.ts";
import { shownIds } from "./photo-ids.ts";
import type { RankedPhoto } from "./ranked-list.ts";
import { rankedList } from "./ranked-list.ts";
import { resolveTerms } from "./resolve-terms.ts";
import { browseNotes, emptyReason, searchNotes } from "./search-notes.ts";
import { listSorted, sortPhotos } from "./sorted-list.ts";
import type {
  Match,
  SearchDeps,
  SearchHit,
  SearchMode,
  SearchModel,
  SearchReply,
  SearchRequest,
  SearchTerm,
} from "./types.ts";

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 1_000;
const MAX_PAIR_ATTEMPTS = 5;
/** Matches that are sorted by something else than their score; beyond them hardly one is left that fits. */
const SORTED_MATCHES = 500;

/** @throws InvalidInputError when it is no whole number from 1 to 1,000 */
export const checkedLimit = (limit: number = DEFAULT_LIMIT): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidInputError(`Expected a whole number from 1 to ${MAX_LIMIT} for limit, received ${limit}.`, {
    hint: "Page through longer lists with the cursor of the reply.",
  });
};

const checkMinScore = (minScore: number | undefined): void => {
  if (minScore === undefined || (minScore >= 0 && minScore <= 1)) return;
  throw new InvalidInputError(`Expected a number from 0 to 1 for min score, received ${minScore}.`);
};

const checkPage = ({ page, cursor }: SearchRequest): void => {
  if (page === undefined || (Number.isInteger(page) && page >= 1 && cursor === undefined)) return;
  throw new InvalidInputError(
    cursor === undefined
      ? `Expected a whole number from 1 for page, received ${page}.`
      : "Expected a page or a cursor, received both.",
  );
};

const checkWeights = (terms: readonly SearchTerm[]): void => {
  const wrong = terms.find(({ weight }) => !Number.isFinite(weight) || weight === 0);
  if (wrong === undefined) return;
  throw new InvalidInputError(`Expected a weight above or below 0 for a term, received ${wrong.weight}.`);
};

/** What all pages of one search share. */
interface Session {
  readonly deps: SearchDeps;
  readonly request: SearchRequest;
  readonly limit: number;
  readonly index: VectorIndex;
  readonly model: SearchModel | undefined;
  /** Its files are gone. */
  readonly absentModel: string | undefined;
  readonly filter: IndexFilter | undefined;
  readonly total: number;
  readonly scope: CursorScope;
  readonly signal: AbortSignal;
}

interface Page {
  readonly photos: readonly { readonly contentHash: string; readonly ranked?: RankedPhoto }[];
  /** Items of the list before this page. */
  readonly offset: number;
  readonly hasMore: boolean;
}

const scopeOf = async (
  { catalogue }: SearchDeps,
  request: SearchRequest,
  vectorKey: string | undefined,
): Promise<CursorScope> => {
  const { limit: _limit, cursor: _cursor, page: _page, explain: _explain, ...rest } = request;
  return { libraryId: await catalogue.libraryId(), request: fingerprintOf({ ...rest, vectorKey }) };
};

/** Index and model are asked for one after the other; the library may turn to another model in between. */
const openPair = async (deps: SearchDeps): Promise<Pick<Session, "index" | "model">> => {
  for (let attempt = 1; ; attempt += 1) {
    const [index, model] = await Promise.all([deps.index(), deps.model()]);
    if (model === undefined || model.vectorKey === index.vectorKey) return { index, model };
    if (attempt === MAX_PAIR_ATTEMPTS) {
      throw new InternalError(`Expected an index of ${model.vectorKey}, received one of ${index.vectorKey}.`);
    }
  }
};

const openSession = async (deps: SearchDeps, request: SearchRequest, signal: AbortSignal): Promise<Session> => {
  const limit = checkedLimit(request.limit);
  checkMinScore(request.minScore);
  checkPage(request);
  checkWeights(request.terms ?? []);
  const filter = await toIndexFilter(deps, request.filters ?? {});
  const { index, model } = await openPair(deps);
  const absentModel = model === undefined ? await deps.absentModel?.() : undefined;
  signal.throwIfAborted();
  const [total, scope] = await Promise.all([index.count(filter), scopeOf(deps, request, model?.vectorKey)]);
  return { deps, request, limit, index, model, absentModel, filter, total, scope, signal };
};

const hitsOf = async ({ deps, request }: Session, { photos, offset }: Page): Promise<readonly SearchHit[]> => {
  const summaries = new Map(
    (await deps.catalogue.summaries(photos.map(({ contentHash }) => contentHash))).map((summary) => [
      summary.contentHash,
      summary,
    ]),
  );
  const ids = shownIds(photos.map(({ contentHash }) => contentHash));
  return photos.flatMap(({ contentHash, ranked }, position) => {
    const photo = summaries.get(contentHash);
    if (photo === undefined) return []; // deleted since the index was written
    const hit: SearchHit = { rank: offset + position + 1, id: ids[position] ?? contentHash, photo };
    if (ranked === undefined) return [hit];
    const match: Match = ranked.match === "none" ? "weak" : ranked.match;
    return [{ ...hit, score: ranked.score, match, ...(request.explain === true ? { signals: ranked.signals } : {}) }];
  });
};

const countUndated = async ({ index, filter }: Session): Promise<number> => {
  const filters = undatedFilters(filter);
  if (filters === undefined) return 0;
  const [all, dated] = await Promise.all([index.count(filters.all), index.count(filters.dated)]);
  return Math.max(0, all - dated);
};

/** Only asked for when nothing passes the filters: is it them? */
const countIndexed = ({ index, filter, total }: Session): Promise<number> | number =>
  total > 0 || filter === undefined ? total : index.count(undefined);

const replyOf = async (
  session: Session,
  page: Page,
  answer: Pick<SearchReply, "match" | "mode" | "calibrationId" | "model"> & { readonly listed: number },
): Promise<SearchReply> => {
  const [hits, counts, undatedExcluded, indexed] = await Promise.all([
    hitsOf(session, page),
    session.deps.catalogue.counts(),
    countUndated(session),
    countIndexed(session),
  ]);
  const { listed, ...rest } = answer;
  const last = page.photos.at(-1);
  const facts = { ...rest, hits, total: session.total, pending: counts.pending, undatedExcluded };
  const listFacts = { ...facts, listed, indexed };
  const notes =
    answer.mode === "browse"
      ? browseNotes(listFacts, counts)
      : searchNotes(
          {
            ...listFacts,
            request: session.request,
            hasModel: session.model !== undefined,
            absentModel: session.absentModel,
          },
          counts,
        );
  return {
    ...facts,
    ...(hits.length > 0 ? {} : { emptyBecause: emptyReason(listFacts, counts) }),
    ...(session.total > 0 || indexed === 0 ? {} : { leftOut: indexed }),
    ...(page.hasMore && last !== undefined
      ? {
          nextCursor: encodeCursor(session.scope, {
            offset: page.offset + page.photos.length,
            after: last.contentHash,
          }),
        }
      : {}),
    notes,
  };
};

const placeOf = ({ request, scope, limit }: Session): CursorPlace =>
  request.cursor === undefined
    ? { offset: ((request.page ?? 1) - 1) * limit, after: "" }
    : decodeCursor(request.cursor, scope);

/** The page that the cursor asks for, out of the list from its start on. */
const pageOf = <Photo extends Page["photos"][number]>(listed: readonly Photo[], session: Session): Page => {
  const keys = listed.map(({ contentHash }) => contentHash);
  const offset = resumeAt(keys, placeOf(session));
  const end = offset + session.limit;
  return { photos: listed.slice(offset, end), offset, hasMore: listed.length > end };
};

/** How much of the list a page needs: up to its end, one page of slack for photos that came since, and one more. */
const neededOf = (session: Session): number => placeOf(session).offset + 2 * session.limit + 1;

const browse = async (session: Session): Promise<SearchReply> => {
  const { index, filter, total, request, signal } = session;
  const { catalogue } = session.deps;
  const sort = request.sort === undefined || request.sort === "relevance" ? "newest" : request.sort;
  const query = { filter, passing: total, needed: neededOf(session), signal };
  const listed = await listSorted({ index, catalogue }, sort, query);
  const page = pageOf(
    listed.map((contentHash) => ({ contentHash })),
    session,
  );
  return replyOf(session, page, { mode: "browse", match: session.total > 0 ? "good" : "none", listed: listed.length });
};

/** What the reply may show of the ranked list: never what chance gives, unless asked for. */
const listable = (ranked: readonly RankedPhoto[], request: SearchRequest): readonly RankedPhoto[] =>
  ranked.filter(
    ({ score, match }) => score >= (request.minScore ?? 0) && (match !== "none" || request.includeWeak === true),
  );

/** By relevance they are sorted already. */
const inOrder = async (
  matches: readonly RankedPhoto[],
  { request: { sort }, deps }: Session,
): Promise<readonly RankedPhoto[]> =>
  sort === undefined || sort === "relevance"
    ? matches
    : sortPhotos(deps.catalogue, matches.slice(0, SORTED_MATCHES), sort);

const modeOf = (request: SearchRequest, model: SearchModel | undefined, hasText: boolean): SearchMode => {
  if (model === undefined) return "text";
  return hasText ? (request.mode ?? "hybrid") : "vector";
};

const searchTerms = async (session: Session, terms: readonly SearchTerm[]): Promise<SearchReply> => {
  const { deps, request, index, filter, total, signal } = session;
  const requested = request.mode ?? "hybrid";
  const model = requested === "text" ? undefined : session.model;
  if (requested === "vector" && model === undefined) throw noModelForVectors(session.absentModel);
  const { absentModel } = session;
  const resolved = await resolveTerms(terms, { deps, model, absentModel, mode: requested, passing: total, signal });
  const isSorted = request.sort !== undefined && request.sort !== "relevance";
  const wanted = isSorted ? Math.max(SORTED_MATCHES, neededOf(session)) : neededOf(session);
  const ranked = await rankedList(
    resolved,
    { filter, needed: wanted + resolved.termPhotos.size, signal },
    { index, catalogue: deps.catalogue, vectorKey: model?.vectorKey },
  );
  const found =
    request.excludeTermPhotos === true ? ranked.filter((photo) => !resolved.termPhotos.has(photo.contentHash)) : ranked;
  const match = found[0]?.match ?? "none";
  const listed = await inOrder(listable(found, request), session);
  const page = pageOf(
    listed.map((photo) => ({ contentHash: photo.contentHash, ranked: photo })),
    session,
  );
  return replyOf(session, page, {
    match,
    mode: modeOf(request, model, resolved.text !== undefined),
    listed: listed.length,
    ...(resolved.positive === undefined ? {} : { calibrationId: resolved.positive.calibration.id }),
    ...(model === undefined
      ? {}
      : { model: { modelId: model.modelId, vectorKey: model.vectorKey, basic: model.basic } }),
  });
};

const noModelForVectors = (absentModel: string | undefined): InvalidInputError =>
  absentModel === undefined
    ? new InvalidInputError("Expected a library with an embedding model for the mode vector, received one without.", {
        hint: 'Search by words meanwhile (mode text or hybrid); "photon models list" shows which models are installed.',
      })
    : new InvalidInputError(absentModelText(absentModel), { hint: absentModelHint(absentModel) });

/**
 * One page of the answer to a request; with no term, photos that pass the filters, newest first.
 * @throws InvalidInputError for wrong values, NotFoundError for unknown ids and folders
 */
export const searchPhotos = async (
  deps: SearchDeps,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchReply> => {
  const session = await openSession(deps, request, signal);
  return request.terms === undefined || request.terms.length === 0
    ? browse(session)
    : searchTerms(session, request.terms);
};

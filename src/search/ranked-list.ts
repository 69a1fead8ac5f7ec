/**
 * The ranked list of a search: candidates of vectors and words, fused by reciprocal rank, as long as the caller pages.
 *
 * 1. Candidates: the best `window` photos of each ranking inside the filter.
 * 2. Evidence, 0..1: the calibrated cosine, and how many of the words the photo's text holds. A photo's score is its
 *    best evidence less what negative terms take off (their own calibrated scores, times their weights).
 * 3. Order: good before weak before none; inside a class by fused ranks, where each ranking is ordered by its evidence
 *    less the penalty. So neither ranking's noise buries the other's certain hits, and agreement still decides.
 * 4. Shown score: the smallest score up to this place, so that it never rises down the list.
 *
 * A window lists only the classes that its own last candidates rule out for photos beyond it: while the last
 * candidate still is good, good photos may follow it, so the weak ones wait for a larger window. When a page reaches
 * past what is listed, the next window is ranked and what is new in it follows. All of it depends only on the request
 * and the library: the same page is the same every time.
 */
import type { IndexFilter, TextHit, VectorHit, VectorIndex } from "../vectors/types.ts";
import { levelsOf, matchOf, vectorScore, WORD_LEVELS, wordsScore } from "./match-score.ts";
import { coverageOf, stemsOfQuery } from "./query-words.ts";
import { rankShare, ranksOf } from "./rank-fusion.ts";
import type { ResolvedTerms } from "./resolve-terms.ts";
import { dot } from "./resolve-terms.ts";
import type { HitSignals, Match, SearchCatalogue } from "./types.ts";

export interface RankedPhoto {
  readonly contentHash: string;
  /** 0..1, not above the one before. */
  readonly score: number;
  readonly match: Match;
  readonly signals: HitSignals;
}

export interface RankedListDeps {
  readonly index: Pick<VectorIndex, "nearest" | "matchText">;
  readonly catalogue: Pick<SearchCatalogue, "texts" | "vectors">;
  /** Key of the vectors; undefined = words only. */
  readonly vectorKey: string | undefined;
}

interface Evidence {
  readonly contentHash: string;
  readonly vector: { readonly cosine: number; readonly score: number } | undefined;
  readonly text: { readonly bm25: number; readonly coverage: number; readonly score: number } | undefined;
  readonly penalty: number;
}

/** Candidates of each ranking. The first serves nearly every search; the later ones only long paging. */
const CANDIDATE_WINDOWS = [100, 500, 2_500, 25_000] as const;

const MATCH_ORDER: Readonly<Record<Match, number>> = { good: 0, weak: 1, none: 2 };

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const levelsFor = ({ positive }: ResolvedTerms): typeof WORD_LEVELS =>
  positive === undefined ? WORD_LEVELS : levelsOf(positive.calibration);

const penaltiesOf = async (
  contentHashes: readonly string[],
  terms: ResolvedTerms,
  { catalogue, vectorKey }: RankedListDeps,
): Promise<ReadonlyMap<string, number>> => {
  if (terms.negatives.length === 0) return new Map();
  const [texts, vectors] = await Promise.all([
    catalogue.texts(contentHashes),
    vectorKey === undefined ? new Map<string, Float32Array>() : catalogue.vectors(contentHashes, vectorKey),
  ]);
  const penaltyOf = (contentHash: string): number => {
    const vector = vectors.get(contentHash);
    const text = texts.get(contentHash) ?? "";
    const taken = terms.negatives.map(({ weight, query, stems }) => {
      const alike =
        vector === undefined || query === undefined ? 0 : vectorScore(query.calibration, dot(query.vector, vector));
      const levels = query === undefined ? WORD_LEVELS : levelsOf(query.calibration);
      return weight * Math.max(alike, wordsScore(coverageOf(stems, text), levels));
    });
    return Math.min(
      1,
      taken.reduce((sum, penalty) => sum + penalty, 0),
    );
  };
  return new Map(contentHashes.map((contentHash) => [contentHash, penaltyOf(contentHash)]));
};

const gatherEvidence = async (
  vectorHits: readonly VectorHit[],
  textHits: readonly TextHit[],
  terms: ResolvedTerms,
  deps: RankedListDeps,
): Promise<ReadonlyMap<string, Evidence>> => {
  const cosines = new Map(vectorHits.map(({ contentHash, cosine }) => [contentHash, cosine]));
  const bm25s = new Map(textHits.map(({ contentHash, bm25 }) => [contentHash, bm25]));
  const contentHashes = [...new Set([...cosines.keys(), ...bm25s.keys()])];
  const [texts, penalties] = await Promise.all([
    bm25s.size === 0 ? new Map<string, string>() : deps.catalogue.texts([...bm25s.keys()]),
    penaltiesOf(contentHashes, terms, deps),
  ]);
  const stems = stemsOfQuery(terms.text ?? "");
  const levels = levelsFor(terms);
  const evidenceOf = (contentHash: string): Evidence => {
    const cosine = cosines.get(contentHash);
    const bm25 = bm25s.get(contentHash);
    const coverage = coverageOf(stems, texts.get(contentHash) ?? "");
    return {
      contentHash,
      vector:
        cosine === undefined || terms.positive === undefined
          ? undefined
          : { cosine, score: vectorScore(terms.positive.calibration, cosine) },
      text: bm25 === undefined ? undefined : { bm25, coverage, score: wordsScore(coverage, levels) },
      penalty: penalties.get(contentHash) ?? 0,
    };
  };
  return new Map(contentHashes.map((contentHash) => [contentHash, evidenceOf(contentHash)]));
};

interface Ranked extends Evidence {
  readonly score: number;
  readonly match: Match;
  readonly signals: HitSignals;
}

/** Ranks of one signal: by its score less the penalty, then by its raw value, then by hash. */
const signalRanks = (
  evidence: readonly Evidence[],
  signalOf: (photo: Evidence) => { readonly score: number; readonly raw: number } | undefined,
): ReadonlyMap<string, number> =>
  ranksOf(
    evidence
      .flatMap((photo) => {
        const signal = signalOf(photo);
        return signal === undefined
          ? []
          : [{ contentHash: photo.contentHash, key: signal.score - photo.penalty, ...signal }];
      })
      .toSorted(
        (left, right) => right.key - left.key || right.raw - left.raw || byText(left.contentHash, right.contentHash),
      )
      .map(({ contentHash }) => contentHash),
  );

const rankEvidence = (evidence: readonly Evidence[], terms: ResolvedTerms): readonly Ranked[] => {
  const levels = levelsFor(terms);
  const vectorRanks = signalRanks(evidence, ({ vector }) => vector && { score: vector.score, raw: vector.cosine });
  const textRanks = signalRanks(evidence, ({ text }) => text && { score: text.score, raw: text.bm25 });
  const rank = (photo: Evidence): Ranked => {
    const { contentHash, vector, text, penalty } = photo;
    const vectorRank = vectorRanks.get(contentHash);
    const textRank = textRanks.get(contentHash);
    const score = Math.max(0, Math.max(vector?.score ?? 0, text?.score ?? 0) - penalty);
    const signals: HitSignals = {
      fused: rankShare(vectorRank) + rankShare(textRank),
      ...(vector === undefined || vectorRank === undefined
        ? {}
        : { vector: { ...vector, rank: vectorRank, share: rankShare(vectorRank) } }),
      ...(text === undefined || textRank === undefined
        ? {}
        : { text: { ...text, rank: textRank, share: rankShare(textRank) } }),
      ...(terms.negatives.length === 0 ? {} : { penalty }),
    };
    return { ...photo, score, match: matchOf(score, levels), signals };
  };
  return evidence
    .map(rank)
    .toSorted(
      (left, right) =>
        MATCH_ORDER[left.match] - MATCH_ORDER[right.match] ||
        right.signals.fused - left.signals.fused ||
        right.score - left.score ||
        byText(left.contentHash, right.contentHash),
    );
};

/** The best class that a photo beyond these candidates could have; "none" when there is nothing beyond. */
const classBeyond = (
  evidence: ReadonlyMap<string, Evidence>,
  rankings: readonly (readonly { readonly contentHash: string }[])[],
  { limit, terms }: { readonly limit: number; readonly terms: ResolvedTerms },
): Match => {
  const scores = rankings.map((ranking) => {
    const last = ranking.length < limit ? undefined : evidence.get(ranking.at(-1)?.contentHash ?? "");
    return Math.max(last?.vector?.score ?? 0, last?.text?.score ?? 0);
  });
  return matchOf(Math.max(...scores), levelsFor(terms));
};

const neverRising = (ranked: readonly Ranked[]): readonly RankedPhoto[] => {
  let lowest = 1;
  return ranked.map(({ contentHash, score, match, signals }) => {
    lowest = Math.min(lowest, score);
    return { contentHash, score: lowest, match, signals };
  });
};

/**
 * At least `needed` photos from the top of the list, fewer when the list ends before.
 * @param filter scopes both rankings
 */
export const rankedList = async (
  terms: ResolvedTerms,
  {
    filter,
    needed,
    signal,
  }: { readonly filter: IndexFilter | undefined; readonly needed: number; readonly signal: AbortSignal },
  deps: RankedListDeps,
): Promise<readonly RankedPhoto[]> => {
  const scope = filter === undefined ? {} : { filter };
  const listed = new Map<string, Ranked>();
  for (const limit of CANDIDATE_WINDOWS) {
    signal.throwIfAborted();
    const [vectorHits, textHits] = await Promise.all([
      terms.positive === undefined ? [] : deps.index.nearest({ vector: terms.positive.vector, limit, ...scope }),
      terms.text === undefined ? [] : deps.index.matchText({ text: terms.text, limit, ...scope }),
    ]);
    const evidence = await gatherEvidence(vectorHits, textHits, terms, deps);
    const isLast = limit === CANDIDATE_WINDOWS.at(-1) || (vectorHits.length < limit && textHits.length < limit);
    const beyond = classBeyond(evidence, [vectorHits, textHits], { limit, terms });
    for (const photo of rankEvidence([...evidence.values()], terms)) {
      const isCertain = isLast || MATCH_ORDER[photo.match] <= MATCH_ORDER[beyond];
      if (isCertain && !listed.has(photo.contentHash)) listed.set(photo.contentHash, photo);
    }
    if (isLast || listed.size >= needed) break;
  }
  return neverRising([...listed.values()]);
};

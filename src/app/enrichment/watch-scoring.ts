/** How well a photo fits standing watches: by its vector and by its words, on the scale of search. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { SubjectRepository } from "../../catalogue/subject-repository.ts";
import type { Watch } from "../../catalogue/watch-repository.ts";
import type { OfferedWatch } from "../../enrichment/inputs.ts";
import { isInside } from "../../photo/path-bytes.ts";
import { levelsOf, vectorScore, WORD_LEVELS, wordsScore } from "../../search/match-score.ts";
import type { NullSet } from "../../search/null-calibration.ts";
import { calibrateWords } from "../../search/null-calibration.ts";
import { coverageOf, stemsOfQuery } from "../../search/query-words.ts";
import { dot } from "../../search/resolve-terms.ts";
import type { SearchModel } from "../../search/types.ts";

export interface ScoredWatch {
  readonly watch: Watch;
  /** 0..1, as search scores photos: the better of vector and words. */
  readonly score: number;
}

export interface ScoringDeps {
  readonly catalogue: () => Promise<Catalogue>;
  /** Of searches; undefined = the library has none: words alone count. */
  readonly model: () => Promise<SearchModel | undefined>;
  readonly nullSet: (vectorKey: string) => Promise<NullSet | undefined>;
}

/** Those that have something to do with the photo, best first. */
export type ScoreWatches = (contentHash: string, watches: readonly Watch[]) => Promise<readonly ScoredWatch[]>;

/** Those whose folder, if they have one, holds the photo. */
const watchesThere = async (
  subjects: Pick<SubjectRepository, "files">,
  contentHash: string,
  watches: readonly Watch[],
): Promise<readonly Watch[]> => {
  if (watches.every(({ folder }) => folder === undefined)) return watches;
  const files = (await subjects.files([contentHash])).get(contentHash) ?? [];
  const isThere = (folder: string): boolean =>
    files.some(({ root, path }) => isInside(Buffer.from(`${root}/${path}`), Buffer.from(folder)));
  return watches.filter(({ folder }) => folder === undefined || isThere(folder));
};

/** Vectors of queries: a watch is asked about for every photo. */
type QueryVectors = Map<string, Promise<Float32Array | undefined>>;

export const createScoring = (deps: ScoringDeps): ScoreWatches => {
  const vectors: QueryVectors = new Map();
  const vectorOf = (model: SearchModel, query: string): Promise<Float32Array | undefined> => {
    const key = `${model.vectorKey} ${query}`;
    const known = vectors.get(key);
    if (known !== undefined) return known;
    const made = model.embedTexts([query]).then(([vector]) => vector);
    made.catch(() => vectors.delete(key)); // whoever awaits it gets the error; the next photo tries again
    vectors.set(key, made);
    return made;
  };
  return async (contentHash, all) => {
    const { search, subjects } = await deps.catalogue();
    const watches = await watchesThere(subjects, contentHash, all);
    const model = await deps.model();
    const text = (await search.texts([contentHash])).get(contentHash) ?? "";
    const photo =
      model === undefined ? undefined : (await search.vectors([contentHash], model.vectorKey)).get(contentHash);
    // A new photo stands for the whole library: what chance gives there must not count as a match.
    const nullSet = model === undefined ? undefined : await deps.nullSet(model.vectorKey);
    const calibration = model && calibrateWords(model.calibration, nullSet, nullSet?.photos ?? 1);
    const levels = calibration === undefined ? WORD_LEVELS : levelsOf(calibration);
    const scores = watches.map(async (watch): Promise<ScoredWatch> => {
      const query = model === undefined || photo === undefined ? undefined : await vectorOf(model, watch.query);
      const seen =
        query === undefined || photo === undefined || calibration === undefined
          ? 0
          : vectorScore(calibration, dot(query, photo));
      const coverage = coverageOf(stemsOfQuery(watch.query), text);
      return { watch, score: Math.max(seen, coverage > 0 ? wordsScore(coverage, levels) : 0) };
    });
    const scored = await Promise.all(scores);
    return scored
      .filter(({ score }) => score >= levels.weak)
      .toSorted((left, right) => right.score - left.score || left.watch.id - right.watch.id);
  };
};

export const offered = ({ id, name, query, threshold, albumId, autoAdd }: Watch): OfferedWatch => ({
  id,
  name,
  query,
  threshold,
  autoAdd,
  ...(albumId === undefined ? {} : { albumId }),
});

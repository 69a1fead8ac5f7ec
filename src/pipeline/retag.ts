/**
 * Tags of stored vectors anew: no photo is read, no model looks at a picture. Photos whose tags are current are passed
 * over, so a run that was stopped goes on where it ended.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TagRun } from "../catalogue/photo-row.ts";
import type { RetaggedPhoto, StaleVectors, TagRepository, VectorToTag } from "../catalogue/tag-repository.ts";
import type { ScoredTag } from "../photo/types.ts";

/** Tags many photos at once; waits until its label bank is complete. */
export interface BatchTagger {
  tagAll(vectors: Float32Array, options: { readonly signal: AbortSignal }): Promise<readonly (readonly ScoredTag[])[]>;
}

export interface RetagDeps {
  readonly tags: Pick<TagRepository, "countStale" | "stalePage" | "storeRetagged">;
  readonly tagger: BatchTagger;
  readonly run: TagRun;
  readonly stale: StaleVectors;
}

export interface RetagOptions {
  /** Compare only; nothing is written. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface TagChange {
  readonly name: string;
  /** Photos that gained or lost it. */
  readonly photos: number;
}

export interface RetagReport {
  /** Photos whose tags were not current. */
  readonly photos: number;
  /** Those whose tags came out differently. */
  readonly changed: number;
  /** Most photos first. */
  readonly gained: readonly TagChange[];
  readonly lost: readonly TagChange[];
}

/** A page takes the thread for some milliseconds when it is read and when it is stored. */
const PAGE = 128;
/** Confidences that differ by less are the same: sums of floats depend a little on how photos are grouped. */
const SAME_CONFIDENCE = 0.0005;

const isSameTag = (left: ScoredTag, right: ScoredTag | undefined): boolean =>
  right !== undefined &&
  left.name === right.name &&
  left.category === right.category &&
  Math.abs(left.confidence - right.confidence) < SAME_CONFIDENCE &&
  (left.ancestors ?? []).join("\n") === (right.ancestors ?? []).join("\n");

const areSameTags = (left: readonly ScoredTag[], right: readonly ScoredTag[]): boolean =>
  left.length === right.length && left.every((tag, place) => isSameTag(tag, right[place]));

const joined = (photos: readonly VectorToTag[]): Float32Array => {
  const dimension = photos[0]?.vector.length ?? 0;
  const vectors = new Float32Array(photos.length * dimension);
  photos.forEach(({ vector }, place) => vectors.set(vector, place * dimension));
  return vectors;
};

/** Names of `tags` that `others` lack. */
const namesMissing = (others: readonly ScoredTag[], tags: readonly ScoredTag[]): readonly string[] => {
  const known = new Set(others.map(({ name }) => name));
  return tags.map(({ name }) => name).filter((name) => !known.has(name));
};

const countNames = (counts: Map<string, number>, names: readonly string[]): void => {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
};

const changesOf = (counts: ReadonlyMap<string, number>): readonly TagChange[] =>
  [...counts]
    .map(([name, photos]) => ({ name, photos }))
    .toSorted((left, right) => right.photos - left.photos || (left.name < right.name ? -1 : 1));

interface ScoredPage {
  readonly photos: readonly VectorToTag[];
  readonly tags: readonly (readonly ScoredTag[])[];
  readonly next: string | undefined;
}

/** Reads pages and has them scored, one ahead of the consumer. */
async function* scoredPages({ tags, tagger, stale }: RetagDeps, signal: AbortSignal): AsyncGenerator<ScoredPage> {
  const score = async (after: string): Promise<ScoredPage> => {
    const { photos, next } = await tags.stalePage(stale, after, PAGE);
    await nextTurn();
    return { photos, tags: await tagger.tagAll(joined(photos), { signal }), next };
  };
  let upcoming: Promise<ScoredPage> | undefined = score("");
  while (upcoming !== undefined) {
    const page: ScoredPage = await upcoming;
    upcoming = page.next === undefined ? undefined : score(page.next);
    upcoming?.catch(() => undefined); // awaited above, unless the consumer ends first
    if (page.photos.length > 0) yield page;
  }
}

export const retag = async (deps: RetagDeps, { dryRun, signal, onProgress }: RetagOptions): Promise<RetagReport> => {
  const total = await deps.tags.countStale(deps.stale);
  const [gained, lost] = [new Map<string, number>(), new Map<string, number>()];
  let [done, changed] = [0, 0];
  for await (const page of scoredPages(deps, signal)) {
    signal.throwIfAborted();
    const results = page.photos.map(({ contentHash, tags: before }, place): RetaggedPhoto => {
      const after = page.tags[place] ?? [];
      if (areSameTags(after, before)) return { contentHash, tags: undefined };
      countNames(gained, namesMissing(before, after));
      countNames(lost, namesMissing(after, before));
      changed += 1;
      return { contentHash, tags: after };
    });
    if (!dryRun) await deps.tags.storeRetagged(deps.run, results, deps.stale.stageKey);
    done += results.length;
    onProgress?.({ done, total: Math.max(total, done) });
    await nextTurn();
  }
  return { photos: done, changed, gained: changesOf(gained), lost: changesOf(lost) };
};

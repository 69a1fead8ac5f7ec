/**
 * Standing watches meet new photos. The prefilter compares a photo with each watch, by its vector and by its words; the
 * best are offered to a language model. Where there is none, the prefilter alone decides.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Watch } from "../../catalogue/watch-repository.ts";
import { confirmsItself } from "../../enrichment/apply-document.ts";
import type { OfferedWatch } from "../../enrichment/inputs.ts";
import { watchDocument } from "../../enrichment/kinds/watch-match.ts";
import { NotFoundError } from "../../errors.ts";
import { levelsOf, vectorScore, WORD_LEVELS, wordsScore } from "../../search/match-score.ts";
import type { NullSet } from "../../search/null-calibration.ts";
import { calibrateWords } from "../../search/null-calibration.ts";
import { coverageOf, stemsOfQuery } from "../../search/query-words.ts";
import { dot } from "../../search/resolve-terms.ts";
import type { SearchModel } from "../../search/types.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { documentWrite } from "./user-version.ts";

/** Watches that a language model is asked about at most. */
const MAX_OFFERED = 5;
/** Photos compared between two looks at the signal. */
const LOT = 200;
const PREFILTER = "prefilter";

export interface ScoredWatch {
  readonly watch: Watch;
  /** 0..1, as search scores photos: the better of vector and words. */
  readonly score: number;
}

export interface NewStandingWatch {
  readonly name: string;
  /** Left out = the name. */
  readonly query?: string;
  readonly threshold: number;
  /** Name or id; an album that does not exist is made. */
  readonly album?: string;
  readonly autoAdd: boolean;
}

export interface ListedWatch extends Watch {
  /** Name of the album matches are proposed for. */
  readonly album: string | undefined;
  /** Photos that matched. */
  readonly matches: number;
}

export interface WatchApi {
  /** @throws InvalidInputError when a watch or an album has that name */
  readonly add: (watch: NewStandingWatch) => Promise<ListedWatch>;
  /** Oldest first. */
  readonly list: () => Promise<readonly ListedWatch[]>;
  /** @param watch name or number. @throws NotFoundError */
  readonly remove: (watch: string) => Promise<ListedWatch>;
  /** What a model is asked about for a photo, best first, 5 at most; empty = no watch has anything to do with it. */
  readonly offer: (contentHash: string, signal?: AbortSignal) => Promise<readonly OfferedWatch[]>;
  /**
   * Decides without a language model about photos that were compared with no watch yet; returns how many matched.
   * Meant for libraries without a provider.
   */
  readonly matchAlone: (signal: AbortSignal) => Promise<{ readonly compared: number; readonly matched: number }>;
}

export interface WatchDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  /** Of searches; undefined = the library has none: words alone count. */
  readonly model: () => Promise<SearchModel | undefined>;
  readonly nullSet: (vectorKey: string) => Promise<NullSet | undefined>;
}

/** Vectors of queries: a watch is asked about for every photo. */
type QueryVectors = Map<string, Promise<Float32Array | undefined>>;

const createScoring = (deps: WatchDeps) => {
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
  return async (contentHash: string, watches: readonly Watch[]): Promise<readonly ScoredWatch[]> => {
    const { search } = await deps.catalogue();
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

const offered = ({ id, name, query, threshold, albumId, autoAdd }: Watch): OfferedWatch => ({
  id,
  name,
  query,
  threshold,
  autoAdd,
  ...(albumId === undefined ? {} : { albumId }),
});

const listed = async ({ albums }: Catalogue, watch: Watch): Promise<ListedWatch> => ({
  ...watch,
  album: watch.albumId === undefined ? undefined : (await albums.find(watch.albumId))?.name,
  matches: (await albums.find(watch.ownAlbumId))?.photos ?? 0,
});

const add = async (catalogue: Catalogue, given: NewStandingWatch): Promise<ListedWatch> => {
  const { name, query = name, threshold, album, autoAdd } = given;
  const known = album === undefined ? undefined : await catalogue.albums.find(album);
  const albumId = album === undefined ? undefined : (known?.albumId ?? (await catalogue.albums.create(album)));
  const watch = { name, query, threshold, autoAdd, ...(albumId === undefined ? {} : { albumId }) };
  return listed(catalogue, await catalogue.watches.add(watch));
};

const remove = async (catalogue: Catalogue, name: string): Promise<ListedWatch> => {
  const watches = await catalogue.watches.active();
  const folded = name.toLowerCase();
  const watch = watches.find((known) => String(known.id) === name || known.name.toLowerCase() === folded);
  if (watch === undefined) {
    throw new NotFoundError(`No standing watch is called "${name}".`, {
      hint: watches.length === 0 ? "There are none." : `There are: ${watches.map((known) => known.name).join(", ")}.`,
    });
  }
  const shown = await listed(catalogue, watch);
  await catalogue.watches.remove(watch.id);
  return shown;
};

export const createWatchApi = (deps: WatchDeps): WatchApi => {
  const score = createScoring(deps);
  const active = async (): Promise<readonly Watch[]> => (await deps.catalogue()).watches.active();
  const matchOne = async (contentHash: string, watches: readonly Watch[], executionId: string): Promise<boolean> => {
    const { documents } = await deps.catalogue();
    const { kind, autoConfirm } = (await deps.kinds()).get("watch_match");
    const scored = await score(contentHash, watches);
    const matches = scored.map(({ watch, score: confidence }) => ({
      watchId: watch.id,
      confidence,
      reason: "Found by comparing the photo with the words of the watch.",
    }));
    const body = watchDocument(
      matches,
      scored.map(({ watch }) => offered(watch)),
    );
    const write = documentWrite(kind, body, {
      scopeId: contentHash,
      step: PREFILTER,
      executionId,
      model: PREFILTER,
      autoConfirm: confirmsItself(kind, body, autoConfirm),
    });
    const key = { scopeId: contentHash, documentType: kind.kind, kind: kind.kind };
    await documents.writeVersion(key, write);
    return body.status === "ok";
  };
  return {
    add: async (watch) => add(await deps.catalogue(), watch),
    list: async () => {
      const catalogue = await deps.catalogue();
      return Promise.all((await catalogue.watches.active()).map((watch) => listed(catalogue, watch)));
    },
    remove: async (watch) => remove(await deps.catalogue(), watch),
    offer: async (contentHash) => {
      const watches = await active();
      if (watches.length === 0) return [];
      return (await score(contentHash, watches)).slice(0, MAX_OFFERED).map(({ watch }) => offered(watch));
    },
    matchAlone: async (signal) => {
      const watches = await active();
      const model = watches.length === 0 ? undefined : await deps.model();
      if (model === undefined) return { compared: 0, matched: 0 };
      const { executions, watches: store } = await deps.catalogue();
      let executionId: string | undefined;
      let [compared, matched, after] = [0, 0, ""];
      for (;;) {
        const photos = await store.uncompared({ vectorKey: model.vectorKey, after, limit: LOT });
        const last = photos.at(-1);
        if (last === undefined) break;
        executionId ??= await executions.start({ command: "watches", kinds: ["watch_match"], filter: {} });
        for (const contentHash of photos) {
          signal.throwIfAborted();
          if (await matchOne(contentHash, watches, executionId)) matched += 1;
          compared += 1;
        }
        after = last;
      }
      if (executionId !== undefined) await executions.settle(executionId);
      return { compared, matched };
    },
  };
};

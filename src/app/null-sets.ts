/** What chance gives in this library's searches: measured after runs, read by searches. */
import { vocabularyFor } from "../../models/embedding/vocabularies.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { foldTagName } from "../photo/tag-edits.ts";
import { nearestByScan } from "../search/exact-cosines.ts";
import type { NullSet } from "../search/null-calibration.ts";
import type { NullSetDeps, NullSetOptions } from "../search/null-set.ts";
import { isCurrentNullSet, isLargeEnough, measureNullSet, nullCaptions } from "../search/null-set.ts";
import type { Inference } from "./inference.ts";
import type { LibraryIndex } from "./library-index.ts";
import type { LibraryModel } from "./library-model.ts";

export interface NullSetsDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly catalogue: () => Promise<Catalogue>;
  readonly model: LibraryModel;
  readonly inference: Inference;
  readonly index: LibraryIndex;
}

export interface NullSets {
  /** Reads only: a search never waits for a measurement. */
  readonly load: (vectorKey: string) => Promise<NullSet | undefined>;
  /** Measures when the library has grown by a fifth since the last time. The index must be up to date. */
  readonly refresh: (options: Pick<NullSetOptions, "signal" | "onProgress">) => Promise<void>;
}

/** One pass over so many vectors takes some seconds at most; from here on the index finds the nearest faster. */
const SCANNED_PHOTOS = 25_000;
const SCANNED_AT_ONCE = 64;

const refresh = async (
  { config, logger, catalogue, model, inference, index }: NullSetsDeps,
  options: Pick<NullSetOptions, "signal" | "onProgress">,
): Promise<void> => {
  const active = await model.activeKey();
  if (active === undefined) return;
  const { vectorKey } = active;
  const { administration, nullSets, photos: photoRows, tags } = await catalogue();
  const photos = await administration.countVectors(vectorKey);
  if (!isLargeEnough(photos) || isCurrentNullSet(await nullSets.load(vectorKey), photos)) return;
  const installed = await model.installed();
  if (installed === undefined) return;
  const seen = new Set((await tags.sampleNames()).map(foldTagName));
  const vocabulary = await vocabularyFor(installed, { ...config.tagging.vocabulary, logger });
  const unseen = vocabulary.filter(
    ({ name, synonyms }) => ![name, ...synonyms].some((word) => seen.has(foldTagName(word))),
  );
  const { signal } = options;
  const bestCosines: NullSetDeps["bestCosines"] = async (vectors, limit) => {
    if (photos <= SCANNED_PHOTOS) {
      return nearestByScan(photoRows.vectorPages(vectorKey, SCANNED_AT_ONCE), vectors, { limit, signal });
    }
    const reader = await index.reader();
    const nearest: (readonly number[])[] = [];
    for (const vector of vectors) {
      signal.throwIfAborted();
      nearest.push((await reader.nearest({ vector, limit })).map(({ cosine }) => cosine));
    }
    return nearest;
  };
  const measured = await measureNullSet(
    {
      embedTexts: (texts, embedOptions) => inference.encoderOf(installed).embedTexts(texts, embedOptions),
      bestCosines,
    },
    { ...options, captions: nullCaptions(unseen.map(({ name }) => name)), photos },
  );
  if (measured !== undefined) await nullSets.store(vectorKey, measured);
};

export const createNullSets = (deps: NullSetsDeps): NullSets => ({
  load: async (vectorKey) => (await deps.catalogue()).nullSets.load(vectorKey),
  refresh: (options) => refresh(deps, options),
});

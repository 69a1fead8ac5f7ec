/** Search on one library; index and text tower are opened at the first one. */
import { namesBySynonym } from "../../models/embedding/vocabularies.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { RenditionStore } from "../photo/rendition-store.ts";
import { createSearch } from "../search/search.ts";
import type { Search, SearchDeps } from "../search/types.ts";
import type { LibraryIndex } from "./library-index.ts";
import type { LibraryModel } from "./library-model.ts";
import type { NullSets } from "./null-sets.ts";
import { once } from "./once.ts";

interface SearchApiDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly catalogue: () => Promise<Catalogue>;
  readonly index: LibraryIndex;
  readonly model: Pick<LibraryModel, "activeKey">;
  readonly searchModel: SearchDeps["model"];
  readonly nullSets: NullSets;
  readonly renditions: RenditionStore;
}

export interface SearchApi extends Search {
  /** Encoded thumbnail of a photo; undefined when there is none. */
  readonly thumbnailOf: (contentHash: string) => Promise<Uint8Array | undefined>;
}

export const createSearchApi = (deps: SearchApiDeps): SearchApi => {
  const { config, logger, catalogue, index, model, searchModel, nullSets, renditions } = deps;
  const synonyms = once(() => namesBySynonym({ ...config.tagging.vocabulary, logger }));
  const search = once(async () =>
    createSearch({
      catalogue: (await catalogue()).search,
      index: index.searchable,
      model: searchModel,
      absentModel: async () => (await model.activeKey())?.modelId,
      nullSet: nullSets.load,
      termsCalled: async (word) => (await synonyms()).get(word) ?? [],
    }),
  );
  return {
    search: async (request, signal) => (await search()).search(request, signal),
    show: async (photo, signal) => (await search()).show(photo, signal),
    lookUp: async (ids) => (await search()).lookUp(ids),
    similarCounts: async (contentHashes) => (await search()).similarCounts(contentHashes),
    duplicates: async (request, signal) => (await search()).duplicates(request, signal),
    thumbnailOf: async (contentHash) => {
      const facts = (await (await catalogue()).photos.load([contentHash])).get(contentHash)?.thumbnail;
      return facts === undefined ? undefined : renditions.read(contentHash, facts.format);
    },
  };
};

/** Lists in another order than that of relevance. */
import type { IndexFilter, VectorIndex } from "../vectors/types.ts";
import type { PhotoSortKeys, SearchCatalogue, SearchSort } from "./types.ts";

export interface SortedListDeps {
  readonly index: Pick<VectorIndex, "list">;
  readonly catalogue: Pick<SearchCatalogue, "newestAdded" | "sortKeys">;
}

interface ListQuery {
  readonly filter: IndexFilter | undefined;
  /** Photos that pass the filter. */
  readonly passing: number;
  /** How much of the list is wanted. */
  readonly needed: number;
  readonly signal: AbortSignal;
}

/** The index does not know when photos came: up to so many that pass are sorted here, more are met one lot after another. */
const SORTED_AT_ONCE = 5_000;
const LOT = 500;

const byHash = (left: string, right: string): number => (left < right ? -1 : 1);

const COMPARE: Readonly<
  Record<Exclude<SearchSort, "relevance">, (left: PhotoSortKeys, right: PhotoSortKeys) => number>
> = {
  newest: (left, right) => (right.capturedKey ?? -Infinity) - (left.capturedKey ?? -Infinity),
  oldest: (left, right) => (left.capturedKey ?? Infinity) - (right.capturedKey ?? Infinity),
  added: (left, right) => right.addedAt - left.addedAt,
};

/** Sorted, with photos of equal keys in order of their hashes. Photos that are gone meanwhile are left out. */
export const sortPhotos = async <Photo extends { readonly contentHash: string }>(
  catalogue: SortedListDeps["catalogue"],
  photos: readonly Photo[],
  sort: Exclude<SearchSort, "relevance">,
): Promise<readonly Photo[]> => {
  const keys = await catalogue.sortKeys(photos.map(({ contentHash }) => contentHash));
  const known = photos.flatMap((photo) => {
    const key = keys.get(photo.contentHash);
    return key === undefined ? [] : [{ photo, key }];
  });
  return known
    .toSorted(
      (left, right) => COMPARE[sort](left.key, right.key) || byHash(left.photo.contentHash, right.photo.contentHash),
    )
    .map(({ photo }) => photo);
};

const addedAmongAll = async (
  { index, catalogue }: SortedListDeps,
  filter: IndexFilter,
  { needed, signal }: ListQuery,
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let offset = 0; found.length < needed; offset += LOT) {
    signal.throwIfAborted();
    const lot = await catalogue.newestAdded({ limit: LOT, offset });
    if (lot.length === 0) break;
    const passing = new Set(await index.list({ filter: { ...filter, contentHashes: lot }, limit: LOT }));
    found.push(...lot.filter((hash) => passing.has(hash)));
  }
  return found;
};

const listAdded = async (deps: SortedListDeps, query: ListQuery): Promise<readonly string[]> => {
  const { index, catalogue } = deps;
  const { filter, passing, needed } = query;
  if (filter === undefined) return catalogue.newestAdded({ limit: needed, offset: 0 });
  if (passing > SORTED_AT_ONCE) return addedAmongAll(deps, filter, query);
  const hashes = await index.list({ filter, limit: passing });
  const sorted = await sortPhotos(
    catalogue,
    hashes.map((contentHash) => ({ contentHash })),
    "added",
  );
  return sorted.map(({ contentHash }) => contentHash);
};

/** Content hashes of photos that pass the filter, at least `needed` of them unless the list ends before. */
export const listSorted = (
  deps: SortedListDeps,
  sort: Exclude<SearchSort, "relevance">,
  query: ListQuery,
): Promise<readonly string[]> => {
  if (sort === "added") return listAdded(deps, query);
  const { filter, needed } = query;
  return deps.index.list({ ...(filter === undefined ? {} : { filter }), order: sort, limit: needed });
};

/** How many other photos of the library look nearly the same: copies that were edited or made smaller. */
import { hammingDistance } from "../photo/perceptual-hash.ts";
import { NEAR_DISTANCE } from "./duplicate-groups.ts";
import { isTellingHash } from "./hash-neighbours.ts";
import type { SearchCatalogue } from "./types.ts";

/**
 * By content hash. Photos without a telling perceptual hash are left out: any two flat pictures look alike.
 * @param contentHashes a few photos; each is compared with the whole library
 */
export const countSimilar = async (
  catalogue: Pick<SearchCatalogue, "perceptualHashes">,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const wanted = new Set(contentHashes);
  const all = await catalogue.perceptualHashes();
  const own = all.filter(({ contentHash, hash }) => wanted.has(contentHash) && isTellingHash(hash));
  return new Map(
    own.map(({ contentHash, hash }) => {
      const near = all.filter((other) => hammingDistance(hash, other.hash) <= NEAR_DISTANCE);
      return [contentHash, near.filter((other) => other.contentHash !== contentHash).length];
    }),
  );
};

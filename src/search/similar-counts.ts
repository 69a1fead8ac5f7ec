/** How many other photos of the library look nearly the same: copies that were edited or made smaller. */
import { NEAR_DISTANCE } from "./duplicate-groups.ts";
import { bitCount, isTellingHash } from "./hash-neighbours.ts";
import type { SearchCatalogue } from "./types.ts";

/** 32-bit words of a hash of 18 bytes, the last one half used. */
const WORDS = 5;
const WORD_BYTES = 4;

/** One after the other, so that a look at a whole library is a walk through memory. */
const packed = (hashes: readonly Uint8Array[]): Uint32Array => {
  const bytes = new Uint8Array(hashes.length * WORDS * WORD_BYTES);
  hashes.forEach((hash, place) => bytes.set(hash, place * WORDS * WORD_BYTES));
  return new Uint32Array(bytes.buffer);
};

const countNear = (all: Uint32Array, own: Uint32Array): number => {
  let near = 0;
  for (let start = 0; start < all.length; start += WORDS) {
    let bits = 0;
    for (let word = 0; word < WORDS && bits <= NEAR_DISTANCE; word += 1) {
      bits += bitCount(((all[start + word] ?? 0) ^ (own[word] ?? 0)) >>> 0);
    }
    if (bits <= NEAR_DISTANCE) near += 1;
  }
  return near;
};

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
  const words = packed(all.map(({ hash }) => hash));
  return new Map(
    all.flatMap(({ contentHash, hash }) =>
      wanted.has(contentHash) && isTellingHash(hash)
        ? [[contentHash, countNear(words, packed([hash])) - 1] as const] // it is near itself
        : [],
    ),
  );
};

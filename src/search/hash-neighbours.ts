/**
 * Perceptual hashes within a few bits of each other, without comparing every pair: multi-index hashing (Norouzi, Punjani
 * and Fleet 2012). Cut into `distance + 1` bands, two hashes that differ in at most `distance` bits agree in one band.
 */
import { PERCEPTUAL_HASH_BYTES } from "../photo/perceptual-hash.ts";

const HASH_BITS = PERCEPTUAL_HASH_BYTES * 8;
const GRADIENT_BITS = HASH_BITS / 2;
const WORD_BITS = 32;
/** 32-bit words of a hash, the last one half used. */
const WORDS = 5;
/** Has no factor in common with the bits of a hash; near their golden section, so that neighbours end up far apart. */
const STRIDE = 89;
/** Bits that differ from an all-rising or all-falling picture, in both directions together. */
const MIN_TELLING_BITS = 12;

/** Bits set in a 32-bit word. */
export const bitCount = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

const bitsSet = (hash: Uint8Array, from: number, to: number): number => {
  let bits = 0;
  for (let position = from; position < to; position += 1) bits += bitCount(hash[position] ?? 0);
  return bits;
};

/**
 * False for flat, blank and evenly graded pictures: their hashes are nearly constant, so that equal ones say nothing.
 * The first 9 bytes compare neighbours in a row, the last 9 in a column.
 */
export const isTellingHash = (hash: Uint8Array): boolean => {
  const rows = bitsSet(hash, 0, PERCEPTUAL_HASH_BYTES / 2);
  const columns = bitsSet(hash, PERCEPTUAL_HASH_BYTES / 2, PERCEPTUAL_HASH_BYTES);
  return Math.min(rows, GRADIENT_BITS - rows) + Math.min(columns, GRADIENT_BITS - columns) >= MIN_TELLING_BITS;
};

/**
 * Bits are dealt out over the words in steps of {@link STRIDE}, so that a band takes its bits from all over the picture:
 * an even sky makes a run of equal bits, and bands inside such a run would put a third of a library together.
 */
const packed = (hashes: readonly Uint8Array[]): Uint32Array => {
  const words = new Uint32Array(hashes.length * WORDS);
  hashes.forEach((hash, photo) => {
    for (let bit = 0; bit < HASH_BITS; bit += 1) {
      const from = (bit * STRIDE) % HASH_BITS;
      const isSet = ((hash[from >> 3] ?? 0) >> (from & 7)) & 1;
      const word = photo * WORDS + Math.floor(bit / WORD_BITS);
      words[word] = ((words[word] ?? 0) | (isSet << (bit % WORD_BITS))) >>> 0;
    }
  });
  return words;
};

interface Band {
  readonly first: number;
  readonly bits: number;
}

const bandsFor = (distance: number): readonly Band[] => {
  const count = distance + 1;
  return Array.from({ length: count }, (_, band) => {
    const first = Math.floor((band * HASH_BITS) / count);
    return { first, bits: Math.min(WORD_BITS - 1, Math.floor(((band + 1) * HASH_BITS) / count) - first) };
  });
};

/** The bits of one band of one hash; a band wider than 31 bits counts by its first 31. */
const bandValue = (words: Uint32Array, photo: number, { first, bits }: Band): number => {
  const word = photo * WORDS + Math.floor(first / WORD_BITS);
  const offset = first % WORD_BITS;
  const low = (words[word] ?? 0) >>> offset;
  const high = offset === 0 ? 0 : (words[word + 1] ?? 0) << (WORD_BITS - offset);
  return (low | high) & (2 ** bits - 1);
};

/** Photos in order of their band value, then of their position; each a number, so that sorting is native. */
const sortedByBand = (words: Uint32Array, count: number, band: Band): Float64Array =>
  Float64Array.from({ length: count }, (_, photo) => bandValue(words, photo, band) * count + photo).sort();

/** Position of the first key that is not below `wanted`. */
const lowerBound = (keys: Float64Array, wanted: number): number => {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Gives the later photos (by position) within the distance of one photo, each with its number of differing bits. */
export type FindNeighbours = (photo: number) => ReadonlyMap<number, number>;

/** @param distance 0..16 */
export const createNeighbourFinder = (hashes: readonly Uint8Array[], distance: number): FindNeighbours => {
  const count = hashes.length;
  const words = packed(hashes);
  const tables = bandsFor(distance).map((band) => ({ band, keys: sortedByBand(words, count, band) }));
  const differing = (left: number, right: number): number => {
    let bits = 0;
    for (let word = 0; word < WORDS && bits <= distance; word += 1) {
      bits += bitCount((words[left * WORDS + word] ?? 0) ^ (words[right * WORDS + word] ?? 0));
    }
    return bits;
  };
  return (photo) => {
    const near = new Map<number, number>();
    for (const { band, keys } of tables) {
      const first = bandValue(words, photo, band) * count; // key of photo 0 in this band, were it there
      for (let at = lowerBound(keys, first + photo + 1); at < count; at += 1) {
        const other = (keys[at] ?? 0) - first;
        if (other >= count) break;
        const bits = differing(photo, other);
        if (bits <= distance) near.set(other, bits);
      }
    }
    return near;
  };
};

/** Learns byte-pair merges from a few words, so that generated tokenizers merge as real ones do. */

type Merge = readonly [string, string];

const countPairs = (words: readonly (readonly string[])[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const word of words) {
    for (let index = 0; index + 1 < word.length; index += 1) {
      const pair = `${word[index]} ${word[index + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  return counts;
};

const mergePair = (word: readonly string[], [left, right]: Merge): readonly string[] => {
  const merged: string[] = [];
  for (let index = 0; index < word.length; index += 1) {
    if (word[index] === left && word[index + 1] === right) {
      merged.push(left + right);
      index += 1;
    } else merged.push(word[index] ?? "");
  }
  return merged;
};

/**
 * @param words split into their first symbols; none may hold a space
 * @returns at most `count` merges, most frequent pair first, ties by spelling
 */
export const learnMerges = (words: readonly (readonly string[])[], count: number): readonly Merge[] => {
  const merges: Merge[] = [];
  let current = words;
  while (merges.length < count) {
    const [best] = [...countPairs(current)].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
    if (best === undefined) break;
    const [left = "", right = ""] = best[0].split(" ");
    merges.push([left, right]);
    current = current.map((word) => mergePair(word, [left, right]));
  }
  return merges;
};

/**
 * Cosines of all photos to many queries at once, from one pass over the stored vectors. The vector index would read every
 * vector anew for each query, and keep memory by the hundred MB for it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

const dot = (left: Float32Array, right: Float32Array): number => {
  let [even, odd] = [0, 0]; // two sums: each addition waits for the one before
  const length = left.length - (left.length % 2);
  for (let place = 0; place < length; place += 2) {
    even += (left[place] ?? 0) * (right[place] ?? 0);
    odd += (left[place + 1] ?? 0) * (right[place + 1] ?? 0);
  }
  return length < left.length ? even + odd + (left[length] ?? 0) * (right[length] ?? 0) : even + odd;
};

/** The largest values added so far, largest first. */
const createLargest = (
  limit: number,
): { readonly add: (value: number) => void; readonly values: readonly number[] } => {
  const values: number[] = [];
  return {
    values,
    add: (value) => {
      if (values.length === limit && value <= (values.at(-1) ?? -Infinity)) return;
      let place = values.length;
      while (place > 0 && (values[place - 1] ?? 0) < value) place -= 1;
      values.splice(place, 0, value);
      if (values.length > limit) values.pop();
    },
  };
};

/**
 * @param pages stored vectors of length 1, some at a time: other work gets its turn between two pages
 * @param queries vectors of length 1 and the same dimension
 * @returns for each query the cosines of the `limit` nearest photos, best first
 */
export const nearestByScan = async (
  pages: AsyncIterable<readonly Float32Array[]>,
  queries: readonly Float32Array[],
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<readonly (readonly number[])[]> => {
  const nearest = queries.map(() => createLargest(limit));
  for await (const vectors of pages) {
    signal.throwIfAborted();
    for (const [place, query] of queries.entries()) {
      for (const vector of vectors) nearest[place]?.add(dot(query, vector));
    }
    await nextTurn();
  }
  return nearest.map(({ values }) => values);
};

/** Keeps results within what a client's context can take. */

/** Characters of a data result; 8,000 tokens are 32,000. */
export const MAX_RESULT = 30_000;

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

/**
 * The result made with the first of the limits that keeps it short enough, else with the last.
 * @param limits from rich to poor
 */
export const fitResult = <Limits, Result>(limits: readonly Limits[], make: (limits: Limits) => Result): Result => {
  const [first, ...poorer] = limits;
  if (first === undefined) throw new RangeError("Expected limits to make a result with, received none.");
  let result = make(first);
  for (const one of poorer) {
    if (sizeOf(result) <= MAX_RESULT) break;
    result = make(one);
  }
  return result;
};

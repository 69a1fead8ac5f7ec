import fc from "fast-check";
import { expect, test } from "vitest";
import { inInputOrder } from "../../../../src/cli/process/input-order.ts";
import type { ProcessOutcome } from "../../../../src/pipeline/outcome.ts";

const outcome = (index: number): ProcessOutcome => ({
  status: "unchanged",
  index,
  source: { displayPath: String(index), absolutePath: Buffer.from("/a"), rootPath: Buffer.from("/") },
  contentHash: "",
});
async function* of(indexes: readonly number[]): AsyncGenerator<ProcessOutcome> {
  for (const index of indexes) yield outcome(index);
}
const order = async (indexes: readonly number[]): Promise<readonly number[]> => {
  const result: number[] = [];
  for await (const { index } of inInputOrder(of(indexes))) result.push(index);
  return result;
};

test("any order of completion comes out in the order of the inputs", async () => {
  const permutation = fc.integer({ min: 0, max: 40 }).chain((length) =>
    fc.shuffledSubarray(
      Array.from({ length }, (_, index) => index),
      { minLength: length },
    ),
  );
  await fc.assert(
    fc.asyncProperty(permutation, async (indexes) => {
      expect(await order(indexes)).toEqual(indexes.toSorted((left, right) => left - right));
    }),
  );
});

test("outcomes come as soon as all before them have come", async () => {
  const taken: number[] = [];
  const outcomes = inInputOrder(of([1, 0, 2, 4, 3]));
  taken.push((await outcomes.next()).value?.index, (await outcomes.next()).value?.index);
  expect(taken).toEqual([0, 1]);
  await outcomes.return(undefined);
});

test("what stands behind a gap comes at the end, in order", async () => {
  expect(await order([5, 0, 3])).toEqual([0, 3, 5]);
});

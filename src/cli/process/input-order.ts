/** Puts outcomes back into the order of their sources. */
import type { ProcessOutcome } from "../../pipeline/outcome.ts";

/** How far outcomes may run ahead of the oldest one that is missing; the pipeline holds to it. */
export const ORDER_WINDOW = 256;

export async function* inInputOrder(outcomes: AsyncIterable<ProcessOutcome>): AsyncGenerator<ProcessOutcome> {
  const waiting = new Map<number, ProcessOutcome>();
  let next = 0;
  for await (const outcome of outcomes) {
    waiting.set(outcome.index, outcome);
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next);
      next += 1;
      yield ready;
    }
  }
  yield* [...waiting.values()].sort((left, right) => left.index - right.index); // behind a gap, after an interruption
}

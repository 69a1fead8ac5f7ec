/** Two streams that are written as one. */
import type { ProcessOutcome } from "../../pipeline/outcome.ts";
import type { PhotoResult } from "../../app/enrichment/process-run-types.ts";

interface Side<Value> {
  readonly iterator: AsyncIterator<Value>;
  /** What came and was not taken yet. */
  ready?: IteratorResult<Value>;
  failure?: { readonly error: unknown };
}

const pull = <Value>(side: Side<Value>, onReady: () => void): void => {
  side.iterator.next().then(
    (result) => {
      side.ready = result;
      onReady();
    },
    (error: unknown) => {
      side.failure = { error };
      onReady();
    },
  );
};

/**
 * Values as they come, from whichever side. A side is asked for its next value when the consumer is done with the last
 * one, so the consumer is never ahead of either.
 */
async function* merge<Value>(streams: readonly AsyncIterable<Value>[], onEnd: () => void): AsyncGenerator<Value> {
  const sides = new Set(streams.map((stream): Side<Value> => ({ iterator: stream[Symbol.asyncIterator]() })));
  let onReady = (): void => undefined;
  const signal = (): void => onReady();
  for (const side of sides) pull(side, signal);
  try {
    while (sides.size > 0) {
      const side = [...sides].find(({ ready, failure }) => ready !== undefined || failure !== undefined);
      if (side === undefined) {
        await new Promise<void>((resolve) => (onReady = resolve));
        continue;
      }
      const { ready, failure } = side;
      delete side.ready;
      if (failure !== undefined || ready === undefined || ready.done === true) sides.delete(side);
      if (failure !== undefined) throw failure.error;
      if (ready === undefined || ready.done === true) continue;
      yield ready.value;
      pull(side, signal);
    }
  } finally {
    onEnd();
    await Promise.all([...sides].map(async ({ iterator }) => await iterator.return?.()));
  }
}

export type StreamItem =
  | { readonly stream: "core"; readonly outcome: ProcessOutcome }
  | { readonly stream: "enrichment"; readonly result: PhotoResult };

export interface DualStreamOptions {
  readonly outcomes: AsyncIterable<ProcessOutcome>;
  /** Ends when its signal aborts. */
  readonly results: (signal: AbortSignal) => AsyncIterable<PhotoResult>;
  /** Every photo first, then what language models say. */
  readonly isOrdered: boolean;
  /** Every outcome has been dealt with. */
  readonly onCoreDone: () => void;
  /** Ends the results; the outcomes have a signal of their own. */
  readonly signal: AbortSignal;
}

async function* coreItems({ outcomes, onCoreDone }: DualStreamOptions): AsyncGenerator<StreamItem> {
  for await (const outcome of outcomes) yield { stream: "core", outcome };
  onCoreDone();
}

async function* enrichmentItems(results: AsyncIterable<PhotoResult>): AsyncGenerator<StreamItem> {
  for await (const result of results) yield { stream: "enrichment", result };
}

export async function* dualStream(options: DualStreamOptions): AsyncGenerator<StreamItem> {
  const { results, isOrdered, signal } = options;
  const stop = new AbortController();
  const core = coreItems(options);
  const enrichment = enrichmentItems(results(AbortSignal.any([signal, stop.signal])));
  if (!isOrdered) return yield* merge([core, enrichment], () => stop.abort());
  yield* core;
  yield* enrichment;
}

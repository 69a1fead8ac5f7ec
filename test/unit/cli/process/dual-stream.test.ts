import { expect, test } from "vitest";
import type { PhotoResult } from "../../../../src/app/enrichment/process-run-types.ts";
import { dualStream, type DualStreamOptions, type StreamItem } from "../../../../src/cli/process/dual-stream.ts";
import type { ProcessOutcome } from "../../../../src/pipeline/outcome.ts";

const outcome = (index: number): ProcessOutcome => ({
  status: "unchanged",
  index,
  contentHash: `hash ${index}`,
  source: {
    displayPath: `${index}.jpg`,
    absolutePath: Buffer.from(`/${index}.jpg`),
    rootPath: Buffer.from("/"),
  },
});
const queued = (number: number): PhotoResult => ({
  status: "queued",
  contentHash: `hash ${number}`,
  kind: "image_tag",
});

/** A stream that the test feeds; it notes when it is asked and when it is closed. */
const createFeed = <Value>() => {
  const waiting: ((result: IteratorResult<Value>) => void)[] = [];
  let asked = 0;
  let isClosed = false;
  const stream: AsyncIterable<Value> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked += 1;
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: () => {
        isClosed = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  return {
    stream,
    give: (value: Value) => waiting.shift()?.({ done: false, value }),
    end: () => waiting.shift()?.({ done: true, value: undefined }),
    asked: () => asked,
    isClosed: () => isClosed,
  };
};

const settle = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

async function* several<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

const nameOf = (item: StreamItem): string =>
  item.stream === "core" ? `core ${item.outcome.index}` : `enrichment ${item.result.status}`;

const collect = async (options: Partial<DualStreamOptions>): Promise<readonly string[]> => {
  const names: string[] = [];
  const stream = dualStream({
    outcomes: several([outcome(0), outcome(1)]),
    results: () => several([queued(0), queued(1)]),
    isOrdered: false,
    onCoreDone: () => void names.push("core done"),
    signal: new AbortController().signal,
    ...options,
  });
  for await (const item of stream) names.push(nameOf(item));
  return names;
};

test("in order: every photo, then every description", async () => {
  expect(await collect({ isOrdered: true })).toEqual([
    "core 0",
    "core 1",
    "core done",
    "enrichment queued",
    "enrichment queued",
  ]);
});

test("as they come: a description does not wait for the photos behind it", async () => {
  const core = createFeed<ProcessOutcome>();
  const described = createFeed<PhotoResult>();
  const seen: string[] = [];
  const reading = (async () => {
    const stream = dualStream({
      outcomes: core.stream,
      results: () => described.stream,
      isOrdered: false,
      onCoreDone: () => void seen.push("core done"),
      signal: new AbortController().signal,
    });
    for await (const item of stream) seen.push(nameOf(item));
  })();
  await settle();
  core.give(outcome(0));
  await settle();
  described.give(queued(0));
  await settle();
  expect(seen).toEqual(["core 0", "enrichment queued"]);
  core.end();
  await settle();
  expect(seen.at(-1)).toBe("core done");
  described.give(queued(1));
  await settle();
  described.end();
  await reading;
  expect(seen.at(-1)).toBe("enrichment queued");
});

test("no side is asked for more before its last value has been dealt with", async () => {
  const core = createFeed<ProcessOutcome>();
  const stream = dualStream({
    outcomes: core.stream,
    results: () => createFeed<PhotoResult>().stream,
    isOrdered: false,
    onCoreDone: () => undefined,
    signal: new AbortController().signal,
  });
  const first = stream.next();
  await settle();
  core.give(outcome(0));
  await first;
  await settle();
  expect(core.asked()).toBe(1);
  void stream.next();
  await settle();
  expect(core.asked()).toBe(2);
});

test("an error of one side ends both, and the results are told first", async () => {
  let resultsSignal: AbortSignal | undefined;
  async function* failing(): AsyncGenerator<ProcessOutcome> {
    yield outcome(0);
    throw new Error("the disk is gone");
  }
  async function* untilStopped(signal: AbortSignal): AsyncGenerator<PhotoResult> {
    resultsSignal = signal;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield* [];
  }
  await expect(collect({ outcomes: failing(), results: untilStopped })).rejects.toThrow("the disk is gone");
  expect(resultsSignal?.aborted).toBe(true);
});

test("a consumer that stops closes both sides", async () => {
  const core = createFeed<ProcessOutcome>();
  const described = createFeed<PhotoResult>();
  const stream = dualStream({
    outcomes: core.stream,
    results: () => described.stream,
    isOrdered: false,
    onCoreDone: () => undefined,
    signal: new AbortController().signal,
  });
  const first = stream.next();
  await settle();
  core.give(outcome(0));
  await first;
  const ended = stream.return(undefined);
  await settle();
  described.end(); // its pending wait ends, as an aborted one does
  await ended;
  expect(core.isClosed()).toBe(true);
});

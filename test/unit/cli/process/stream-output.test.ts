import { expect, test } from "vitest";
import type { AnyRecord } from "../../../../src/cli/process/output.ts";
import {
  createArrayStream,
  createLineStream,
  createObjectStream,
  type Sink,
} from "../../../../src/cli/process/stream-output.ts";

const record = (name: string): AnyRecord => ({ type: "error", file_path: name, code: "internal", message: "a\nb" });
const collect = (): { writes: string[]; sink: Sink } => {
  const writes: string[] = [];
  return { writes, sink: async (text) => void writes.push(text) };
};

test("lines: one write per record", async () => {
  const { writes, sink } = collect();
  const output = createLineStream(sink);
  await output.write(record("a"));
  await output.write(record("b"));
  await output.finish("complete");
  expect(writes).toEqual([`${JSON.stringify(record("a"))}\n`, `${JSON.stringify(record("b"))}\n`]);
});

test.each([0, 1, 3])("an array of %i elements is what JSON.stringify would indent", async (count) => {
  const records = Array.from({ length: count }, (_, number) => record(String(number)));
  const { writes, sink } = collect();
  const output = createArrayStream(sink);
  for (const one of records) await output.write(one);
  expect(writes).toHaveLength(count); // each element leaves at once
  await output.finish("interrupted");
  expect(writes.join("")).toBe(`${JSON.stringify(records, undefined, 2)}\n`);
});

test("one file: an object, an array when there is more, nothing when there is nothing", async () => {
  const written = async (records: readonly AnyRecord[]): Promise<string> => {
    const { writes, sink } = collect();
    const output = createObjectStream(sink);
    for (const one of records) await output.write(one);
    await output.finish("complete");
    return writes.join("");
  };
  expect(await written([record("a")])).toBe(`${JSON.stringify(record("a"), undefined, 2)}\n`);
  expect(await written([record("a"), record("b")])).toBe(
    `${JSON.stringify([record("a"), record("b")], undefined, 2)}\n`,
  );
  expect(await written([])).toBe("");
});

test("the next record waits until the last one was taken", async () => {
  const waiting: (() => void)[] = [];
  const output = createLineStream(() => new Promise((resolve) => waiting.push(resolve)));
  let isDone = false;
  const write = output.write(record("a")).then(() => (isDone = true));
  await Promise.resolve();
  expect([waiting.length, isDone]).toEqual([1, false]);
  waiting[0]?.();
  await write;
  expect(isDone).toBe(true);
});

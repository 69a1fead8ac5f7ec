/** Memory for whole files: lent once, used again, never in two hands. */
import { expect, test } from "vitest";
import { createReadBuffers } from "../../../../src/pipeline/decode/read-buffers.ts";

const MIB = 1024 ** 2;

test("memory that was given back is lent again", () => {
  const buffers = createReadBuffers(2);
  const first = buffers.take(1000);
  buffers.giveBack(first);
  const second = buffers.take(2000);
  expect(second).toHaveLength(2000);
  expect(second.buffer).toBe(first.buffer);
});

test("memory in use is never lent twice", () => {
  const buffers = createReadBuffers(2);
  const taken = [buffers.take(10), buffers.take(10), buffers.take(10)];
  expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(3);
});

test("bytes that are given back twice count once", () => {
  const buffers = createReadBuffers(2);
  const bytes = buffers.take(10);
  buffers.giveBack(bytes);
  buffers.giveBack(bytes);
  expect(buffers.take(10).buffer).not.toBe(buffers.take(10).buffer);
});

test("a file gets the smallest memory that holds it", () => {
  const buffers = createReadBuffers(2);
  const [small, large] = [buffers.take(MIB), buffers.take(3 * MIB)];
  buffers.giveBack(large);
  buffers.giveBack(small);
  expect(buffers.take(2 * MIB).buffer).toBe(large.buffer);
  expect(buffers.take(10).buffer).toBe(small.buffer);
});

test("only the largest buffers are kept beyond the limit, and none of a very large file", () => {
  const buffers = createReadBuffers(1);
  const [small, large, huge] = [buffers.take(MIB), buffers.take(2 * MIB), buffers.take(40 * MIB)];
  for (const bytes of [small, large, huge]) buffers.giveBack(bytes);
  expect(buffers.take(40 * MIB).buffer).not.toBe(huge.buffer);
  expect(buffers.take(10).buffer).toBe(large.buffer);
  expect(buffers.take(10).buffer).not.toBe(small.buffer);
});

test("foreign bytes are not kept", () => {
  const buffers = createReadBuffers(1);
  const foreign = new Uint8Array(10);
  buffers.giveBack(foreign);
  expect(buffers.take(10).buffer).not.toBe(foreign.buffer);
});

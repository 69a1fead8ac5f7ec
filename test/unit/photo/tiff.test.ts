import { expect, test } from "vitest";
import { readTiff, TIFF_TAGS } from "../../../src/photo/tiff.ts";

const entry = (tag: number, type: number, count: number, value: number): number[] => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(tag, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeUInt32LE(count, 4);
  bytes.writeUInt32LE(value, 8);
  return [...bytes];
};
const tiffOf = (entries: number[][], next = 0): Buffer =>
  Buffer.from([...Buffer.from("II*\0\x08\0\0\0", "latin1"), entries.length, 0, ...entries.flat(), next, 0, 0, 0]);

test("reads numbers and text", () => {
  const bytes = tiffOf([entry(TIFF_TAGS.make, 2, 4, 0x006e6f53), entry(TIFF_TAGS.orientation, 3, 1, 6)]);
  const tiff = readTiff(bytes);
  const [first] = tiff?.directories ?? [];
  expect(first && tiff?.numbers(first, TIFF_TAGS.orientation)).toEqual([6]);
  expect(first && tiff?.text(first, TIFF_TAGS.make)).toBe("Son");
});

test("stops at directories that name each other", () => {
  const bytes = tiffOf([entry(TIFF_TAGS.subIfds, 4, 1, 8)], 8);
  expect(readTiff(bytes)?.directories).toHaveLength(1);
});

test("takes values outside the file for absent", () => {
  const bytes = tiffOf([
    entry(TIFF_TAGS.stripOffsets, 4, 0xffffffff, 0x7fffffff),
    entry(TIFF_TAGS.make, 2, 0xffffffff, 0xffffff00),
    entry(TIFF_TAGS.subIfds, 4, 1, 0xfffffff0),
  ]);
  const tiff = readTiff(bytes);
  const [first] = tiff?.directories ?? [];
  expect(tiff?.directories).toHaveLength(1);
  expect(first && tiff?.numbers(first, TIFF_TAGS.stripOffsets)).toEqual([]);
  expect(first && tiff?.text(first, TIFF_TAGS.make)).toBe("");
});

test("reads every cut of a file without an error", () => {
  const bytes = tiffOf([entry(TIFF_TAGS.make, 2, 4, 0x006e6f53), entry(TIFF_TAGS.orientation, 3, 1, 6)]);
  for (let length = 0; length < bytes.length; length += 1) {
    const directories = readTiff(bytes.subarray(0, length))?.directories ?? [];
    expect(directories.every((directory) => directory.isCutOff)).toBe(true);
  }
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FileEnding, openRecordFile } from "../../../../src/cli/process/record-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-records-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

interface Reading {
  readonly paths: readonly (string | undefined)[];
  readonly texts: readonly string[];
  readonly ending: FileEnding;
}

const read = async (content: string | Buffer): Promise<Reading> => {
  const path = join(folder, "records");
  await writeFile(path, content);
  const file = openRecordFile(path);
  const paths: (string | undefined)[] = [];
  const texts: string[] = [];
  for await (const record of file.records()) {
    paths.push(record.filePath);
    texts.push(record.text.toString());
  }
  return { paths, texts, ending: file.ending() };
};

const record = (name: string): { file_path: string; content_hash: string; embedding: number[]; tags: object[] } => ({
  file_path: name,
  content_hash: name.repeat(4),
  embedding: [0.1, 0.2],
  tags: [{ name: "x" }],
});
const line = (name: string): string => JSON.stringify(record(name));
const whole = { tornFrom: undefined, isClosed: true, damagedPieces: 0 };

test("lines, tagged and bare, with and without a last newline", async () => {
  const content = `${line("a")}\n{"type":"enrichment","content_hash":"h"}\n\n${line("b")}`;
  const { paths, texts, ending } = await read(content);
  expect(paths).toEqual(["a", undefined, "b"]);
  expect(texts[0]).toBe(line("a"));
  expect(ending).toEqual({ shape: "lines", ...whole });
});

test.each([undefined, 2])("an array, indent %s, gives its elements as they stand", async (indent) => {
  const { paths, texts, ending } = await read(`${JSON.stringify([record("a"), record("b")], undefined, indent)}\n`);
  expect(paths).toEqual(["a", "b"]);
  expect(texts.map((text): unknown => JSON.parse(text))).toEqual([record("a"), record("b")]);
  expect(ending).toEqual({ shape: "array", ...whole });
});

test("one indented object", async () => {
  const { paths, ending } = await read(JSON.stringify(record("a"), undefined, 2));
  expect(paths).toEqual(["a"]);
  expect(ending).toEqual({ shape: "lines", ...whole });
});

test.each(["", "\n \n"])("nothing in %j", async (content) => {
  expect((await read(content)).ending).toEqual({ shape: "empty", ...whole });
});

test("an empty array", async () => {
  expect((await read("[]\n")).ending).toEqual({ shape: "array", ...whole });
});

test("a torn last line is reported from its first byte, wherever it is torn", async () => {
  const start = line("a").length + 1;
  for (const length of [1, 5, 14, 30, 45, 60, line("b").length - 1]) {
    const { paths, ending } = await read(`${line("a")}\n${line("b").slice(0, length)}`);
    expect(paths).toEqual(["a"]);
    expect(ending).toEqual({ shape: "lines", tornFrom: start, isClosed: true, damagedPieces: 0 });
  }
});

test("a torn array gives its complete elements", async () => {
  const content = `[${line("a")},${line("b")},${line("c").slice(0, 20)}`;
  const { paths, ending } = await read(content);
  expect(paths).toEqual(["a", "b"]);
  expect(ending).toMatchObject({ shape: "array", tornFrom: line("a").length * 2 + 3, isClosed: false });
  expect((await read(`[${line("a")},`)).ending).toMatchObject({ tornFrom: undefined, isClosed: false });
});

test.each([1, 5, 14, 30, 45, 60])("a line torn after %i bytes amid others costs only itself", async (length) => {
  const { paths, ending } = await read(`${line("a")}\n${line("b").slice(0, length)}\n${line("c")}\n${line("d")}\n`);
  expect(paths).toEqual(["a", "c", "d"]);
  expect(ending).toEqual({ shape: "lines", tornFrom: undefined, isClosed: true, damagedPieces: 1 });
});

test("what is no record at all is torn from its start", async () => {
  const { paths, ending } = await read("this is a text file\nwith two lines\n");
  expect(paths).toEqual([]);
  expect(ending.tornFrom).toBe(0);
});

test("records across and beyond the blocks of reading come whole", async () => {
  const long = { ...record("long"), thumbnail: "A".repeat(9 * 1024 * 1024) };
  const many = Array.from({ length: 3000 }, (_, number) => ({
    ...record(`r${number}`),
    thumbnail: "B".repeat(number * 2),
  }));
  const all = [...many, long, ...many];
  const lines = await read(all.map((one) => `${JSON.stringify(one)}\n`).join(""));
  expect(lines.paths).toEqual(all.map((one) => one.file_path));
  expect(lines.ending).toEqual({ shape: "lines", ...whole });
  const array = await read(JSON.stringify(all));
  expect(array.texts).toEqual(lines.texts);
});

/** `photon process` as users run it: real photos made in code, the real pipeline, the sample encoder. */
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSharp } from "../../src/photo/load-sharp.ts";
import { recordJsonSchema } from "../../src/photo/record-schema.ts";
import { runPhotonIn, startPhoton } from "../support/cli.ts";
import { createTestLibrary, type TestLibrary } from "../support/library.ts";
import { photoBytes, writePhotos } from "../support/photos.ts";
import { parseLines, pathsOf, readArray, readLines } from "../support/records.ts";
import type { ProgramResult } from "../support/run-program.ts";

let library: TestLibrary;
beforeEach(async () => {
  library = await createTestLibrary();
});
afterEach(async () => await library[Symbol.asyncDispose]());

/** In the folder of the library: `photos` is the folder of photos. */
const run = (...words: readonly string[]): Promise<ProgramResult> =>
  runPhotonIn(library, ["process", ...words], library.folder);
const at = (name: string): string => join(library.folder, name);
const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";
const isCore = new Ajv2020().compile(recordJsonSchema("processed-image"));

test("the four forms of output hold the same valid records", async () => {
  const names = (await writePhotos(library.photos, { count: 3 })).map((name) => `photos/${name}`);
  const lines = await run("photos", "-f", "jsonl");
  expect(lines.code, lines.stderr).toBe(0);
  const records = parseLines(lines.stdout);
  expect(pathsOf(records).toSorted()).toEqual(names);
  for (const record of records) {
    expect(isCore(record), JSON.stringify(isCore.errors)).toBe(true);
    expect(Object.keys(record)[0]).toBe("file_path"); // no type without --llm
    expect(record.embedding?.length).toBeGreaterThan(0);
  }
  const inOrder = records.toSorted((left, right) => (left.file_path < right.file_path ? -1 : 1));
  const array = await run("photos");
  expect(array.stdout).toBe(`${JSON.stringify(inOrder, undefined, 2)}\n`);
  await run("photos", "-o", "o.jsonl", "--ordered");
  expect(await readFile(at("o.jsonl"), "utf8")).toBe(inOrder.map((record) => `${JSON.stringify(record)}\n`).join(""));
  await run("photos", "-o", "o.json");
  expect(await readFile(at("o.json"), "utf8")).toBe(`${JSON.stringify(inOrder)}\n`);
});

test("one file is an indented object, or one line; the extension decides", async () => {
  await writePhotos(library.photos, { count: 1 });
  const file = "photos/photo-0000.jpg";
  const { stdout } = await run(file);
  expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), undefined, 2)}\n`);
  expect(stdout.startsWith('{\n  "file_path": "photos/photo-0000.jpg",\n')).toBe(true);
  const line = await run(file, "-f", "jsonl");
  expect(line.stdout).toBe(`${JSON.stringify(JSON.parse(stdout))}\n`);
  await run(file, "-o", "one.jsonl");
  expect(await readFile(at("one.jsonl"), "utf8")).toBe(line.stdout);
  await run(file, "-o", "one.json");
  expect(await readFile(at("one.json"), "utf8")).toBe(stdout);
  const against = await run(file, "-o", "two.jsonl", "-f", "json");
  expect(against.stderr).toContain("Writing json into a .jsonl file");
  expect(await readFile(at("two.jsonl"), "utf8")).toBe(stdout);
});

test("--skip-existing adds what is new and leaves old records as they are", async () => {
  await writePhotos(library.photos, { count: 4 });
  for (const file of ["o.json", "o.jsonl"]) {
    await rm(join(library.photos, "photo-0003.jpg"), { force: true });
    await run("photos", "-o", file);
    const old = await readFile(at(file), "utf8");
    await writeFile(join(library.photos, "photo-0003.jpg"), await photoBytes(99));
    const { code, stderr } = await run("photos", "-o", file, "--skip-existing");
    expect(code).toBe(0);
    expect(lastLine(stderr)).toContain("1 succeeded, 0 failed, 3 skipped, 4 in total");
    const now = await readFile(at(file), "utf8");
    expect(now.startsWith(file === "o.json" ? old.slice(0, -2) : old)).toBe(true); // all but "]\n"
    expect(file === "o.json" ? readArray(at(file)) : readLines(at(file))).toHaveLength(4);
    expect(lastLine((await run("photos", "-o", file, "--skip-existing")).stderr)).toContain("4 skipped");
    expect(await readFile(at(file), "utf8")).toBe(now);
  }
});

test("same path and size with new bytes is done again; a renamed photo copies its vector", async () => {
  const [first = ""] = await writePhotos(library.photos, { count: 2 });
  const path = join(library.photos, first);
  await appendFile(path, "trailing A");
  await run("photos", "-o", "o.jsonl");
  const bytes = await readFile(path);
  await writeFile(path, Buffer.concat([bytes.subarray(0, -1), Buffer.from("B")]));
  expect(lastLine((await run("photos", "-o", "o.jsonl", "--skip-existing")).stderr)).toContain(
    "1 succeeded, 0 failed, 1 skipped",
  );
  const before = readLines(at("o.jsonl")).at(-1);
  await rename(path, join(library.photos, "renamed.jpg"));
  expect(lastLine((await run("photos", "-o", "o.jsonl", "--skip-existing")).stderr)).toContain(
    "1 succeeded, 0 failed, 1 skipped",
  );
  expect(readLines(at("o.jsonl")).at(-1)).toEqual({
    ...before,
    file_path: "photos/renamed.jpg",
    file_name: "renamed.jpg",
  });
});

test("--skip-existing of one file", async () => {
  await writePhotos(library.photos, { count: 1 });
  await run("photos/photo-0000.jpg", "-o", "one.json");
  const { code, stderr } = await run("photos/photo-0000.jpg", "-o", "one.json", "--skip-existing");
  expect([code, lastLine(stderr)]).toEqual([0, expect.stringContaining("1 skipped")]);
});

test("a missing input ends with 1 and a hint before anything is done", async () => {
  await writePhotos(library.photos, { count: 1 });
  const { code, stdout, stderr } = await run("photos", "nowhere", "-o", "o.json");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/error: Expected existing files or folders, received nowhere\.\nhint: .+/);
  expect(existsSync(at("o.json"))).toBe(false);
});

test("a folder without photos is a warning that names the extensions, exit 0", async () => {
  await writeFile(join(library.photos, "notes.txt"), "");
  const { code, stdout, stderr } = await run("photos");
  expect([code, stdout]).toEqual([0, "[]\n"]);
  expect(stderr).toMatch(/warn: No photos found in photos\. .*jpg jpeg png/);
});

test("good and bad files: 3, the good ones have records; bad ones alone: 1", async () => {
  await writePhotos(library.photos, { count: 1 });
  await writeFile(join(library.photos, "zero.jpg"), "");
  await writeFile(join(library.photos, "text.jpg"), "this is no photo");
  await writeFile(join(library.photos, "torn.jpg"), (await photoBytes(5)).subarray(0, 400));
  const { code, stdout, stderr } = await run("photos", "-f", "jsonl");
  expect(code).toBe(3);
  expect(pathsOf(parseLines(stdout))).toEqual(["photos/photo-0000.jpg"]);
  for (const name of ["zero", "text", "torn"])
    expect(stderr).toMatch(new RegExp(`photos/${name}\\.jpg: .+ \\([a-z_]+\\)\\n`));
  expect((await run("photos/zero.jpg", "photos/text.jpg")).code).toBe(1);
});

test("the size limit holds to the byte", async () => {
  await writePhotos(library.photos, { count: 1 });
  const path = join(library.photos, "photo-0000.jpg");
  const bytes = await readFile(path);
  await library.configure("[limits]\nmax_file_size_mb = 1\n");
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(1_048_576 - bytes.length)]));
  expect((await run("photos", "--no-store")).code).toBe(0);
  await appendFile(path, "x");
  const { code, stderr } = await run("photos", "--no-store");
  expect(code).toBe(1);
  expect(stderr).toContain("(too_large)");
  expect(stderr).toContain("limits.max_file_size_mb");
});

test("small photos are not enlarged in their thumbnail; size and quality can be set", async () => {
  await writeFile(join(library.photos, "tiny.jpg"), await photoBytes(1, 40));
  const sharp = await loadSharp();
  const thumbnail = async (...words: readonly string[]): Promise<{ width: number; bytes: number }> => {
    const { stdout } = await run("photos/tiny.jpg", ...words);
    const bytes = Buffer.from((JSON.parse(stdout) as { thumbnail: string }).thumbnail, "base64");
    const { width, format } = await sharp(bytes).metadata();
    expect(format).toBe("webp");
    return { width, bytes: bytes.length };
  };
  const usual = await thumbnail();
  expect(usual.width).toBe(40);
  expect((await thumbnail("--thumbnail-size", "20")).width).toBe(20);
  expect((await thumbnail("--thumbnail-quality", "5")).bytes).toBeLessThan(usual.bytes);
});

test("switches leave out their part", async () => {
  await writePhotos(library.photos, { count: 1 });
  const record = async (...words: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await run("photos/photo-0000.jpg", ...words)).stdout) as Record<string, unknown>; // one object
  expect(await record("--no-thumbnail")).not.toHaveProperty("thumbnail");
  const bare = await record("--no-embedding");
  expect(bare).toMatchObject({ embedding: [], tags: [] });
  expect(bare).not.toHaveProperty("embedding_model");
  const compat = await record("--compat");
  expect(Object.keys(compat)).toEqual([
    "file_path",
    "file_name",
    "content_hash",
    "width",
    "height",
    "format",
    "file_size",
    "embedding",
    "tags",
    "thumbnail",
    "perceptual_hash",
  ]);
  expect(await record("--no-tagging")).toMatchObject({ tags: [] });
});

test("--no-store leaves no library behind", async () => {
  await writePhotos(library.photos, { count: 1 });
  expect((await run("photos", "--no-store")).code).toBe(0);
  expect(existsSync(library.cataloguePath)).toBe(false);
  expect(existsSync(library.renditions)).toBe(false);
});

test("far too many workers are lowered with a warning", async () => {
  await writePhotos(library.photos, { count: 2 });
  const { code, stderr } = await run("photos", "-p", "10000");
  expect(code).toBe(0);
  expect(stderr).toMatch(/warn: Working on \d+ photos at the same time: 10000 is outside 1 to \d+\./);
});

test("Ctrl-C keeps what is done, and the next run completes it", async () => {
  const names = await writePhotos(library.photos, { count: 60, longEdge: 1200 });
  const program = startPhoton(library, ["process", "photos", "-f", "jsonl"], library.folder);
  await program.untilStdout("\n");
  program.child.kill("SIGINT");
  const { code, stdout, stderr } = await program.ended;
  expect(code, stderr).toBe(130);
  expect(lastLine(stderr)).toContain("Stopped: ");
  expect(parseLines(stdout).length).toBeGreaterThan(0);
  const rest = await run("photos", "-o", "o.jsonl", "--skip-existing");
  expect(rest.code, rest.stderr).toBe(0);
  expect(pathsOf(readLines(at("o.jsonl"))).toSorted()).toEqual(names.map((name) => `photos/${name}`));
});

test("names that are not text, and the same photo given twice", async () => {
  await writePhotos(library.photos, { count: 1 });
  await mkdir(join(library.photos, "copies"));
  await copyFile(join(library.photos, "photo-0000.jpg"), join(library.photos, "copies/copy.jpg"));
  const takesAnyName = process.platform === "linux";
  if (takesAnyName) {
    const name = Buffer.concat([Buffer.from(`${library.photos}/caf`), Buffer.from([0xe9]), Buffer.from(".jpg")]);
    await writeFile(name, await photoBytes(2));
  }
  const { code, stdout } = await run("photos", "photos/photo-0000.jpg", "-f", "jsonl");
  expect(code).toBe(0);
  const records = parseLines(stdout);
  expect(pathsOf(records).toSorted()).toEqual(
    [...(takesAnyName ? ["photos/caf\uFFFD.jpg"] : []), "photos/copies/copy.jpg", "photos/photo-0000.jpg"].toSorted(),
  );
  expect(new Set(records.map((record) => record.content_hash)).size).toBe(records.length - 1);
});

test("photos are only read: nothing in their folder changes", async () => {
  await writePhotos(library.photos, { count: 2 });
  const { stat } = await import("node:fs/promises");
  const look = async (): Promise<unknown> =>
    await Promise.all(
      (await readdir(library.photos)).map(async (name) => {
        const { mtimeNs, ctimeNs, size } = await stat(join(library.photos, name), { bigint: true });
        return [name, mtimeNs, ctimeNs, size];
      }),
    );
  const before = await look();
  await run("photos");
  expect(await look()).toEqual(before);
});

test("an output folder that is missing is named before any work", async () => {
  await writePhotos(library.photos, { count: 1 });
  const { code, stderr } = await run("photos", "-o", "no/such/folder/o.json");
  expect(code).toBe(2);
  expect(stderr).toContain("hint: Create the folder first: mkdir -p");
  expect(existsSync(library.cataloguePath)).toBe(false);
});

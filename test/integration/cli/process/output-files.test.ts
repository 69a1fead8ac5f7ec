import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RecordIndex } from "../../../../src/cli/process/earlier-records.ts";
import { openOutput, type OutputWish } from "../../../../src/cli/process/open-output.ts";
import type { AnyRecord } from "../../../../src/cli/process/output.ts";
import { inspectTarget } from "../../../../src/cli/process/output-target.ts";
import { InvalidInputError, StorageError } from "../../../../src/errors.ts";
import { createLogger, type Logger } from "../../../../src/logger.ts";

let folder: string;
let logs: string[];
let logger: Logger;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-output-"));
  logs = [];
  logger = createLogger({ level: "info", format: "pretty", write: (line) => logs.push(line) });
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const record = (name: string): AnyRecord => ({
  file_path: name,
  file_name: name,
  content_hash: name.padEnd(64, "0"),
  width: 1,
  height: 1,
  format: "jpeg",
  file_size: 1,
  embedding: [0.017, -0.5],
  tags: [],
  embedding_model: "m@1/fp32/p1",
  schema_version: 1,
});
const line = (name: string): string => `${JSON.stringify(record(name))}\n`;
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

interface RunOptions extends Partial<Omit<OutputWish, "target">> {
  readonly end?: "complete" | "interrupted" | "killed";
}

/** Writes records into a file of the folder as one run would; `killed` leaves everything as it is. */
const run = async (
  name: string,
  names: readonly string[],
  options: RunOptions = {},
): Promise<RecordIndex | undefined> => {
  const { end = "complete", ...wish } = options;
  const target = await inspectTarget(name, folder);
  const { output, earlier } = await openOutput(
    {
      target,
      format: name.includes("jsonl") ? "jsonl" : "json",
      isSingle: false,
      skipExisting: false,
      pretty: false,
      ...wish,
    },
    async () => undefined,
    logger,
  );
  await using _output = output;
  for (const one of names) await output.write(record(one));
  if (end !== "killed") await output.finish(end);
  return earlier;
};
const isKnown = (earlier: RecordIndex | undefined, name: string): boolean =>
  earlier?.find(name, name.padEnd(64, "0")) !== undefined;

test("lines are there the moment they are written", async () => {
  await run("o.jsonl", ["a", "b"], { end: "killed" });
  expect(read("o.jsonl")).toBe(line("a") + line("b"));
});

test("a former file is set aside and removed only at a normal end", async () => {
  await run("o.jsonl", ["a"]);
  await run("o.jsonl", ["b"]);
  expect(await readdir(folder)).toEqual(["o.jsonl"]);
  await run("o.jsonl", ["c"], { end: "killed" });
  expect([read("o.jsonl"), read("o.jsonl.bak")]).toEqual([line("c"), line("b")]);
  await run("o.jsonl", ["d"], { end: "interrupted" });
  expect([read("o.jsonl"), read("o.jsonl.bak.1"), read("o.jsonl.bak")]).toEqual([line("d"), line("c"), line("b")]);
  expect(logs.join("\n")).toContain("o.jsonl.bak.1");
});

test("a run that wrote nothing keeps the former file beside", async () => {
  await run("o.jsonl", ["a"]);
  await run("o.jsonl", []);
  expect([read("o.jsonl"), read("o.jsonl.bak")]).toEqual(["", line("a")]);
});

test("a run that failed before its first record puts the former file back", async () => {
  await run("o.jsonl", ["a"]);
  const target = await inspectTarget("o.jsonl", folder);
  const wish = { target, format: "jsonl", isSingle: false, skipExisting: false, pretty: false } as const;
  const { output } = await openOutput(wish, async () => undefined, logger);
  await output[Symbol.asyncDispose]();
  expect([await readdir(folder), read("o.jsonl")]).toEqual([["o.jsonl"], line("a")]);
});

test("what a killed run left half written is removed", async () => {
  await writeFile(join(folder, "o.json.partial.tmp"), "[{");
  await writeFile(join(folder, "o.json.partial.jsonl.partial.tmp"), "{");
  await run("o.json", ["a"]);
  expect(await readdir(folder)).toEqual(["o.json"]);
});

test("resuming lines cuts a torn end, appends, and leaves every old byte", async () => {
  const old = `${line("a")}${line("b")}`;
  await writeFile(join(folder, "o.jsonl"), old + line("c").slice(0, 100));
  const earlier = await run("o.jsonl", ["c", "d"], { skipExisting: true });
  expect(["a", "b", "c"].map((name) => isKnown(earlier, name))).toEqual([true, true, false]);
  expect(read("o.jsonl")).toBe(old + line("c") + line("d"));
  expect(logs.join("\n")).toContain("incomplete");
});

test("resuming lines without a last newline does not glue two records", async () => {
  await writeFile(join(folder, "o.jsonl"), line("a").trimEnd());
  await run("o.jsonl", ["b"], { skipExisting: true });
  expect(read("o.jsonl")).toBe(line("a") + line("b"));
});

test("an array where lines belong becomes lines", async () => {
  await writeFile(join(folder, "o.jsonl"), JSON.stringify([record("a"), record("b")], undefined, 2));
  const earlier = await run("o.jsonl", ["c"], { skipExisting: true });
  expect(isKnown(earlier, "a")).toBe(true);
  expect(read("o.jsonl")).toBe(line("a") + line("b") + line("c"));
});

test("a JSON file appears only when it is whole; until then a journal holds the records", async () => {
  await run("o.json", ["a", "b"], { end: "killed" });
  expect(await readdir(folder)).toEqual(["o.json.partial.jsonl"]);
  expect(read("o.json.partial.jsonl")).toBe(line("a") + line("b"));
  await run("o2.json", ["a", "b"]);
  expect(read("o2.json")).toBe(`${JSON.stringify([record("a"), record("b")])}\n`);
  expect((await readdir(folder)).filter((name) => name.startsWith("o2"))).toEqual(["o2.json"]);
});

test("a killed run leaves the former JSON file as it was", async () => {
  await run("o.json", ["a"]);
  const former = read("o.json");
  await run("o.json", ["b"], { end: "killed" });
  expect(read("o.json")).toBe(former);
});

test("a journal found at the start is kept aside and named", async () => {
  await run("o.json", ["a"], { end: "killed" });
  await run("o.json", ["b"]);
  expect(read("o.json")).toBe(`${JSON.stringify([record("b")])}\n`);
  expect(read("o.json.partial.jsonl.bak")).toBe(line("a"));
  expect(logs.join("\n")).toContain("o.json.partial.jsonl.bak");
});

test("resuming takes a journal over, its torn end cut off", async () => {
  await run("o.json", ["a"]);
  await run("o.json", ["b", "c"], { end: "killed" });
  await writeFile(join(folder, "o.json.partial.jsonl"), line("b") + line("c").slice(0, 50));
  const earlier = await run("o.json", ["d"], { skipExisting: true });
  expect(["a", "b", "c"].map((name) => isKnown(earlier, name))).toEqual([true, true, false]);
  expect(JSON.parse(read("o.json"))).toEqual(["a", "b", "d"].map(record));
  expect(await readdir(folder)).toEqual(["o.json"]);
});

test("a journal that had been merged already is not merged twice", async () => {
  await run("o.json", ["a", "b"]);
  await writeFile(join(folder, "o.json.partial.jsonl"), line("a") + line("b")); // killed before the journal was removed
  await run("o.json", ["c"], { skipExisting: true });
  expect(JSON.parse(read("o.json"))).toEqual(["a", "b", "c"].map(record));
});

test("a journal is taken over by a run that writes lines", async () => {
  await writeFile(join(folder, "o.jsonl"), line("a"));
  await writeFile(join(folder, "o.jsonl.partial.jsonl"), line("b"));
  const earlier = await run("o.jsonl", ["c"], { skipExisting: true });
  expect(isKnown(earlier, "b")).toBe(true);
  expect(read("o.jsonl")).toBe(line("a") + line("b") + line("c"));
  expect(await readdir(folder)).toEqual(["o.jsonl"]);
});

test("old records keep bytes and shape: N old and M new make N + M", async () => {
  const odd =
    '{"type":"core","file_path":"x","content_hash":"h","height":1.0,"file_size":18446744073709551615,"extra":[1e+2]}';
  await writeFile(join(folder, "o.json"), `[${line("a").trim()},${odd}]`);
  await run("o.json", ["b"], { skipExisting: true });
  expect(read("o.json")).toBe(`[${line("a").trim()},${odd},${line("b").trim()}]\n`);
});

test("indented elements stay as they are in an indented file; new ones are indented", async () => {
  await run("o.json", ["a", "b"], { pretty: true });
  expect(read("o.json")).toBe(`${JSON.stringify([record("a"), record("b")], undefined, 2)}\n`);
  await run("o.json", ["c"], { pretty: true, skipExisting: true });
  expect(read("o.json")).toBe(`${JSON.stringify(["a", "b", "c"].map(record), undefined, 2)}\n`);
});

test("lines become an array when the format says so", async () => {
  await writeFile(join(folder, "o.json"), line("a") + line("b"));
  await run("o.json", [], { skipExisting: true });
  expect(JSON.parse(read("o.json"))).toEqual(["a", "b"].map(record));
});

test("a torn array is made whole", async () => {
  await writeFile(join(folder, "o.json"), `[${line("a").trim()},${line("b").slice(0, 40)}`);
  const earlier = await run("o.json", ["b"], { skipExisting: true });
  expect(isKnown(earlier, "b")).toBe(false);
  expect(JSON.parse(read("o.json"))).toEqual(["a", "b"].map(record));
});

test("with nothing new a whole file is not touched", async () => {
  await run("o.json", ["a"]);
  const former = read("o.json");
  await run("o.json", [], { skipExisting: true });
  expect(read("o.json")).toBe(former);
  await run("empty.json", []);
  expect(read("empty.json")).toBe("[]\n");
});

test("interrupting writes the array of what there is", async () => {
  await run("o.json", ["a"], { end: "interrupted" });
  expect(JSON.parse(read("o.json"))).toEqual([record("a")]);
  expect(await readdir(folder)).toEqual(["o.json"]);
});

test("one file: an indented object, a line; with an older one an array", async () => {
  await run("o.json", ["a"], { isSingle: true });
  expect(read("o.json")).toBe(`${JSON.stringify(record("a"), undefined, 2)}\n`);
  await run("o.jsonl", ["a"], { isSingle: true });
  expect(read("o.jsonl")).toBe(line("a"));
  const earlier = await run("o.json", [], { isSingle: true, skipExisting: true });
  expect(isKnown(earlier, "a")).toBe(true);
  expect(read("o.json")).toBe(`${JSON.stringify(record("a"), undefined, 2)}\n`);
  await run("o.json", ["b"], { isSingle: true, skipExisting: true });
  expect(JSON.parse(read("o.json"))).toEqual(["a", "b"].map(record));
});

test("one file that failed leaves the former output alone", async () => {
  await run("o.json", ["a"], { isSingle: true });
  const former = read("o.json");
  await run("o.json", [], { isSingle: true });
  expect(read("o.json")).toBe(former);
});

test("permissions of a JSON file survive, and a link to it stays a link", async () => {
  await writeFile(join(folder, "real.json"), "[]", { mode: 0o600 });
  await symlink(join(folder, "real.json"), join(folder, "o.json"));
  await run("o.json", ["a"]);
  const { lstatSync, statSync } = await import("node:fs");
  expect(lstatSync(join(folder, "o.json")).isSymbolicLink()).toBe(true);
  expect(JSON.parse(read("real.json"))).toEqual([record("a")]);
  if (process.platform !== "win32") expect(statSync(join(folder, "real.json")).mode & 0o777).toBe(0o600);
});

test("a missing folder, a folder and a file as folder are refused with a next step", async () => {
  await mkdir(join(folder, "is-folder"));
  await writeFile(join(folder, "file"), "");
  for (const name of ["missing/o.json", "is-folder", "file/o.json"]) {
    const error: unknown = await inspectTarget(name, folder).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toHaveProperty("hint", expect.stringMatching(/.{10,}/));
  }
});

test.skipIf(!existsSync("/dev/full"))("a full device ends in a clear error and is not renamed", async () => {
  for (const format of ["json", "jsonl"] as const) {
    const error: unknown = await run("/dev/full", ["a"], { format }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StorageError);
    expect(String(error)).toContain("The disk is full");
  }
  expect(existsSync("/dev/full")).toBe(true);
});

test.skipIf(!existsSync("/dev/null"))("a device takes records without a journal", async () => {
  await run("/dev/null", ["a"], { format: "json" });
  expect(existsSync("/dev/null.partial.jsonl")).toBe(false);
});

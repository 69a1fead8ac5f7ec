/** The command around a scripted pipeline: failures of every kind, order, interruption, closed pipes, memory. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseLines, pathsOf, readArray, readLines } from "../../../support/records.ts";
import { type ProgramResult, REPOSITORY, type RunningProgram, startProgram } from "../../../support/run-program.ts";

const SCRIPTED_PHOTON = join(REPOSITORY, "test/support/scripted-photon.ts");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-run-"));
  await mkdir(join(folder, "in"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const put = async (...contents: readonly string[]): Promise<void> => {
  const existing = (await readdir(join(folder, "in"))).length;
  for (const [number, content] of contents.entries()) {
    await writeFile(join(folder, "in", `p${String(existing + number).padStart(4, "0")}.jpg`), content);
  }
};
const photos = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => `photo ${number}`);
const names = (count: number): readonly string[] =>
  photos(count).map((_, number) => `in/p${String(number).padStart(4, "0")}.jpg`);

const environment = (script: object): Record<string, string> => ({
  SCRIPTED: JSON.stringify(script),
  PHOTON_HOME: join(folder, "home"),
  PHOTON_CONFIG: "",
  HOME: folder,
});
const start = (words: readonly string[], script: object = {}): RunningProgram =>
  startProgram(SCRIPTED_PHOTON, ["process", ...words], { cwd: folder, environment: environment(script) });
const run = (words: readonly string[], script: object = {}): Promise<ProgramResult> => start(words, script).ended;
const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

test("some failures end with 3, with a message, a code and a hint for each kind", async () => {
  await put("photo", "bad", "bad 2");
  const { code, stdout, stderr } = await run(["in", "-f", "jsonl"]);
  expect(code).toBe(3);
  expect(pathsOf(parseLines(stdout))).toEqual(["in/p0000.jpg"]);
  expect(stderr).toContain("in/p0001.jpg: The file is damaged. (decode_failed)\n");
  expect(stderr.match(/hint: decode_failed/g)).toHaveLength(1);
  expect(lastLine(stderr)).toMatch(/^1 succeeded, 2 failed \(decode_failed 2\), 0 skipped, 3 in total, [\d.]+ s, /);
});

test("failures alone end with 1 and still give a valid document", async () => {
  await put("bad", "bad 2");
  const { code, stdout } = await run(["in"]);
  expect([code, stdout]).toEqual([1, "[]\n"]);
});

test.each(["novector", "nan"])("a photo whose vector fails (%s) keeps its record; exit 3", async (content) => {
  await put(content);
  const { code, stdout, stderr } = await run(["in", "-f", "jsonl"]);
  expect(code).toBe(3);
  expect(parseLines(stdout)).toEqual([expect.objectContaining({ file_path: "in/p0000.jpg", embedding: [] })]);
  expect(stderr).toContain("(embed_failed)");
  expect(lastLine(stderr)).toContain("1 succeeded, 1 of them incomplete, 0 failed (embed_failed 1)");
});

test("a failed thumbnail is a warning with a reason, no failure", async () => {
  await put("nothumb");
  const { code, stdout, stderr } = await run(["in", "-f", "jsonl"]);
  expect(code).toBe(0);
  expect(parseLines(stdout)[0]).not.toHaveProperty("thumbnail");
  expect(stderr).toContain("warning: in/p0000.jpg: The thumbnail failed. (no thumbnail)");
});

test("--errors jsonl writes failures as records and not as messages", async () => {
  await put("photo", "bad", "novector");
  const { code, stdout, stderr } = await run(["in", "-f", "jsonl", "--ordered", "--errors", "jsonl"]);
  expect(code).toBe(3);
  expect(parseLines(stdout).map(({ type, file_path, code: failure }) => [type, file_path, failure])).toEqual([
    [undefined, "in/p0000.jpg", undefined],
    ["error", "in/p0001.jpg", "decode_failed"],
    [undefined, "in/p0002.jpg", undefined],
    ["error", "in/p0002.jpg", "embed_failed"],
  ]);
  expect(stderr).not.toContain("The file is damaged");
  expect(stderr).toContain("hint: decode_failed");
});

test("one bad file alone: nothing on stdout; with --errors jsonl its error record", async () => {
  await put("bad");
  expect(await run(["in/p0000.jpg"])).toMatchObject({ code: 1, stdout: "" });
  const { stdout } = await run(["in/p0000.jpg", "--errors", "jsonl"]);
  expect(JSON.parse(stdout)).toMatchObject({ type: "error", code: "decode_failed" });
});

test("lines come as photos finish, with --ordered and in arrays in the order of the inputs", async () => {
  await put(...photos(40));
  expect(pathsOf(parseLines((await run(["in", "-f", "jsonl"])).stdout))).not.toEqual(names(40));
  expect(pathsOf(parseLines((await run(["in", "-f", "jsonl", "--ordered"])).stdout))).toEqual(names(40));
  await run(["in", "-o", "o.json"]);
  expect(pathsOf(readArray(join(folder, "o.json")))).toEqual(names(40));
});

test("a path that cannot be read is reported and the rest goes on", async () => {
  await put("photo");
  const { symlink } = await import("node:fs/promises");
  await symlink(join(folder, "gone.jpg"), join(folder, "in/broken.jpg"));
  const { code, stderr } = await run(["in", "-f", "jsonl"]);
  expect(code).toBe(3);
  expect(stderr).toContain("in/broken.jpg: It does not exist (any more). (not_found)");
});

test("names of files cannot steer the terminal", async () => {
  await writeFile(join(folder, "in", "\u001B[2Jevil.jpg"), "bad");
  const { stderr } = await run(["in"]);
  expect(stderr).toContain("in/\uFFFD[2Jevil.jpg: ");
  expect(stderr).not.toContain("\u001B");
});

test("--quiet leaves failures only", async () => {
  await put("photo", "bad");
  expect((await run(["in", "-q", "-f", "jsonl"])).stderr).toBe(
    "in/p0001.jpg: The file is damaged. (decode_failed)\n" +
      "hint: decode_failed: the file is damaged or incomplete; copy it again from its source.\n",
  );
});

test("resuming without a library redoes what has another model or no version", async () => {
  await put(...photos(3));
  const words = ["in", "-o", "o.jsonl", "--skip-existing", "--no-store"];
  const summary = async (script: object, ...more: readonly string[]): Promise<string> =>
    lastLine((await run([...words, ...more], script)).stderr);
  expect(await summary({})).toContain("3 succeeded, 0 failed, 0 skipped");
  expect(await summary({})).toContain("0 succeeded, 0 failed, 3 skipped");
  expect(await summary({ vectorKey: "other@00000000/fp32/p1" })).toContain("3 succeeded, 0 failed, 0 skipped");
  expect(await summary({ vectorKey: "other@00000000/fp32/p1" }, "--no-embedding")).toContain("3 skipped");
  expect(await summary({ vectorKey: "other@00000000/fp32/p1" })).toContain("3 skipped");
  expect(await summary({ vectorKey: "other@00000000/fp32/p1" }, "--force")).toContain("3 succeeded");
  await rm(join(folder, "o.jsonl"));
  expect(await summary({}, "--compat")).toContain("3 succeeded");
  expect(await summary({})).toContain("3 succeeded"); // a record without a version says nothing about its parts
  expect(await summary({}, "--compat")).toContain("3 skipped");
});

test("--skip-existing on stdout is ignored with a warning", async () => {
  await put("photo");
  const { code, stdout, stderr } = await run(["in", "-f", "jsonl", "--skip-existing"]);
  expect(code).toBe(0);
  expect(parseLines(stdout)).toHaveLength(1);
  expect(stderr).toContain("--skip-existing needs an output file");
});

test.each(["json", "jsonl"])("a reader that goes away ends a run on %s quietly, exit 0", async (format) => {
  await put(...photos(300));
  const child = spawn(
    "/bin/sh",
    ["-c", `"${process.execPath}" "${SCRIPTED_PHOTON}" process in -f ${format}; echo "code $?" >&2`],
    { cwd: folder, env: { ...process.env, ...environment({ thumbnailBytes: 20_000, pauseMs: 5 }) } },
  );
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  child.stdout.once("data", () => child.stdout.destroy());
  await new Promise((resolve) => child.once("exit", resolve));
  expect(stderr.trim()).toBe("code 0");
});

test.each([
  ["o.json", "SIGINT", 130],
  ["o.jsonl", "SIGINT", 130],
  ["o.json", "SIGTERM", 143],
  ["o.jsonl", "SIGTERM", 143],
] as const)("%s after %s is valid, exit %i, and the next run completes it", async (file, signal, exit) => {
  await put(...photos(300));
  const program = start(["in", "-o", file], { report: true, pauseMs: 20 });
  await program.untilStdout("p0020");
  program.child.kill(signal);
  const { code, stderr } = await program.ended;
  expect(code, stderr).toBe(exit);
  expect(lastLine(stderr)).toMatch(/^Stopped: \d+ succeeded/);
  const read = (): readonly string[] =>
    pathsOf(file === "o.json" ? readArray(join(folder, file)) : readLines(join(folder, file)));
  const first = read();
  expect(first.length).toBeGreaterThan(20);
  expect(first.length).toBeLessThan(300);
  expect((await run(["in", "-o", file, "--skip-existing", "--no-store"])).code).toBe(0);
  expect(read().toSorted()).toEqual(names(300));
});

test("Ctrl-C leaves a valid array on stdout", async () => {
  await put(...photos(300));
  const program = start(["in"], { pauseMs: 20 });
  await program.untilStdout("p0020");
  program.child.kill("SIGINT");
  const { code, stdout } = await program.ended;
  expect(code).toBe(130);
  expect((JSON.parse(stdout) as unknown[]).length).toBeGreaterThan(20);
});

test("a full disk ends the run with a clear error; records so far and the former output are kept", async () => {
  await put(...photos(50));
  const script = { thumbnailBytes: 3000 };
  await run(["in/p0000.jpg", "in/p0001.jpg", "-o", "o.json"], script);
  const former = readArray(join(folder, "o.json"));
  const limited = `ulimit -f 40; exec "${process.execPath}" "${SCRIPTED_PHOTON}" process in -o o.json`; // blocks of 512 or 1024 bytes
  const child = spawn("/bin/sh", ["-c", limited], {
    cwd: folder,
    env: { ...process.env, ...environment(script) },
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, stderr).toBe(1);
  expect(stderr).toContain("could not be written");
  expect(stderr).toMatch(/hint: .*o\.json\.partial\.jsonl, the former output is unchanged/);
  expect(readArray(join(folder, "o.json"))).toEqual(former);
  expect(readLines(join(folder, "o.json.partial.jsonl")).length).toBeGreaterThan(2);
  expect((await run(["in", "-o", "o.json", "--skip-existing", "--no-store"], script)).code).toBe(0);
  expect(pathsOf(readArray(join(folder, "o.json"))).toSorted()).toEqual(names(50));
});

test("a dry run counts and touches nothing", async () => {
  await put(...photos(3));
  const { code, stdout } = await run(["in", "--dry-run", "-o", "o.json"]);
  expect([code, stdout]).toEqual([0, "3 photos, 21 B. Nothing was processed (--dry-run).\n"]);
  expect(await readdir(folder)).toEqual(["in"]);
});

test("ten thousand records need hardly more memory than one thousand", async () => {
  const peakMb = async (count: number): Promise<number> => {
    await put(...photos(count - (await readdir(join(folder, "in"))).length).map((content) => `${content} of ${count}`));
    const { stdout, code } = await run(["in", "-o", `${count}.json`], {
      memory: true,
      dimension: 768,
      thumbnailBytes: 6000,
    });
    expect(code).toBe(0);
    expect(existsSync(join(folder, `${count}.json`))).toBe(true);
    return Number(lastLine(stdout)) / 1024;
  };
  const small = await peakMb(1000);
  expect(await peakMb(10_000)).toBeLessThan(small + 100);
});

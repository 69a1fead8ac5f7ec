/** Folders and files that nobody would make on purpose: the bad are named, the good are done. */
import { execFileSync } from "node:child_process";
import { copyFile, link, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashBytes } from "../../src/photo/content-hash.ts";
import { outputPath, parseRecords, processWords, reportedIn, runPhotonIn, startPhoton } from "../support/cli.ts";
import { problemsOf } from "../support/whole-library.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { createTestPipeline, photosOf } from "../support/pipeline.ts";
import { photoBytes, sourceOf, writePhotos } from "../support/photos.ts";

const isWindows = process.platform === "win32";
const isLinux = process.platform === "linux";

let library: TestLibrary;
beforeEach(async () => {
  library = await createTestLibrary();
});
afterEach(async () => await library[Symbol.asyncDispose]());

const inside = (...names: readonly string[]): string => join(library.photos, ...names);

/** `name: code` of each failure on stderr of a quiet run. */
const failuresIn = (stderr: string): readonly string[] =>
  stderr
    .split("\n")
    .flatMap((line) => /^(.*?): .* \(([a-z_]+)\)$/.exec(line)?.slice(1, 3).join(": ") ?? [])
    .map((line) => line.replace(`${library.photos}/`, ""))
    .toSorted();

test.skipIf(isWindows)(
  "things that only look like photos are named, each with a reason; the photos are done",
  async () => {
    await writePhotos(library.photos, { count: 4 });
    await writeFile(inside("a-empty.jpg"), "");
    await writeFile(inside("b-text.jpg"), "This is no photo, whatever its name says.");
    await writeFile(inside("c-cut.jpg"), (await photoBytes(1)).subarray(0, 400));
    await symlink(inside("nowhere.jpg"), inside("d-dangling.jpg"));
    await symlink(inside("e-circle.jpg"), inside("e-circle.jpg"));
    execFileSync("mkfifo", [inside("f-pipe.jpg")]);
    await mkdir(inside("g-folder.jpg"));
    await copyFile(inside("photo-0000.jpg"), inside("g-folder.jpg", "inner.jpg"));
    if (isLinux) await symlink("/proc/self/mem", inside("h-memory.jpg"));
    if (isLinux) await symlink("/dev/zero", inside("i-device.jpg"));
    const server = createServer().listen(inside("j-socket.jpg"));
    const run = await runPhotonIn(library, processWords(library));
    server.close();
    expect(run.code).toBe(3);
    expect(parseRecords(run.stdout)).toHaveLength(5);
    expect(failuresIn(run.stderr)).toEqual([
      "a-empty.jpg: decode_failed",
      "b-text.jpg: unsupported_format",
      "c-cut.jpg: decode_failed",
      "d-dangling.jpg: not_found",
      "e-circle.jpg: unreadable",
      ...(isLinux ? ["h-memory.jpg: decode_failed"] : []), // a regular file of no bytes
    ]);
    const again = await runPhotonIn(library, processWords(library));
    expect(failuresIn(again.stderr)).toEqual(failuresIn(run.stderr));
  },
);

test.skipIf(isWindows || process.getuid?.() === 0)("files without permission are named (not as root)", async () => {
  await writePhotos(library.photos, { count: 2 });
  await writeFile(inside("secret.jpg"), await photoBytes(9), { mode: 0 });
  await mkdir(inside("secret"), { mode: 0 });
  const run = await runPhotonIn(library, processWords(library));
  expect(run.code).toBe(3);
  expect(failuresIn(run.stderr)).toEqual(["secret.jpg: unreadable", "secret: unreadable"]);
});

describe.skipIf(isWindows)("names", () => {
  const ODD_NAMES = [
    "-rf.jpg",
    "--help.jpg",
    " leading and trailing .jpg",
    "new\nline.jpg",
    'quote".jpg',
    "back\\slash.jpg",
    "tab\t.jpg",
    "#hash?query&percent%20.jpg",
    "*.jpg",
    "emoji \u{1F4F7}\u{1F3FD}.jpg",
    "combining e\u0301.jpg",
    "composed \u00e9.jpg",
    "right-to-left \u202e.jpg",
    "\u001b[31mred.jpg",
    `${"x".repeat(251)}.jpg`,
    `${"\u00fc".repeat(125)}.jpg`,
  ];

  const writeOdd = async (): Promise<readonly string[]> => {
    for (const [seed, name] of ODD_NAMES.entries()) await writeFile(inside(name), await photoBytes(seed));
    return ODD_NAMES.map((name) => inside(name));
  };

  test("of every kind come through to the records and back", async () => {
    const paths = await writeOdd();
    const output = outputPath(library, "records.jsonl");
    const words = processWords(library, "--output", output, "--skip-existing");
    expect(await runPhotonIn(library, words)).toMatchObject({ code: 0, stderr: "" });
    expect((await reportedIn(output)).map((record) => record.file_path).toSorted()).toEqual(paths.toSorted());
    expect(await problemsOf(library, { photos: ODD_NAMES.length, output })).toEqual([]);
    const before = await readFile(output);
    expect((await runPhotonIn(library, words)).code).toBe(0);
    expect(await readFile(output)).toEqual(before);
  });

  test("that begin with a dash are taken after -- and with their folder", async () => {
    await writeOdd();
    const jsonl = ["process", "--format", "jsonl", "--quiet"];
    const dashes = await runPhotonIn(library, [...jsonl, "--", "-rf.jpg", "--help.jpg"], library.photos);
    expect(dashes).toMatchObject({ code: 0, stderr: "" });
    expect(
      parseRecords(dashes.stdout)
        .map((record) => record.file_path)
        .toSorted(),
    ).toEqual(["--help.jpg", "-rf.jpg"]);
    const dotted = await runPhotonIn(library, [...jsonl, "./-rf.jpg"], library.photos);
    expect(parseRecords(dotted.stdout).map((record) => record.file_path)).toEqual(["./-rf.jpg"]);
  });

  test.skipIf(!isLinux)(
    "that are not UTF-8 are read by their bytes, shown with U+FFFD, and not confused (Linux)",
    async () => {
      const folder = Buffer.concat([Buffer.from(inside("caf")), Buffer.from([0xe9])]);
      await mkdir(folder);
      const path = (byte: number): Buffer =>
        Buffer.concat([folder, Buffer.from("/"), Buffer.from([byte]), Buffer.from(".jpg")]);
      await writeFile(path(0xe8), await photoBytes(1));
      await writeFile(path(0xe9), await photoBytes(2));
      const output = outputPath(library, "records.jsonl");
      const words = processWords(library, "--output", output, "--skip-existing");
      expect(await runPhotonIn(library, words)).toMatchObject({ code: 0, stderr: "" });
      const records = await reportedIn(output);
      expect(records.map((record) => record.file_path)).toEqual([
        inside("caf\u{FFFD}/\u{FFFD}.jpg"),
        inside("caf\u{FFFD}/\u{FFFD}.jpg"),
      ]);
      expect(new Set(records.map((record) => record.content_hash)).size).toBe(2);
      expect(await problemsOf(library, { photos: 2 })).toEqual([]);
      expect((await runPhotonIn(library, words)).code).toBe(0);
      expect(await reportedIn(output)).toEqual(records);
    },
  );
});

describe.skipIf(isWindows)("folders", () => {
  test("that lead in circles give each photo once", async () => {
    await writePhotos(library.photos, { count: 6, perFolder: 3 });
    await symlink(library.photos, inside("folder-000", "up"));
    await symlink(inside("folder-001"), inside("folder-000", "sideways"));
    await symlink(inside("folder-000"), inside("folder-001", "back"));
    await symlink(".", inside("self"));
    const run = await runPhotonIn(library, processWords(library));
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(parseRecords(run.stdout)).toHaveLength(6);
    expect(await problemsOf(library, { photos: 6 })).toEqual([]);
  });

  test("that are very deep are walked; those beyond the limit are named, and so are paths too long to open", async () => {
    await writePhotos(library.photos, { count: 1 });
    await writeFile(outputPath(library, "deep.jpg"), await photoBytes(50));
    const nest = (name: string, depth: number): void => {
      const script = `cd "$1" && for i in $(seq ${depth}); do mkdir "$2" && cd -P "$2"; done && cp "$3" deep.jpg`;
      execFileSync("sh", ["-c", script, "sh", library.photos, name, outputPath(library, "deep.jpg")]);
    };
    nest("d", 200);
    nest("e", 300);
    nest("l".repeat(250), 20);
    const run = await runPhotonIn(library, processWords(library));
    execFileSync("rm", ["-rf", library.photos]); // node cannot reach the longest path
    expect(run.code).toBe(3);
    expect(parseRecords(run.stdout)).toHaveLength(2);
    expect(failuresIn(run.stderr).map((line) => `${line.slice(0, 1)} ${line.split(": ").at(-1)}`)).toEqual([
      "e unreadable",
      "l unreadable",
    ]);
  });

  test("that are removed in the middle of a run cost what was in them, and the run ends well", async () => {
    await writePhotos(library.photos, { count: 400, perFolder: 100 });
    await writePhotos(library.photos, { count: 1, seed: 9999 });
    const run = startPhoton(library, processWords(library, "--ordered"));
    await run.untilStdout("\n");
    await rm(library.photos, { recursive: true });
    const { code, stdout, stderr } = await run.ended;
    const records = parseRecords(stdout);
    expect(code, stderr).toBe(3);
    expect(records.length).toBeGreaterThan(0);
    expect(records.length).toBeLessThan(401);
    expect(new Set(failuresIn(stderr).map((line) => line.split(": ").at(-1)))).toEqual(new Set(["not_found"]));
    const gone = await runPhotonIn(library, processWords(library));
    expect(gone).toMatchObject({ code: 1, stdout: "" });
    expect(gone.stderr).toContain("hint: ");
    await writePhotos(library.photos, { count: 400, perFolder: 100 });
    await writePhotos(library.photos, { count: 1, seed: 9999 });
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    expect(await problemsOf(library, { photos: 401 })).toEqual([]);
  });
});

describe("a photo that is replaced while it is worked on", () => {
  test.each([
    ["in place", (path: string, bytes: Uint8Array) => writeFile(path, bytes)],
    [
      "by another file",
      async (path: string, bytes: Uint8Array) => {
        await writeFile(`${path}.new`, bytes);
        await rename(`${path}.new`, path);
      },
    ],
  ])("%s gives the record of what was read, and the next run the other", async (_how, replace) => {
    await using pipeline = await createTestPipeline();
    const [name = ""] = await writePhotos(pipeline.photos, { count: 1 });
    const [before, after] = [await photoBytes(1), await photoBytes(2)];
    const first = await pipeline.process([name], {
      beforeStage: (stage, path) => (stage === "decode" ? replace(path, after) : Promise.resolve()),
    });
    expect(photosOf(first.outcomes)[0]?.contentHash).toBe(hashBytes(before));
    const second = await pipeline.process([name]);
    expect(photosOf(second.outcomes)[0]?.contentHash).toBe(hashBytes(after));
    expect(await pipeline.catalogue.administration.count()).toMatchObject({ photos: 1, filesByState: { present: 1 } });
  });

  test("again and again, by another process, ends in the state of the last write", async () => {
    const names = await writePhotos(library.photos, { count: 30 });
    const versions = await Promise.all([1, 2, 3, 4].map((seed) => photoBytes(5000 + seed)));
    let isOver = false;
    const replacing = (async (): Promise<void> => {
      for (let round = 0; !isOver; round += 1) {
        const version = versions[round % versions.length] ?? Buffer.alloc(0);
        await writeFile(inside("fresh.tmp"), version);
        await rename(inside("fresh.tmp"), inside(names[round % 10] ?? ""));
      }
    })();
    const run = await runPhotonIn(library, processWords(library));
    isOver = true;
    await replacing;
    expect([0, 3], run.stderr).toContain(run.code); // a file may not have kept still
    for (const record of parseRecords(run.stdout)) expect(record.embedding.length).toBeGreaterThan(0);
    const output = outputPath(library, "records.jsonl");
    expect((await runPhotonIn(library, processWords(library, "--output", output))).code).toBe(0);
    for (const { file_path: path, content_hash: hash } of await reportedIn(output)) {
      expect(hash).toBe(hashBytes(await readFile(path)));
    }
  });
});

test.skipIf(isWindows)("a file with two hard links is one photo with two files", async () => {
  await writePhotos(library.photos, { count: 1 });
  await link(inside("photo-0000.jpg"), inside("same.jpg"));
  expect(await runPhotonIn(library, processWords(library))).toMatchObject({ code: 0 });
  expect(await problemsOf(library, { photos: 1, files: 2 })).toEqual([]);
});

test("sources that name no file at all are reported, not stored as quarantined", async () => {
  await using pipeline = await createTestPipeline();
  async function* sources() {
    yield await Promise.resolve(sourceOf(pipeline.photos, "never.jpg"));
  }
  for await (const outcome of pipeline.run(sources())) {
    expect(outcome).toMatchObject({ status: "failed", failure: { code: "not_found" } });
  }
  expect(await pipeline.catalogue.administration.quarantined()).toEqual([]);
});

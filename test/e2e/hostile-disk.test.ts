/** Disks that are full, read-only or limited: a clear error, a healthy library, and a later run that completes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkCatalogueFile } from "../../src/catalogue/check.ts";
import { outputPath, processWords, reportedIn, runPhotonIn } from "../support/cli.ts";
import { canMountDisks, mountDisk } from "../support/disks.ts";
import { problemsOf } from "../support/whole-library.ts";
import { createTestLibrary } from "../support/library.ts";
import { temporaryFolder, writePhotos } from "../support/photos.ts";
import { PHOTON } from "../support/run-program.ts";

const PHOTOS = 60;
const noMounts = !canMountDisks();

describe.skipIf(noMounts)("a full disk (needs root on Linux with the right to mount)", () => {
  // What fails first differs: the catalogue, a thumbnail or the index.
  test.each([60, 160, 300, 700])("of %i KB for the library is named, and a later run completes", async (kilobytes) => {
    await using folder = await temporaryFolder();
    await using disk = await mountDisk(join(folder.path, "disk"), kilobytes);
    await using library = await createTestLibrary({ home: join(disk.path, "home") });
    await writePhotos(library.photos, { count: PHOTOS });
    const output = outputPath(library, "records.jsonl");
    const words = processWords(library, "--output", output, "--skip-existing");
    const full = await runPhotonIn(library, words);
    expect(full.stderr).toMatch(/error: .*(disk is full|No space left)/i);
    expect(full.stderr).toContain(disk.path);
    expect(full.stderr).toContain("hint: Free some space");
    expect(full.code).toBe(1);
    await reportedIn(output);
    expect((await checkCatalogueFile(library.cataloguePath)).problems).toEqual([]);
    disk.remount("size=64m");
    expect(await runPhotonIn(library, words)).toMatchObject({ code: 0 });
    expect(await problemsOf(library, { photos: PHOTOS, output })).toEqual([]);
  });

  test("for the output is named; the library is whole and a later run completes the file", async () => {
    await using library = await createTestLibrary();
    await using disk = await mountDisk(outputPath(library, "disk"), 64);
    await writePhotos(library.photos, { count: PHOTOS });
    const output = join(disk.path, "records.jsonl");
    const words = processWords(library, "--output", output, "--skip-existing");
    const full = await runPhotonIn(library, words);
    expect(full).toMatchObject({ code: 1 });
    expect(full.stderr).toContain(`The disk is full: ${output}`);
    expect((await reportedIn(output)).length).toBeGreaterThan(0);
    disk.remount("size=64m");
    expect(await runPhotonIn(library, words)).toMatchObject({ code: 0 });
    expect(await problemsOf(library, { photos: PHOTOS, output })).toEqual([]);
  });

  test("that is read-only is named with a next step", async () => {
    await using folder = await temporaryFolder();
    await using disk = await mountDisk(join(folder.path, "disk"), 65_536);
    await using library = await createTestLibrary({ home: join(disk.path, "home") });
    await writePhotos(library.photos, { count: 3 });
    disk.remount("ro");
    const fresh = await runPhotonIn(library, processWords(library));
    expect(fresh).toMatchObject({ code: 1, stdout: "" });
    expect(fresh.stderr).toMatch(/error: The library's catalogue could not be opened.*\nhint: .*PHOTON_HOME/);
    disk.remount("rw");
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    disk.remount("ro");
    const known = await runPhotonIn(library, processWords(library, "--force"));
    expect(known.code).toBe(1);
    expect(known.stderr).toMatch(/error: The (library's )?catalogue .*\nhint: /);
    disk.remount("rw");
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    expect(await problemsOf(library, { photos: 3 })).toEqual([]);
  });
});

/** Runs photon where no file may grow beyond `kilobytes`: writes then fail with EFBIG. */
const limitedRun = async (
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
  kilobytes: number,
): Promise<{ readonly code: unknown; readonly stderr: string }> => {
  const script = `ulimit -f ${kilobytes * 2}; exec "$0" "$@"`; // sh counts blocks of 512 bytes
  const child = spawn("sh", ["-c", script, process.execPath, PHOTON, ...words], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, "close")) as [unknown];
  return { code, stderr };
};

test.skipIf(process.platform === "win32")(
  "files that may not grow: the catalogue is named, and a later run completes (not on Windows)",
  async () => {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: PHOTOS });
    const limited = await limitedRun(library.environment, processWords(library), 150);
    expect(limited.code).toBe(1);
    expect(limited.stderr).toContain(`error: The catalogue ${library.cataloguePath} could not be read or written`);
    expect(limited.stderr).toContain("hint: ");
    expect((await checkCatalogueFile(library.cataloguePath)).problems).toEqual([]);
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
  },
);

test("a data folder that is a file is named with a next step", async () => {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: 1 });
  await writeFile(library.home, "not a folder");
  const run = await runPhotonIn(library, processWords(library));
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toMatch(/error: The library's catalogue could not be opened.*\nhint: /);
  expect(await readFile(library.home, "utf8")).toBe("not a folder");
});

test.skipIf(process.getuid?.() === 0)("a data folder without permission is named (not as root)", async () => {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: 1 });
  await mkdir(library.home, { mode: 0o555 });
  const run = await runPhotonIn(library, processWords(library));
  await chmod(library.home, 0o755);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toMatch(/error: The library's catalogue could not be opened.*\nhint: /);
});

test("a thumbnail folder that cannot be written ends the run with its name; the photos are done later", async () => {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: 5 });
  await mkdir(library.home);
  await writeFile(library.renditions, "not a folder");
  const run = await runPhotonIn(library, processWords(library));
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(`error: The thumbnail ${library.renditions}`);
  await rm(library.renditions);
  expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
  expect(await problemsOf(library, { photos: 5 })).toEqual([]);
});

test("an index folder that cannot be written ends with its name; everything else is stored, and indexed later", async () => {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: 5 });
  await mkdir(library.home);
  await writeFile(join(library.home, "vectors"), "not a folder");
  const run = await runPhotonIn(library, processWords(library));
  expect(run.code).toBe(1);
  expect(run.stdout.split("\n")).toHaveLength(6);
  expect(run.stderr).toContain(join(library.home, "vectors"));
  expect(run.stderr.match(/^error: /gm)).toHaveLength(1);
  await rm(join(library.home, "vectors"));
  expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
  expect(await problemsOf(library, { photos: 5 })).toEqual([]);
});

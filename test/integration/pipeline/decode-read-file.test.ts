/** Reading a photo file: one open, one read, and every way in which that can go wrong has its code. */
import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PhotoFile } from "../../../src/pipeline/decode/read-photo-file.ts";
import { readPhotoFile } from "../../../src/pipeline/decode/read-photo-file.ts";

const MEGABYTE = 1_000_000;
const onWindows = process.platform === "win32";
const asRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-read-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (
  path: string | Buffer,
  maxFileBytes = MEGABYTE,
  signal = new AbortController().signal,
): Promise<PhotoFile> =>
  readPhotoFile(Buffer.isBuffer(path) ? path : Buffer.from(path), { limits: { maxFileBytes }, signal });

test("gives the bytes and the facts of the file", async () => {
  const path = join(folder, "a.jpg");
  await writeFile(path, "0123456789");
  const file = await read(path);
  expect(Buffer.from(file.bytes).toString()).toBe("0123456789");
  expect(file.size).toBe(10);
  expect(file.mtimeNs).toBeGreaterThan(1_600_000_000_000_000_000n);
});

test("gives an empty file as it is", async () => {
  await writeFile(join(folder, "a.jpg"), "");
  expect((await read(join(folder, "a.jpg"))).bytes).toHaveLength(0);
});

test("takes the limit to the byte", async () => {
  const path = join(folder, "a.jpg");
  await writeFile(path, "");
  await truncate(path, MEGABYTE);
  expect((await read(path)).size).toBe(MEGABYTE);
  await truncate(path, MEGABYTE + 1);
  await expect(read(path)).rejects.toMatchObject({ failure: "too_large" });
});

test("says that a file is missing", async () => {
  await expect(read(join(folder, "a.jpg"))).rejects.toMatchObject({
    failure: "not_found",
    message: expect.not.stringContaining(folder),
  });
  await writeFile(join(folder, "file"), "");
  await expect(read(join(folder, "file", "a.jpg"))).rejects.toMatchObject({ failure: "not_found" });
});

test("refuses folders", async () => {
  await mkdir(join(folder, "a.jpg"));
  await expect(read(join(folder, "a.jpg"))).rejects.toMatchObject({
    failure: "unreadable",
    message: expect.not.stringContaining(folder),
  });
});

test.skipIf(onWindows)("refuses pipes and devices without waiting for them", async () => {
  const makePipe = "mkfifo";
  execFileSync(makePipe, [join(folder, "a.jpg")]);
  await expect(read(join(folder, "a.jpg"))).rejects.toMatchObject({ failure: "unreadable" });
  await expect(read("/dev/zero")).rejects.toMatchObject({ failure: "unreadable" });
});

test.skipIf(onWindows || asRoot)("says that a file may not be read (not as root)", async () => {
  const path = join(folder, "a.jpg");
  await writeFile(path, "x");
  await chmod(path, 0);
  await expect(read(path)).rejects.toMatchObject({
    failure: "unreadable",
    message: expect.stringContaining("EACCES"),
    hint: expect.stringContaining("right to read"),
  });
});

test.skipIf(onWindows)("follows links and survives circles of them", async () => {
  await writeFile(join(folder, "a.jpg"), "x");
  await symlink(join(folder, "a.jpg"), join(folder, "link.jpg"));
  await symlink(join(folder, "circle.jpg"), join(folder, "circle.jpg"));
  expect((await read(join(folder, "link.jpg"))).size).toBe(1);
  await expect(read(join(folder, "circle.jpg"))).rejects.toMatchObject({ failure: "unreadable" });
});

test.skipIf(process.platform !== "linux")("reads a name that is not UTF-8", async () => {
  const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe]), Buffer.from(".jpg")]);
  await writeFile(path, "x");
  expect((await read(path)).size).toBe(1);
});

test("names a file that keeps changing", async () => {
  const path = join(folder, "a.jpg");
  await writeFile(path, "");
  await truncate(path, 100 * MEGABYTE);
  const controller = new AbortController();
  const grow = async (): Promise<void> => {
    while (!controller.signal.aborted) await appendFile(path, "x");
  };
  const growing = grow();
  await expect(read(path, 200 * MEGABYTE)).rejects.toMatchObject({ failure: "unstable_file" });
  controller.abort();
  await growing;
});

test("reads again a file that changed once", async () => {
  const path = join(folder, "a.jpg");
  await writeFile(path, "");
  await truncate(path, 100 * MEGABYTE);
  const reading = read(path, 200 * MEGABYTE);
  await appendFile(path, "x");
  const file = await reading;
  expect(file.size).toBe(100 * MEGABYTE + 1);
  expect(file.bytes.at(-1)).toBe("x".charCodeAt(0));
});

test("passes an abort on untouched", async () => {
  const path = join(folder, "a.jpg");
  await writeFile(path, "x");
  await expect(read(path, MEGABYTE, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});

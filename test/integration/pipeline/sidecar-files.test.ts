import { execFileSync } from "node:child_process";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSidecarFiles } from "../../../src/pipeline/sidecar-files.ts";
import { temporaryFolder } from "../../support/photos.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const readBeside = async (folder: string, photo: string): Promise<Uint8Array | undefined> =>
  (await createSidecarFiles().read([Buffer.from(join(folder, photo))])).xmp;

test("a sidecar is read; one that is far too large is left where it is", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "a.xmp"), "<x:xmpmeta/>");
  await writeFile(join(folder.path, "b.xmp"), "");
  await truncate(join(folder.path, "b.xmp"), GIB); // takes no space
  expect(Buffer.from((await readBeside(folder.path, "a.jpg")) ?? []).toString()).toBe("<x:xmpmeta/>");
  const before = process.resourceUsage().maxRSS;
  expect(await readBeside(folder.path, "b.jpg")).toBeUndefined();
  expect(process.resourceUsage().maxRSS - before).toBeLessThan((100 * MIB) / 1024);
  expect(await readBeside(folder.path, "c.jpg")).toBeUndefined();
});

test.skipIf(process.platform === "win32")(
  "a pipe or a folder named like a sidecar is none, and nobody waits for it",
  async () => {
    await using folder = await temporaryFolder();
    execFileSync("mkfifo", [join(folder.path, "a.xmp")]);
    execFileSync("mkdir", [join(folder.path, "b.xmp")]);
    expect(await readBeside(folder.path, "a.jpg")).toBeUndefined();
    expect(await readBeside(folder.path, "b.jpg")).toBeUndefined();
  },
);

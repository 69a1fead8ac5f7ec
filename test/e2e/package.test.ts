import { execFile } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeBmp } from "../support/bmp-files.ts";
import { parseRecords } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary, filesBelow } from "../support/library.ts";
import { openPipe } from "../support/mcp-pipe.ts";
import { installPackage, npmVersion } from "../support/packed-package.ts";
import { writePhotos } from "../support/photos.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { REPOSITORY, runProgram } from "../support/run-program.ts";

const HEIC = join(REPOSITORY, "../shared/photos/cameras/heic-samplefilehub.heif");
const npm = await npmVersion();

/** A real Node older than ours on this machine, if there is one. */
const findOldNode = async (): Promise<string | undefined> => {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "node");
    if (!existsSync(path)) continue;
    const { stdout } = await promisify(execFile)(path, ["--version"]).catch(() => ({ stdout: "" })); // cannot be run
    if (/^v(1\d|2[0-3])\./.test(stdout)) return path;
  }
  return undefined;
};
const oldNode = await findOldNode();

/** Colours of the upper and the lower half of the BMP. */
const bmp = (): Buffer => {
  const [width, height] = [96, 64];
  const data = Buffer.alloc(width * height * 3);
  data.fill(Buffer.from([240, 120, 40]), 0, data.length / 2).fill(Buffer.from([30, 80, 160]), data.length / 2);
  return encodeBmp({ width, height, data }, { bits: 24 });
};

describe.skipIf(npm === undefined)("the packed package (skipped where npm is missing)", () => {
  let library: TestLibrary;
  let installed: string;
  let photon: (...words: readonly string[]) => Promise<ProgramResult>;

  beforeAll(async () => {
    library = await createTestLibrary();
    installed = await installPackage(join(library.folder, "package"));
    const environment = { ...library.environment, TMPDIR: library.folder };
    photon = (...words) => runProgram(join(installed, "bin/photon.js"), words, { environment, cwd: library.folder });
    await writePhotos(library.photos, { count: 4 });
    await writeFile(join(library.photos, "flag.bmp"), bmp());
  }, 180_000);
  afterAll(() => library[Symbol.asyncDispose]());

  test("holds code, launcher and notices, and nothing else", async () => {
    const files = await filesBelow(installed);
    const places = new Set(
      files.map((file) =>
        file
          .split("/")
          .slice(0, /^(?:dist|models)\//.test(file) ? 2 : 1)
          .join("/"),
      ),
    );
    const notices = ["CHANGELOG.md", "LICENSE", "README.md"];
    expect([...places].toSorted()).toEqual([
      ...notices,
      "bin",
      "dist/agent",
      "dist/models",
      "dist/src",
      "dist/tools",
      "mcp.json",
      "models/embedding",
      "models/photon-mini",
      "package.json",
      "tools",
    ]);
    expect(files).toContain("models/photon-mini/weights/manifest.json");
    expect(files.filter((file) => /^models\/photon-mini\/(?!weights\/)/.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))).toEqual([]);
  });

  test("tells its version and its commands", async () => {
    const { version } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
    expect(await photon("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect(await photon("--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("duplicates"),
      stderr: "",
    });
  });

  test("processes photos with catalogue, pixel workers and encoder hosts, and finds them", async () => {
    const { code, stdout, stderr } = await photon("process", library.photos, "--format", "jsonl", "--quiet");
    expect([code, stderr]).toEqual([0, ""]);
    const records = parseRecords(stdout);
    expect(records.filter(({ embedding, thumbnail }) => embedding.length > 0 && thumbnail !== undefined)).toHaveLength(
      5,
    );
    const found = await photon("search", "flag.bmp", "--json");
    const { hits } = JSON.parse(found.stdout) as { hits: readonly { path?: string }[] };
    expect([found.code, hits.length > 0]).toEqual([0, true]);
    expect((await photon("doctor")).stdout).not.toContain("FAIL");
  });

  test.skipIf(!existsSync(HEIC))("decodes HEIC (skipped without ../shared/photos)", async () => {
    await mkdir(join(library.folder, "phone"));
    cpSync(HEIC, join(library.folder, "phone", "picture.heic"));
    const { code, stdout } = await photon("process", join(library.folder, "phone"), "--format", "jsonl", "--quiet");
    expect([code, parseRecords(stdout).map(({ embedding }) => embedding.length > 0)]).toEqual([0, [true]]);
  });

  test("serves assistants, with the gallery", async () => {
    await using pipe = openPipe(library, [], join(installed, "bin/photon.js"));
    expect((await pipe.request("server/discover")).result).toHaveProperty("supportedVersions");
    const page = await pipe.request("resources/read", { uri: "ui://photon/gallery.html" });
    expect(JSON.stringify(page.result)).toContain("ui/initialize");
    const status = await pipe.request("tools/call", { name: "get_status", arguments: {} });
    expect(status.result).toHaveProperty(["structuredContent", "indexed"]);
  });

  test("runs the demo", async () => {
    const { code, stdout } = await photon("demo", "--photos", "12");
    expect([code, stdout.includes("12 files")]).toEqual([0, true]);
  });

  test("can be imported as a library", async () => {
    const script = join(installed, "../../import.mjs");
    await writeFile(script, 'console.log(typeof (await import("photon")).createPhoton);\n');
    expect(await runProgram(script, [])).toEqual({ code: 0, stdout: "function\n", stderr: "" });
  });

  test.skipIf(oldNode === undefined)("asks for a newer Node on an old one (skipped where there is none)", async () => {
    const launch = promisify(execFile)(oldNode ?? "", [join(installed, "bin/photon.js"), "status"]);
    await expect(launch).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^photon needs Node 24 or newer, this is Node [\d.]+\. Install Node 24 [^\n]+\n$/),
    });
  });
});

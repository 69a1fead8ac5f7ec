/** Signals through bin/photon.js, started by a Node that is too old to run photon itself. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { linesOf, outputPath, parseRecords, processesOf, processWords, runPhotonIn, until } from "../support/cli.ts";
import type { CoreRecord } from "../support/cli.ts";
import { problemsOf } from "../support/whole-library.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { writePhotos } from "../support/photos.ts";
import { PHOTON } from "../support/run-program.ts";

const REQUIRED_MAJOR = 24;
const PHOTOS = 300;

const majorOf = (node: string): number => {
  try {
    return Number.parseInt(execFileSync(node, ["--version"], { encoding: "utf8" }).slice(1), 10);
  } catch {
    return REQUIRED_MAJOR; // not one that can be run
  }
};

const oldNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .find((node) => existsSync(node) && majorOf(node) < REQUIRED_MAJOR);

interface Launched {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly ended: Promise<number | null>;
}

/** A process group of its own, as a shell gives to a command. */
const launch = (library: TestLibrary, words: readonly string[]): Launched => {
  const child = spawn(oldNode ?? process.execPath, [PHOTON, ...words], {
    env: { ...process.env, ...library.environment },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  let stdout = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  return { child, stdout: () => stdout, ended: once(child, "close").then(([code]) => code as number | null) }; // documented
};

const whenAtWork = async (path: string): Promise<void> => {
  await until("the first records", async () => ((await linesOf(path)) >= 5 ? true : undefined));
};

describe.skipIf(oldNode === undefined || process.platform === "win32")(
  "the launcher under an older Node (needs one below 24 on the PATH)",
  () => {
    test("--version and exit codes come through", async () => {
      await using library = await createTestLibrary();
      const version = launch(library, ["--version"]);
      expect(await version.ended).toBe(0);
      expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect(await launch(library, ["process"]).ended).toBe(2);
      expect(await launch(library, ["process", join(library.folder, "nowhere")]).ended).toBe(1);
    });

    test.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const)("%s ends a run with %i, whole output and nothing left behind", async (signal, code) => {
      await using library = await createTestLibrary();
      await writePhotos(library.photos, { count: PHOTOS });
      const output = outputPath(library, "records.json");
      const words = ["process", library.photos, "--output", output, "--skip-existing"];
      const run = launch(library, words);
      await whenAtWork(`${output}.partial.jsonl`);
      run.child.kill(signal);
      expect(await run.ended).toBe(code);
      const records = JSON.parse(await readFile(output, "utf8")) as readonly CoreRecord[]; // a whole array
      expect(records.length).toBeGreaterThan(0);
      expect(records.length).toBeLessThan(PHOTOS);
      if (process.platform === "linux") expect(await processesOf(library)).toEqual([]);
      expect((await runPhotonIn(library, words)).code).toBe(0);
      expect(JSON.parse(await readFile(output, "utf8"))).toHaveLength(PHOTOS);
      expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
    });

    test("Ctrl-C in a terminal reaches every process of the run and still ends it well", async () => {
      await using library = await createTestLibrary();
      await writePhotos(library.photos, { count: PHOTOS });
      const run = launch(library, processWords(library));
      await until("the first records", () => (run.stdout().split("\n").length > 5 ? true : undefined));
      process.kill(-(run.child.pid ?? 0), "SIGINT"); // the whole group, the encoder hosts too
      expect(await run.ended).toBe(130);
      const records = parseRecords(run.stdout());
      expect(records.length).toBeLessThan(PHOTOS);
      expect(records.filter(({ embedding }) => embedding.length === 0)).toEqual([]);
    });

    test("a photon that is killed is no success of the launcher", async () => {
      await using library = await createTestLibrary();
      await writePhotos(library.photos, { count: PHOTOS });
      const run = launch(library, processWords(library));
      await until("the first records", () => (run.stdout().includes("\n") ? true : undefined));
      for (const { pid, command } of await processesOf(library)) {
        if (command.includes("main.ts") && pid !== run.child.pid) process.kill(pid, "SIGKILL");
      }
      expect(await run.ended).toBe(1);
    });
  },
);

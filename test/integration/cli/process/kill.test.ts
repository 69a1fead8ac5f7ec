/** SIGKILL at random points: whatever was reported is readable, earlier output is whole, the next run completes it. */
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pathsOf, readArray, type ReadRecord, readLines } from "../../../support/records.ts";
import { REPOSITORY, startProgram } from "../../../support/run-program.ts";

const SCRIPTED_PHOTON = join(REPOSITORY, "test/support/scripted-photon.ts");
const PHOTOS = 60;
/** Per mode; two modes per format. */
const KILLS = 25;
/** Runs at the same time. */
const LANES = 2;
/** Photos whose records are in the output before the run that is killed. */
const EARLIER = 10;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-kill-"));
  await mkdir(join(folder, "in"));
  for (let number = 0; number < PHOTOS; number += 1) {
    await writeFile(join(folder, "in", `p${String(number).padStart(3, "0")}.jpg`), `photo ${number}`);
  }
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const inputs = Array.from({ length: PHOTOS }, (_, number) => `in/p${String(number).padStart(3, "0")}.jpg`);
const start = (words: readonly string[], script: object): ReturnType<typeof startProgram> =>
  startProgram(SCRIPTED_PHOTON, ["process", ...words, "--no-store", "--quiet"], {
    cwd: folder,
    environment: {
      SCRIPTED: JSON.stringify({ dimension: 768, thumbnailBytes: 6000, ...script }),
      PHOTON_HOME: join(folder, "home"),
    },
  });

/** Lines that are complete JSON; the last one may be torn. */
const everyRecord = (output: string): readonly ReadRecord[] => [
  ...(output.endsWith(".json") && existsSync(output) ? readArray(output) : readLines(output)),
  ...readLines(`${output}.bak`),
  ...readLines(`${output}.partial.jsonl`),
];

interface Mode {
  readonly name: string;
  readonly file: string;
  readonly flags: readonly string[];
  /** An array takes records in order: more at once would be reported before they are written. */
  readonly batch: number;
}
const modes: readonly Mode[] = [
  { name: "lines", file: "o.jsonl", flags: [], batch: 3 },
  { name: "lines, resuming", file: "o.jsonl", flags: ["--skip-existing"], batch: 3 },
  { name: "array", file: "o.json", flags: [], batch: 1 },
  { name: "array, resuming", file: "o.json", flags: ["--skip-existing"], batch: 1 },
];

const killOnce = async (mode: Mode, run: number): Promise<void> => {
  const output = join(folder, `${run}-${mode.file}`);
  await copyFile(join(folder, mode.file), output);
  const earlier = readFileSync(output);
  const program = start(["in", "-o", output, ...mode.flags], { report: true, batch: mode.batch, pauseMs: 2 });
  // From the first record to the moment when the document is put together, and a bit beyond.
  const after = Math.floor((run / KILLS) * (PHOTOS + 3));
  let reported = "";
  await new Promise<void>((resolve) => {
    program.child.stdout?.on("data", (chunk) => {
      reported += String(chunk);
      if (reported.split("\n").length > after) resolve();
    });
    program.child.once("close", () => resolve());
    if (after === 0) resolve();
  });
  program.child.kill("SIGKILL");
  const { stdout } = await program.ended;
  const promised = stdout
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "all written");
  const found = new Set(pathsOf(everyRecord(output)));
  expect(promised.filter((path) => !found.has(path))).toEqual([]);
  const isIntact = [output, `${output}.bak`].some(
    (path) =>
      existsSync(path) &&
      readFileSync(path)
        .subarray(0, earlier.length - 2)
        .equals(earlier.subarray(0, -2)),
  );
  expect(isIntact || found.size === PHOTOS, `earlier records of run ${run}`).toBe(true); // whole, or replaced by a whole one

  const { code, stderr } = await start(["in", "-o", output, "--skip-existing"], {}).ended;
  expect(code, stderr).toBe(0);
  const complete = mode.file.endsWith(".json") ? readArray(output) : readLines(output);
  expect(pathsOf(complete).toSorted()).toEqual(inputs);
  expect(existsSync(`${output}.partial.jsonl`)).toBe(false);
};

test.each(modes)(
  "$name: nothing reported is lost, nothing is doubled",
  async (mode) => {
    await start([...inputs.slice(0, EARLIER), "-o", mode.file], {}).ended;
    const runs = Array.from({ length: KILLS }, (_, run) => run);
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (let run = runs.shift(); run !== undefined; run = runs.shift()) await killOnce(mode, run);
      }),
    );
  },
  300_000,
);

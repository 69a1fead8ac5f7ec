/** Runs of `photon process` as child processes, and what they left behind. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestLibrary } from "./library.ts";
import type { ProgramResult, RunningProgram } from "./run-program.ts";
import { PHOTON, startProgram } from "./run-program.ts";

export const startPhoton = (library: TestLibrary, words: readonly string[], cwd?: string): RunningProgram =>
  startProgram(PHOTON, words, { environment: library.environment, ...(cwd === undefined ? {} : { cwd }) });

export const runPhotonIn = (library: TestLibrary, words: readonly string[], cwd?: string): Promise<ProgramResult> =>
  startPhoton(library, words, cwd).ended;

/** `process` on the photos of the library, one line per record on stdout. */
export const processWords = (library: TestLibrary, ...more: readonly string[]): readonly string[] => [
  "process",
  library.photos,
  "--format",
  "jsonl",
  "--quiet",
  ...more,
];

export interface CoreRecord {
  readonly file_path: string;
  readonly content_hash: string;
  readonly embedding: readonly number[];
  readonly tags: readonly unknown[];
  readonly thumbnail?: string;
}

/** @throws SyntaxError when a line is not a whole record */
export const parseRecords = (lines: string): readonly CoreRecord[] =>
  lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CoreRecord); // what photon promises; tests check the fields they use

/** Whole lines of an output file; a torn last one does not count as reported. */
export const reportedIn = async (path: string): Promise<readonly CoreRecord[]> => {
  const text = await readFile(path, "utf8").catch(() => ""); // killed before it was made
  return parseRecords(text.slice(0, text.lastIndexOf("\n") + 1));
};

/** Whole lines written so far. */
export const linesOf = async (path: string): Promise<number> =>
  (await readFile(path, "utf8").catch(() => "")).split("\n").length - 1; // not made yet

/** Polls until `look` gives something. */
export const until = async <Value>(
  what: string,
  look: () => Promise<Value | undefined> | Value | undefined,
  timeoutMs = 30_000,
): Promise<Value> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}.`);
    await sleep(10);
  }
};

/** Processes of this library (Linux): pid and command line of those whose environment names its home. */
export const processesOf = async (
  library: TestLibrary,
): Promise<readonly { readonly pid: number; readonly command: string }[]> => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const environment = await readFile(`/proc/${pid}/environ`, "latin1");
        if (!environment.includes(`PHOTON_HOME=${library.home}\0`)) return [];
        const command = (await readFile(`/proc/${pid}/cmdline`, "latin1")).replaceAll("\0", " ");
        return command === "" ? [] : [{ pid: Number(pid), command }]; // empty = it has ended, nobody has asked yet
      } catch {
        return []; // it ended meanwhile
      }
    }),
  );
  return found.flat();
};

/** Encoder hosts that live. */
export const hostsOf = async (library: TestLibrary): Promise<readonly number[]> =>
  (await processesOf(library)).filter(({ command }) => command.includes("encoder-host")).map(({ pid }) => pid);

export const outputPath = (library: TestLibrary, name: string): string => join(library.folder, name);

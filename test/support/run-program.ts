/** Starts programs of the checkout as child processes, on the Node that runs the tests. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const REPOSITORY = join(import.meta.dirname, "..", "..");
export const PHOTON = join(REPOSITORY, "bin", "photon.js");

export interface ProgramResult {
  /** Exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Added to an environment without any PHOTON_ variable. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  /** Resolves when stdout contains the text; rejects when the program ends before. */
  readonly untilStdout: (text: string) => Promise<void>;
  readonly ended: Promise<ProgramResult>;
}

const cleanEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PHOTON_|NO_COLOR|FORCE_COLOR)/.test(name)));

export const startProgram = (
  script: string,
  words: readonly string[],
  { environment = {}, cwd }: ProgramOptions = {},
): RunningProgram => {
  const child = spawn(process.execPath, [script, ...words], {
    env: { ...cleanEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const ended = once(child, "close").then(([code, signal]): ProgramResult => {
    return { code: (code ?? signal) as ProgramResult["code"], stdout, stderr }; // what "close" is documented to give
  });
  const untilStdout = async (text: string): Promise<void> => {
    while (!stdout.includes(text)) {
      const isOver = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)]);
      if (isOver && !stdout.includes(text)) throw new Error(`The program ended without "${text}": ${stderr}`);
    }
  };
  return { child, untilStdout, ended };
};

export const runProgram = (
  script: string,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> => startProgram(script, words, options).ended;

/** `photon <words>` through the launcher. */
export const runPhoton = (words: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> =>
  runProgram(PHOTON, words, options);

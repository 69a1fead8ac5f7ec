/** Whole command lines of photon in this process: for commands whose work is a look at the library. */
import { PassThrough } from "node:stream";
import { commandGroups } from "../../src/cli/command-groups.ts";
import { commands } from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/run.ts";
import type { ProgramResult } from "./run-program.ts";

export interface CommandPlace {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
}

export const runHere = async (
  { environment, folder }: CommandPlace,
  words: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<ProgramResult> => {
  const text = { stdout: "", stderr: "" };
  const streamFor = (name: keyof typeof text): NodeJS.WriteStream => {
    const stream = new PassThrough();
    stream.on("data", (chunk) => (text[name] += String(chunk)));
    return Object.assign(stream, { isTTY: false, columns: 80 }) as unknown as NodeJS.WriteStream; // what outputs use of it
  };
  const code = await runCommandLine({
    words,
    environment,
    workingDirectory: folder,
    stdout: streamFor("stdout"),
    stderr: streamFor("stderr"),
    signal,
    commands,
    groups: commandGroups,
    version: "0.0.0",
  });
  return { code, ...text };
};

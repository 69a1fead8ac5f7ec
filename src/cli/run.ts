/** Runs one command line and turns whatever happens into text on stderr and an exit code. */
import type { Environment } from "../config.ts";
import { errorReport, firstError, isAbort } from "../errors.ts";
import type { ProgramOptions } from "./build-program.ts";
import { readCommandLine } from "./build-program.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./command.ts";
import { createContext } from "./context.ts";
import type { Output } from "./terminal.ts";
import { ClosedPipe, createOutput } from "./terminal.ts";

export interface RunOptions extends Omit<ProgramOptions, "output"> {
  readonly words: readonly string[];
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

export interface ErrorStyle {
  readonly json: boolean;
  readonly verbose: boolean;
}

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "";
  if (error instanceof SuppressedError) return `${stackOf(error.suppressed)}While closing: ${stackOf(error.error)}`;
  const cause = error.cause === undefined ? "" : `Caused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}\n${cause}`;
};

/** Message and hint for people, or one JSON object; the stack only when asked for. Returns the exit code. */
export const reportError = async (error: unknown, stderr: Output, { json, verbose }: ErrorStyle): Promise<number> => {
  const { exitCode, ...report } = errorReport(error);
  if (json) {
    await stderr.line(JSON.stringify({ error: { ...report, exit_code: exitCode } }));
  } else {
    const [first = "", ...rest] = report.message.split("\n");
    await stderr.line([`${stderr.style(["red", "bold"], "error:")} ${first}`, ...rest].join("\n"));
    if (report.hint !== undefined) await stderr.line(`${stderr.style("cyan", "hint:")} ${report.hint}`);
  }
  if (verbose) await stderr.write(stackOf(error));
  return exitCode;
};

/** Looks at the words themselves: they may be what is wrong. */
export const errorStyle = (words: readonly string[]): ErrorStyle => ({
  json: words.includes("--json") || words.includes("--json-logs"),
  verbose: words.includes("--verbose") || words.includes("-v"),
});

/** @returns the exit code; after a signal main.ts replaces it by that of the signal */
export const runCommandLine = async (options: RunOptions): Promise<number> => {
  const stdout = createOutput(options.stdout, options.environment);
  const stderr = createOutput(options.stderr, options.environment);
  const runLine: CommandContext["runLine"] = (words, environment, signal) =>
    runCommandLine({ ...options, words, environment, signal });
  try {
    const invocation = await readCommandLine(options.words, { ...options, output: stdout });
    if (invocation.kind === "text") {
      await stdout.write(invocation.text);
      return EXIT.done;
    }
    await using made = createContext({ ...options, ...invocation, stdout, stderr, runLine });
    return await invocation.command.run(invocation.options, made.context, options.signal);
  } catch (thrown) {
    const error = firstError(thrown);
    if (error instanceof ClosedPipe) return EXIT.done;
    if (isAbort(error) && options.signal.aborted) return EXIT.failed;
    return reportError(thrown, stderr, errorStyle(options.words));
  }
};

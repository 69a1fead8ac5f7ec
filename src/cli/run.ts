/** Runs one command line and turns whatever happens into text on stderr and an exit code. */
import type { Environment } from "../config.ts";
import { errorReport, isAbort } from "../errors.ts";
import type { Invocation } from "./build-program.ts";
import { readCommandLine } from "./build-program.ts";
import type { CommandEntry } from "./commands.ts";
import { EXIT } from "./command.ts";
import { createContext } from "./context.ts";
import type { Output } from "./terminal.ts";
import { ClosedPipe, createOutput } from "./terminal.ts";

export interface RunOptions {
  readonly words: readonly string[];
  readonly version: string;
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  readonly commands: readonly CommandEntry[];
  readonly groups: Readonly<Record<string, string>>;
}

export interface ErrorStyle {
  readonly json: boolean;
  readonly verbose: boolean;
}

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "";
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

const errorStyle = (words: readonly string[], invocation: Invocation | undefined): ErrorStyle => ({
  json:
    words.includes("--json-logs") ||
    (invocation === undefined
      ? words.includes("--json")
      : invocation.kind === "run" && invocation.options["json"] === true),
  verbose: words.includes("--verbose") || words.includes("-v"),
});

/** @returns the exit code; on an abort the command's own, which main.ts replaces by that of the signal */
export const runCommandLine = async (options: RunOptions): Promise<number> => {
  const stdout = createOutput(options.stdout, options.environment);
  const stderr = createOutput(options.stderr, options.environment);
  let invocation: Invocation | undefined;
  try {
    invocation = await readCommandLine(options.words, { ...options, output: stdout });
    if (invocation.kind === "text") {
      await stdout.write(invocation.text);
      return EXIT.done;
    }
    await using made = createContext({ ...options, ...invocation, stdout, stderr });
    return await invocation.command.run(invocation.options, made.context, options.signal);
  } catch (error) {
    if (error instanceof ClosedPipe) return EXIT.done;
    if (isAbort(error) && options.signal.aborted) return EXIT.failed;
    return reportError(error, stderr, errorStyle(options.words, invocation));
  }
};

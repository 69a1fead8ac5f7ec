/**
 * Runs a command line as the whole process: signals, closed pipes, bugs, exit code.
 *
 * First SIGINT, SIGTERM or SIGHUP: the signal aborts, the command finishes what it must, exit 130, 143 or 129.
 * Second: exit at once. Reader of stdout gone: abort, exit 0. Unhandled rejection: reported as a bug, exit 1.
 */
import type { RunOptions } from "./run.ts";
import { errorStyle, reportError, runCommandLine } from "./run.ts";
import { ClosedPipe, createOutput } from "./terminal.ts";

/** Ctrl-C in a terminal reaches this process and the launcher, which passes it on: one key press, two signals. */
const SAME_SIGNAL_MS = 300;
/** Longer than any command; the process is ended when it is done. */
const LONG_MS = 2 ** 30;
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

interface Stop {
  readonly signal: AbortSignal;
  /** Exit code of what stopped the run first. */
  readonly code: () => number | undefined;
  readonly stop: (code: number, reason: Error) => void;
}

const createStop = (): Stop => {
  const controller = new AbortController();
  let stoppedWith: number | undefined;
  return {
    signal: controller.signal,
    code: () => stoppedWith,
    stop: (code, reason) => {
      stoppedWith ??= code;
      controller.abort(reason);
    },
  };
};

const listenForSignals = ({ stop }: Stop): void => {
  let firstAt: number | undefined;
  for (const [name, code] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.on(name, () => {
      const now = performance.now();
      if (firstAt !== undefined && now - firstAt >= SAME_SIGNAL_MS) process.exit(code);
      firstAt ??= now;
      stop(code, new DOMException(`Stopped by ${name}.`, "AbortError"));
    });
  }
};

const listenForClosedPipes = ({ stop }: Stop): void => {
  process.stdout.on("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") throw error;
    stop(0, new ClosedPipe("The reader of the output has gone."));
  });
  process.stderr.on("error", () => undefined); // nobody is left to tell
};

const listenForBugs = (options: Pick<RunOptions, "words" | "environment">): void => {
  const onBug = (error: unknown): void => {
    const stderr = createOutput(process.stderr, options.environment);
    void reportError(error, stderr, errorStyle(options.words)).finally(() => process.exit(1));
  };
  process.on("uncaughtException", onBug);
  process.on("unhandledRejection", onBug);
};

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writable) stream.write("", () => resolve());
    else resolve();
  });

/** Ends the process. */
export const runAsProcess = async (
  options: Pick<RunOptions, "words" | "version" | "environment" | "commands" | "groups">,
): Promise<never> => {
  const stop = createStop();
  listenForSignals(stop);
  listenForClosedPipes(stop);
  listenForBugs(options);
  // Hosts and workers at rest keep no process alive; one that still owes a reply at that moment would be lost with it.
  setInterval(() => undefined, LONG_MS);
  const code = await runCommandLine({
    ...options,
    workingDirectory: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
  });
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(stop.code() ?? code); // handles of native libraries may outlive their close
};

/**
 * Entry of the command line: owns the process (arguments, environment, signals, exit). Everything else is imported
 * when it is needed, so that `photon --version` costs one file.
 */
import { existsSync, readFileSync } from "node:fs";

/** Ctrl-C in a terminal reaches this process and the launcher, which passes it on: one key press, two signals. */
const SAME_SIGNAL_MS = 300;
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const packageVersion = (): string => {
  let file = new URL("package.json", import.meta.url);
  while (!existsSync(file)) file = new URL("../package.json", file);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }; // our own package.json
  return version;
};

const isClosedPipe = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EPIPE";

/** Resolves to the exit code. */
const runProcess = async (words: readonly string[], version: string): Promise<number> => {
  const { errorStyle, reportError, runCommandLine } = await import("./run.ts");
  const { commands, commandGroups } = await import("./commands.ts");
  const { ClosedPipe, createOutput } = await import("./terminal.ts");
  const stop = new AbortController();
  let stopCode: number | undefined;
  let lastSignalAt = 0;
  const stopWith = (code: number, reason: Error): void => {
    stopCode ??= code;
    stop.abort(reason);
  };
  for (const [name, code] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.on(name, () => {
      const isRepeat = performance.now() - lastSignalAt < SAME_SIGNAL_MS;
      if (stopCode !== undefined && lastSignalAt > 0 && !isRepeat) process.exit(code);
      lastSignalAt = performance.now();
      stopWith(code, new DOMException(`Stopped by ${name}.`, "AbortError"));
    });
  }
  process.stdout.on("error", (error) => {
    if (!isClosedPipe(error)) throw error;
    stopWith(0, new ClosedPipe("The reader of the output has gone."));
  });
  process.stderr.on("error", () => undefined); // nobody is left to tell
  const onBug = (error: unknown): void => {
    const stderr = createOutput(process.stderr, process.env);
    void reportError(error, stderr, errorStyle(words)).finally(() => process.exit(1));
  };
  process.on("uncaughtException", onBug);
  process.on("unhandledRejection", onBug);

  const code = await runCommandLine({
    words,
    version,
    environment: process.env,
    workingDirectory: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
    commands,
    groups: commandGroups,
  });
  return stopCode ?? code;
};

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writable) stream.write("", () => resolve());
    else resolve();
  });

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  const code = await runProcess(words.length === 0 ? ["--help"] : words, packageVersion());
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code); // handles of native libraries may outlive their close
}

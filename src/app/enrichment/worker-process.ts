/**
 * Workers as child processes, so that what takes seconds slows nothing else down: the one of a run that is followed, and
 * those of the agent. They are told what to do by one line on their stdin:
 *
 *   stdin open      works
 *   line "finish"   no more jobs will come: ends when nothing is left that can be done soon
 *   stdin closed    the parent has gone: ends at once, its jobs go back to the queue
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { lowerPriorityOf } from "./niceness.ts";

/** Words on the command line of the worker of a run. */
const RUN_WORKER_WORDS = ["worker", "enrichment", "--follow"] as const;
export const FINISH_LINE = "finish";

export interface WorkerProcessOptions {
  /**
   * All that decides the child's settings, flags of the parent among it: see cli/child-environment.ts. Keys travel in
   * here too, never on the command line.
   */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Ends the child; its jobs go back to the queue. */
  readonly signal: AbortSignal;
  /** A line of the child's log. */
  readonly onLog?: (line: string) => void;
}

export interface WorkerWords {
  /** What is behind `photon` on the child's command line. */
  readonly words: readonly string[];
  /** Ctrl-C in the terminal does not reach the child: its parent alone decides when it ends. */
  readonly isApart?: boolean;
}

export interface WorkerProcess extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Ends it by force; its jobs go back to the queue once its leases are seen to be those of a dead process. */
  readonly kill: () => void;
  /** No more jobs will come. Resolves when the worker has ended. */
  readonly finish: () => Promise<WorkerEnd>;
  /** Resolves when the worker has ended, for whatever reason. */
  readonly ended: Promise<WorkerEnd>;
}

export interface WorkerEnd {
  /** null: a signal ended it. */
  readonly exitCode: number | null;
}

/** The command line's entry, in the checkout or in the package. */
const entryFile = (): string => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`../../cli/main.${extension}`, import.meta.url));
};

const forwardLines = (stream: Readable, onLog: (line: string) => void): void => {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLog(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLog(rest);
  });
};

export const startWorkerProcess = (options: WorkerProcessOptions & WorkerWords): WorkerProcess => {
  const { words, isApart = false, environment, workingDirectory, signal, onLog = () => undefined } = options;
  const child = spawn(process.execPath, [entryFile(), ...words], {
    cwd: workingDirectory,
    env: environment,
    stdio: ["pipe", "ignore", "pipe"], // stdout belongs to the parent's records
    detached: isApart && process.platform !== "win32", // there it would get a window of its own
    windowsHide: true,
  });
  if (child.pid !== undefined) lowerPriorityOf(child.pid);
  forwardLines(child.stderr, onLog);
  child.stdin.on("error", () => undefined); // it has ended already; `ended` tells
  const ended = once(child, "close").then(([code]): WorkerEnd => ({ exitCode: code as number | null })); // as documented
  const stop = (): void => void child.stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  void ended.then(
    () => signal.removeEventListener("abort", stop),
    () => undefined, // reported to whoever awaits `ended`
  );
  if (signal.aborted) stop();
  return {
    pid: child.pid,
    kill: () => void child.kill("SIGKILL"),
    finish: () => {
      child.stdin.write(`${FINISH_LINE}\n`);
      return ended;
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      stop();
      await ended;
    },
  };
};

export const startEnrichmentWorker = (options: WorkerProcessOptions): WorkerProcess =>
  startWorkerProcess({ ...options, words: RUN_WORKER_WORDS });

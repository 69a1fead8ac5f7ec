/** `photon mcp` as a process whose pipe the test holds: what a client library would hide can be seen. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { until } from "./cli.ts";
import type { ServedLibrary } from "./mcp.ts";
import { envelope } from "./mcp-http.ts";
import { PHOTON } from "./run-program.ts";

export interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface Pipe extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything on stdout, line by line, as it came. */
  readonly lines: readonly string[];
  readonly stderr: () => string;
  /** Writes a line as it is. */
  readonly write: (line: string) => void;
  /** Sends a request as it is and resolves with its response. */
  readonly ask: (method: string, params?: Readonly<Record<string, unknown>>) => Promise<Message>;
  /** The same with the envelope of revision 2026-07-28. */
  readonly request: (
    method: string,
    params?: Readonly<Record<string, unknown>>,
    capabilities?: object,
  ) => Promise<Message>;
  /** Closes stdin; resolves with the exit code or signal, and how long the end took in ms. */
  readonly close: () => Promise<{ readonly code: number | string | null; readonly tookMs: number }>;
  readonly ended: Promise<number | string | null>;
}

/** @param words after `photon mcp` @param launcher of a package instead of the checkout's */
export const openPipe = (library: ServedLibrary, words: readonly string[] = [], launcher = PHOTON): Pipe => {
  const child = spawn(process.execPath, [launcher, "mcp", ...words], {
    cwd: library.folder,
    env: { PATH: process.env["PATH"] ?? "", ...library.environment },
  });
  const lines: string[] = [];
  let stderr = "";
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  child.stdin.on("error", () => undefined); // it ended first
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string | null); // as documented
  let id = 0;
  const ask: Pipe["ask"] = async (method, params = {}) => {
    id += 1;
    const own = id;
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: own, method, params })}\n`);
    return until(`the answer to ${method}: ${stderr}`, () =>
      lines
        .map((line) => JSON.parse(line) as Message)
        .find((message) => message.id === own && message.method === undefined),
    );
  };
  return {
    child,
    pid: child.pid ?? 0,
    lines,
    stderr: () => stderr,
    write: (line) => child.stdin.write(`${line}\n`),
    ask,
    request: (method, params = {}, capabilities = {}) => ask(method, { ...params, _meta: envelope(capabilities) }),
    close: async () => {
      const start = performance.now();
      child.stdin.end();
      return { code: await ended, tookMs: performance.now() - start };
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
};

/** `initialize` of the 2025 revisions. */
export const initialize = (pipe: Pipe, protocolVersion = "2025-06-18"): Promise<Message> =>
  pipe.ask("initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "old-client", version: "1" } });

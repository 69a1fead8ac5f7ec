/** One encoder host seen from its parent: start, talk, end. */
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostReply, HostRequest, HostTask } from "./host-protocol.ts";

export interface HostEvents {
  readonly onReply: (reply: HostReply) => void;
  /** Once, however the process ended. */
  readonly onExit: (reason: string) => void;
}

export interface HostProcess {
  readonly pid: number | undefined;
  run(id: number, items: readonly unknown[]): void;
  /** A held host keeps the event loop alive; an idle one must not. */
  hold(held: boolean): void;
  /** Ends the process at once, hung or not; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Sources in a checkout, compiled files in the package. */
const HOST_FILE = fileURLToPath(new URL(`./encoder-host${extname(import.meta.url)}`, import.meta.url));

export const startHostProcess = (task: HostTask, { onReply, onExit }: HostEvents): HostProcess => {
  const child = fork(HOST_FILE, [], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"], // stdout belongs to data: a host has none
  });
  const gone = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      onExit(reason);
      resolve();
    };
    child.once("exit", (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once("error", (error) => {
      if (child.pid === undefined) end(error.message); // never started: there will be no exit
    });
  });
  // A host that dies while it is written to is reported by its exit.
  const send = (request: HostRequest): void => void child.send(request, () => undefined);
  child.on("message", (reply: HostReply) => onReply(reply));
  send({ type: "open", task });
  return {
    pid: child.pid,
    run: (id, items) => send({ type: "run", run: id, items }),
    hold: (held) => {
      if (held) {
        child.ref();
        child.channel?.ref();
      } else {
        child.unref();
        child.channel?.unref();
      }
    },
    kill: () => {
      child.ref(); // whoever waits for the end would otherwise outlive the event loop
      child.kill("SIGKILL");
      return gone;
    },
  };
};

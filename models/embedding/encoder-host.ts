/**
 * Main module of an encoder host: a child process with one tower, opened once. Runs arrive in order and are answered in
 * order. Signals of the terminal are the parent's business; the host ends when the parent's channel closes.
 */
import { errorReport } from "../../src/errors.ts";
import type { HostReply, HostRequest } from "./host-protocol.ts";
import type { Tower } from "./image-tower.ts";
import { openTask } from "./open-task.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit(0));

const reply = (message: HostReply): void => {
  process.send?.(message);
};

let tower: Tower<never, unknown> | undefined;

const open = async (task: Extract<HostRequest, { type: "open" }>["task"]): Promise<void> => {
  try {
    tower = await openTask(task);
    const { device, fallback } = tower;
    reply({ type: "opened", device, ...(fallback === undefined ? {} : { fallback }) });
  } catch (error) {
    const { message, hint } = errorReport(error);
    reply({ type: "refused", message, ...(hint === undefined ? {} : { hint }) });
  }
};

const run = async (id: number, items: readonly unknown[]): Promise<void> => {
  try {
    if (tower === undefined) throw new Error("the host was asked to run before it was opened");
    // The parent sends items of the kind it opened.
    reply({ type: "done", run: id, results: await tower.run(items as readonly never[]) });
  } catch (error) {
    reply({ type: "failed", run: id, message: errorReport(error).message });
  }
};

let last: Promise<void> = Promise.resolve();
process.on("message", (request: HostRequest) => {
  last = last.then(() => (request.type === "open" ? open(request.task) : run(request.run, request.items)));
});

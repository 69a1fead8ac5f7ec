/** Who holds a lease: host, process id and process start, so that a reused pid is not mistaken for the owner. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { randomBytes } from "node:crypto";

const SEPARATOR = "|";
const START_TIME_FIELD = 19; // of /proc/<pid>/stat, counted after the command name (proc(5))

/** Start of a process in clock ticks since boot (Linux); empty where the system does not tell. */
const processStart = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME_FIELD] ?? "";
  } catch {
    return ""; // no /proc, or no such process: the caller falls back to asking for the pid alone
  }
};

/** Unique per opened catalogue: two libraries or two handles of one process do not share leases. */
export const createOwner = (): string =>
  [hostname(), process.pid, processStart(process.pid), randomBytes(4).toString("hex")].join(SEPARATOR);

const processExists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // it exists, and is another user's
  }
};

export const isOwnerOfThisHost = (owner: string): boolean => owner.split(SEPARATOR)[0] === hostname();

/** True when the owner ran on this host and is certainly gone; owners elsewhere are judged by their lease alone. */
export const isOwnerDead = (owner: string): boolean => {
  const [host, pidText, start] = owner.split(SEPARATOR);
  const pid = Number(pidText);
  if (host !== hostname() || !Number.isInteger(pid)) return false;
  if (!processExists(pid)) return true;
  const startNow = processStart(pid);
  return startNow !== "" && start !== "" && startNow !== start;
};

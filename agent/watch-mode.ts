/**
 * How changes of a root are found, and why it is not by events. Network file systems tell nothing of what other machines
 * do; a limit of the system ends events for the whole root, because half a watch looks like a whole one.
 */
import type { WantedRootMode } from "../src/catalogue/schema.ts";
import { isNetworkFileSystem } from "../src/library/scan/file-systems.ts";

export interface ModeChoice {
  readonly mode: "events" | "timed";
  /** For people, the part of a sentence; only of `timed`. */
  readonly reason?: string;
  /** What they can do about it, a whole sentence or two. */
  readonly fix?: string;
}

export interface ModeFacts {
  readonly wanted: WantedRootMode;
  /** Empty when the system does not tell. */
  readonly fileSystem: string;
}

export const chooseMode = ({ wanted, fileSystem }: ModeFacts): ModeChoice => {
  if (wanted === "events") return { mode: "events" };
  if (wanted === "timed") return { mode: "timed", reason: "the configuration says so" };
  if (!isNetworkFileSystem(fileSystem)) return { mode: "events" };
  return { mode: "timed", reason: `the file system (${fileSystem}) does not report changes made elsewhere` };
};

const WATCHES_FIX =
  'Run "sudo sysctl fs.inotify.max_user_watches=524288", and put the line "fs.inotify.max_user_watches=524288" into /etc/sysctl.d/60-photon.conf.';
const INSTANCES_FIX =
  'Run "ulimit -n 65536" before photon, or "sudo sysctl fs.inotify.max_user_instances=1024" when other programs watch folders too.';

/** @param code of the system: ENOSPC, EMFILE, ENFILE */
export const limitMode = (code: string): ModeChoice =>
  code === "ENOSPC"
    ? { mode: "timed", reason: "the system gives no more watches (inotify limit)", fix: WATCHES_FIX }
    : { mode: "timed", reason: "the system gives no more open files", fix: INSTANCES_FIX };

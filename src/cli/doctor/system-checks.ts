/** Checks of the machine: Node, disk, folders, watch limits. */
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { existingFolder, freeDiskBytes } from "../../disk.ts";
import { systemCode } from "../../errors.ts";
import { formatBytes, formatCount } from "../terminal.ts";
import type { DoctorCheck, Finding } from "./check.ts";

const REQUIRED_NODE_MAJOR = 24;
const MEGABYTE = 1_000_000;
const LOW_DISK_BYTES = 2000 * MEGABYTE;
const FULL_DISK_BYTES = 200 * MEGABYTE;
/** The kernel's old default, one watch per folder. */
const FEW_INOTIFY_WATCHES = 8192;
const INOTIFY_FOLDER = "/proc/sys/fs/inotify";

export const nodeFinding = (version: string): Finding =>
  Number.parseInt(version, 10) >= REQUIRED_NODE_MAJOR
    ? { status: "ok", message: `Node ${version}, ${availableParallelism()} CPU cores.` }
    : {
        status: "fail",
        message: `Node ${version} is older than ${REQUIRED_NODE_MAJOR}.`,
        repair: `Install Node ${REQUIRED_NODE_MAJOR}, or run \`npm install\` in the checkout, which brings its own.`,
      };

export const diskFinding = (freeBytes: number, folder: string): Finding => {
  const message = `${formatBytes(freeBytes)} free for ${folder}.`;
  if (freeBytes >= LOW_DISK_BYTES) return { status: "ok", message };
  const repair = "Free some space, or set PHOTON_HOME to a folder on another disk.";
  return { status: freeBytes < FULL_DISK_BYTES ? "fail" : "warn", message, repair };
};

export const watchFinding = (watches: number): Finding => {
  const message = `${formatCount(watches)} folders can be watched at once.`;
  if (watches > FEW_INOTIFY_WATCHES) return { status: "ok", message };
  const repair =
    "For larger libraries run `sudo sysctl fs.inotify.max_user_watches=524288` and put that line into /etc/sysctl.d/60-photon.conf.";
  return { status: "warn", message, repair };
};

const node: DoctorCheck = {
  name: "node",
  title: "Node",
  run: () => Promise.resolve(nodeFinding(process.versions.node)),
};

const disk: DoctorCheck = {
  name: "disk",
  title: "Disk space",
  async run({ config }) {
    const folder = config.general.data_dir;
    return diskFinding(await freeDiskBytes(folder), folder);
  },
};

const dataFolder: DoctorCheck = {
  name: "data-folder",
  title: "Data folder",
  async run({ config }) {
    const folder = config.general.data_dir;
    const existing = await existingFolder(folder);
    try {
      await access(existing, constants.W_OK | constants.X_OK);
    } catch (error) {
      return {
        status: "fail",
        message: `${existing} cannot be written to (${systemCode(error) ?? String(error)}).`,
        repair: "Give yourself write access to it, or set PHOTON_HOME to a folder of your own.",
      };
    }
    return {
      status: "ok",
      message: existing === folder ? `${folder} is writable.` : `${folder} will be made when needed.`,
    };
  },
};

const watchLimits: DoctorCheck = {
  name: "watch-limits",
  title: "Watch limits",
  async run() {
    if (process.platform !== "linux") return { status: "ok", message: "This system sets no limit on watched folders." };
    return watchFinding(Number(await readFile(`${INOTIFY_FOLDER}/max_user_watches`, "utf8")));
  },
};

export const systemChecks: readonly DoctorCheck[] = [node, disk, dataFolder];
export const watchChecks: readonly DoctorCheck[] = [watchLimits];

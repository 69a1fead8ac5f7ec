/** The kind of file system a folder lies on, and what follows from it for watching. */
import { readFile } from "node:fs/promises";
import { SECOND } from "../../clock.ts";
import type { Config } from "../../config.ts";

/** Changes made on other machines give no events, or files arrive in ways of their own. */
const NETWORK =
  /^(nfs|cifs|smb|9p|afs|ceph|gfs|glusterfs|lustre|davfs|sshfs|afpfs|webdav|drvfs|vboxsf|prl_fs|virtiofs)/;
const FUSE = /^fuse(\.|$)/;

/** The escapes of proc_pid_mountinfo(5): `\040` is a blank. */
const unescaped = (field: string): string =>
  field.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));

const isBelow = (path: string, point: string): boolean =>
  path === point || path.startsWith(point.endsWith("/") ? point : `${point}/`);

/** @param mountInfo content of /proc/self/mountinfo; of mounts on one point the last is the one that is seen */
const fileSystemIn = (mountInfo: string, path: string): string => {
  let best = { point: "", type: "" };
  for (const line of mountInfo.split("\n")) {
    const fields = line.split(" ");
    const separator = fields.indexOf("-");
    const point = unescaped(fields[4] ?? "");
    const type = fields[separator + 1] ?? "";
    if (separator < 0 || point === "" || !isBelow(path, point) || point.length < best.point.length) continue;
    best = { point, type };
  }
  return best.type;
};

/** Such as `ext4`, `nfs4`, `fuse.sshfs`; empty where the system does not tell. @param path absolute real path */
export const fileSystemOf = async (path: string): Promise<string> => {
  if (process.platform === "win32") return path.startsWith("\\\\") ? "smb" : "";
  if (process.platform !== "linux") return "";
  return fileSystemIn(await readFile("/proc/self/mountinfo", "utf8"), path);
};

/** How long a file must keep still there, in milliseconds. */
export const stableMs = ({ local, network }: Config["watch"]["stable_seconds"], type: string): number =>
  (isNetworkFileSystem(type) ? network : local) * SECOND;

/** Whether hints of changes cannot be trusted there. */
export const isNetworkFileSystem = (type: string): boolean => NETWORK.test(type) || FUSE.test(type);

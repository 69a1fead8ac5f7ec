/** Small file systems in memory, for tests of full and read-only disks. Needs root on Linux. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Another size in KB, or read-only. */
  readonly remount: (options: string) => void;
}

const mount = (path: string, options: string): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" }).status === 0;

const unmount = (path: string): void => {
  spawnSync("umount", ["--lazy", path], { stdio: "ignore" });
};

export const mountDisk = async (path: string, kilobytes: number): Promise<SmallDisk> => {
  await mkdir(path, { recursive: true });
  if (!mount(path, `size=${kilobytes}k`)) throw new Error(`could not mount a disk at ${path}`);
  return {
    path,
    remount: (options) => void execFileSync("mount", ["-o", `remount,${options}`, path]),
    [Symbol.asyncDispose]: async () => {
      unmount(path);
      await rm(path, { recursive: true, force: true });
    },
  };
};

/** Containers often forbid it even to root: it is tried. */
export const canMountDisks = (): boolean => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const path = mkdtempSync(join(tmpdir(), "photon-mount-"));
  const works = mount(path, "size=64k");
  if (works) unmount(path);
  rmdirSync(path);
  return works;
};

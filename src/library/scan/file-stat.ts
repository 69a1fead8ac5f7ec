/** The stat of a file as the catalogue keeps it. */
import { lstat } from "node:fs/promises";
import type { FileStat } from "../../catalogue/file-repository.ts";
import { systemCode } from "../../errors.ts";
import type { Links } from "./links.ts";

export interface DeviceStat extends FileStat {
  readonly device: string;
}

const GONE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

export const isGone = (error: unknown): boolean => GONE.has(systemCode(error) ?? "");

/**
 * undefined: it is gone, or no plain file any more. Rejects with the system's error.
 * @param links unset = links are not followed
 */
export const statOfFile = async (path: Buffer, links?: Links): Promise<DeviceStat | undefined> => {
  try {
    const found = await lstat(path, { bigint: true });
    if (found.isSymbolicLink()) {
      const target = await links?.follow(path);
      return target?.kind === "file" ? await statOfFile(target.realPath) : undefined;
    }
    if (!found.isFile()) return undefined;
    const { dev, ino, size, mtimeNs, ctimeNs } = found;
    return { device: String(dev), inode: ino, size: Number(size), mtimeNs, ctimeNs };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

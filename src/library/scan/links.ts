/** Links in watched folders: followed when the user wants it, and only to what lies in a folder of the library. */
import { realpath, stat } from "node:fs/promises";
import type { Config } from "../../config.ts";
import { isInside } from "../../photo/path-bytes.ts";

export interface LinkTarget {
  readonly kind: "file" | "folder";
  readonly realPath: Buffer;
}

export interface Links {
  /** undefined: it leads nowhere, out of the library, or to something else. */
  readonly follow: (link: Buffer) => Promise<LinkTarget | undefined>;
}

const createLinks = (roots: readonly Buffer[]): Links => ({
  follow: async (link) => {
    try {
      const realPath = await realpath(link, "buffer");
      if (!roots.some((root) => isInside(realPath, root))) return undefined;
      const found = await stat(realPath);
      if (found.isFile()) return { kind: "file", realPath };
      return found.isDirectory() ? { kind: "folder", realPath } : undefined;
    } catch {
      return undefined; // a link without a target is no photo
    }
  },
});

/** @param roots absolute real paths of the library's folders. @returns undefined when links are not to be followed */
export const linksOf = ({ watch }: Pick<Config, "watch">, roots: readonly Buffer[]): Links | undefined =>
  watch.follow_symlinks ? createLinks(roots) : undefined;

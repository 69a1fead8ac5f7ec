/**
 * Files that were renamed, or whose folder was: device, inode, size and time of change are those of a known file whose
 * path is gone. They are moves without a look at their content. (A second name of a file that is still there is a copy.)
 */
import type { ScannedFile, ScanRepository, SeenFile } from "../../catalogue/scan-repository.ts";
import { joinPath } from "../../photo/path-bytes.ts";
import { concurrently } from "./concurrently.ts";
import { statOfFile } from "./file-stat.ts";
import type { Links } from "./links.ts";
import type { ListedFile } from "./walk.ts";

export interface InodeDeps {
  readonly scans: Pick<ScanRepository, "byInode">;
  /** Absolute path of each added root. */
  readonly rootPaths: ReadonlyMap<number, Buffer>;
  readonly links: Links | undefined;
  /** Of the root that is scanned. */
  readonly device: string | undefined;
}

export type Moved = SeenFile & { readonly file: ScannedFile };

const isSameFile = (file: ScannedFile, { stat }: ListedFile): boolean =>
  file.stat.size === stat.size && file.stat.mtimeNs === stat.mtimeNs && file.todo !== "settle";

const isPathGone = async (
  file: ScannedFile,
  { rootPaths, links }: Pick<InodeDeps, "rootPaths" | "links">,
): Promise<boolean> => {
  const root = rootPaths.get(file.rootId);
  if (root === undefined) return false;
  return (await statOfFile(joinPath(root, file.path), links)) === undefined;
};

/** @returns moves, and the files that are none */
export const knownByInode = async (
  { scans, rootPaths, links, device }: InodeDeps,
  unknown: readonly ListedFile[],
): Promise<{ readonly moved: readonly Moved[]; readonly found: readonly ListedFile[] }> => {
  const here = unknown.filter(({ stat }) => stat.device === device);
  if (device === undefined || here.length === 0) return { moved: [], found: unknown };
  const rows = await scans.byInode(
    device,
    here.map(({ stat }) => stat.inode),
  );
  const byInode = Map.groupBy(rows, ({ stat }) => stat.inode);
  const pairs = here.flatMap((listed) => {
    const file = byInode.get(listed.stat.inode)?.find((row) => isSameFile(row, listed));
    return file === undefined ? [] : [{ path: listed.path, stat: listed.stat, file, listed }];
  });
  const gone = await concurrently(pairs, ({ file }) => isPathGone(file, { rootPaths, links }));
  const taken = new Set<number>();
  const moved = pairs.filter(({ file }, place) => {
    if (gone[place] !== true || taken.has(file.id)) return false;
    taken.add(file.id); // two new names of one file: the first is the move, the other a copy
    return true;
  });
  const isMoved = new Set(moved.map(({ listed }) => listed));
  return {
    moved: moved.map(({ path, stat, file }) => ({ path, stat, file })),
    found: unknown.filter((listed) => !isMoved.has(listed)),
  };
};

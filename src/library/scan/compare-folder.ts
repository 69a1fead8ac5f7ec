/** What a folder holds against what the catalogue knows of it. No file is read. */
import type { ScannedFile, SeenFile } from "../../catalogue/scan-repository.ts";
import { seenOf } from "../../catalogue/scan-repository.ts";
import { isSameStat } from "../../catalogue/file-repository.ts";
import type { FolderScan, ListedFile } from "./walk.ts";

export interface FolderDifference {
  /** Unknown paths. */
  readonly unknown: readonly ListedFile[];
  readonly changed: readonly (SeenFile & { readonly id: number })[];
  readonly returned: readonly ScannedFile[];
  readonly excluded: readonly ScannedFile[];
  readonly unseen: readonly ScannedFile[];
}

/** Bytes as a key, one character each. */
export const pathKey = (path: Buffer): string => path.toString("latin1");

/** Rows without a use for the file's absence: it was noted before. */
export const countsAsThere = ({ state }: ScannedFile): boolean => state !== "missing" && state !== "excluded";

type Verdict = "same" | "changed" | "returned";

const judge = (file: ScannedFile, listed: ListedFile): Verdict => {
  if (file.todo !== undefined && file.seen === seenOf(listed.stat)) return file.isMissed ? "returned" : "same";
  if (!isSameStat(file.stat, listed.stat)) {
    // Hashed again when there is time, see the zeroed time of moved and verified files; until then it is as it was.
    const isOnlyDue = file.todo === "process" && file.seen === undefined;
    return isOnlyDue && isSameStat({ ...file.stat, ctimeNs: listed.stat.ctimeNs }, listed.stat) ? "same" : "changed";
  }
  if (!countsAsThere(file) || file.isMissed) return "returned";
  // A run that was to process it ended before it did.
  return file.state === "pending" && file.todo === undefined ? "changed" : "same";
};

export const compareFolder = (scan: FolderScan, files: readonly ScannedFile[]): FolderDifference => {
  const byPath = new Map(files.map((file) => [pathKey(file.path), file]));
  const ignored = new Set(scan.ignoredFiles.map(pathKey));
  const unknown: ListedFile[] = [];
  const changed: (SeenFile & { id: number })[] = [];
  const returned: ScannedFile[] = [];
  for (const listed of scan.photos) {
    const key = pathKey(listed.path);
    const file = byPath.get(key);
    byPath.delete(key);
    if (file === undefined) {
      unknown.push(listed);
      continue;
    }
    const verdict = judge(file, listed);
    if (verdict === "changed") changed.push({ id: file.id, path: listed.path, stat: listed.stat });
    else if (verdict === "returned") returned.push(file);
  }
  const rest = [...byPath.values()].filter(countsAsThere);
  return {
    unknown,
    changed,
    returned,
    excluded: rest.filter(({ path }) => ignored.has(pathKey(path))),
    unseen: rest.filter(({ path }) => !ignored.has(pathKey(path))),
  };
};

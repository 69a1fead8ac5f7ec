/**
 * Walks a root or a part of it, folder by folder: what is there, what is left out by rules, what cannot be read. Links are
 * not followed: what they lead to inside of a root is found where it lies.
 */
import { readFile } from "node:fs/promises";
import { joinPath, nameOf, relativeTo } from "../../photo/path-bytes.ts";
import { sidecarKindOf } from "../../photo/sidecar-names.ts";
import type { FolderEntry } from "../folder-listing.ts";
import { listFolder } from "../folder-listing.ts";
import type { FolderRules, IgnoreOptions } from "../ignore-rules.ts";
import { createIgnoreRules, IGNORE_FILE_NAME } from "../ignore-rules.ts";
import { concurrently } from "./concurrently.ts";
import type { DeviceStat } from "./file-stat.ts";
import { isGone, statOfFile } from "./file-stat.ts";

const MAX_DEPTH = 256;

export interface WalkOptions extends IgnoreOptions {
  /** Extensions of photos, lower case, without dot. */
  readonly extensions: ReadonlySet<string>;
  /** Absolute real paths of folders that are never entered, such as photon's own data folder. */
  readonly excludedFolders: readonly Buffer[];
  /** Called with the absolute path before a folder is listed. */
  readonly onFolder: (folder: Buffer) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface ListedFile {
  /** Below the root, exact bytes. */
  readonly path: Buffer;
  readonly stat: DeviceStat;
}

export interface FolderScan {
  /** Below the root; empty for the root itself. */
  readonly folder: Buffer;
  readonly photos: readonly ListedFile[];
  readonly sidecars: readonly ListedFile[];
  /** Photos that a rule leaves out, below the root. */
  readonly ignoredFiles: readonly Buffer[];
  /** Folders in it that are walked, below the root. */
  readonly folders: readonly Buffer[];
  /** Folders in it that a rule leaves out, below the root. */
  readonly ignoredFolders: readonly Buffer[];
}

export type Walked =
  | { readonly kind: "folder"; readonly scan: FolderScan }
  /** Nothing is known of it and of what lies in it. */
  | { readonly kind: "unreadable"; readonly folder: Buffer; readonly error: unknown }
  | { readonly kind: "gone"; readonly folder: Buffer }
  /** The folder where the walk was to start is left out by a rule. */
  | { readonly kind: "ignored"; readonly folder: Buffer };

const extensionOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase();

const bytesOf = ({ name, bytes }: FolderEntry): Buffer => bytes ?? Buffer.from(name);

const below = (folder: Buffer, name: Buffer): Buffer => (folder.length === 0 ? name : joinPath(folder, name));

const absolute = (root: Buffer, path: Buffer): Buffer => (path.length === 0 ? root : joinPath(root, path));

const ownPatterns = async (folder: Buffer, entries: readonly FolderEntry[]): Promise<string | undefined> =>
  entries.some(({ name, kind }) => name === IGNORE_FILE_NAME && kind === "file")
    ? readFile(joinPath(folder, Buffer.from(IGNORE_FILE_NAME)), "utf8")
    : undefined;

const statAll = async (root: Buffer, paths: readonly Buffer[]): Promise<readonly ListedFile[]> => {
  const stats = await concurrently(paths, (path) => statOfFile(absolute(root, path)));
  return paths.flatMap((path, place) => {
    const stat = stats[place];
    return stat === undefined ? [] : [{ path, stat }]; // it went while the folder was read
  });
};

interface Place {
  readonly root: Buffer;
  readonly folder: Buffer;
  readonly entries: readonly FolderEntry[];
  readonly rules: FolderRules;
}

const scanFolder = async ({ root, folder, entries, rules }: Place, options: WalkOptions): Promise<FolderScan> => {
  const isExcluded = (path: Buffer): boolean =>
    options.excludedFolders.some((excluded) => excluded.equals(absolute(root, path)));
  const files = entries.filter(({ kind }) => kind === "file");
  const pathOf = (entry: FolderEntry): Buffer => below(folder, bytesOf(entry));
  const isIgnored = ({ name }: FolderEntry): boolean => rules.isIgnored(name, "file");
  const photos = files.filter(({ name }) => options.extensions.has(extensionOf(name)));
  const sidecars = files.filter(({ name }) => sidecarKindOf(name) !== undefined);
  const inside = entries
    .filter(({ kind }) => kind === "folder")
    .map((entry) => ({ path: pathOf(entry), ignored: rules.isIgnored(entry.name, "folder") }))
    .filter(({ path }) => !isExcluded(path));
  return {
    folder,
    photos: await statAll(root, photos.filter((entry) => !isIgnored(entry)).map(pathOf)),
    sidecars: await statAll(root, sidecars.map(pathOf)),
    ignoredFiles: photos.filter(isIgnored).map(pathOf),
    folders: inside.filter(({ ignored }) => !ignored).map(({ path }) => path),
    ignoredFolders: inside.filter(({ ignored }) => ignored).map(({ path }) => path),
  };
};

/** The names on the way from the root to a folder below it. */
const namesOf = (folder: Buffer): readonly Buffer[] => {
  if (folder.length === 0) return [];
  const end = folder.indexOf("/");
  return end < 0 ? [folder] : [folder.subarray(0, end), ...namesOf(folder.subarray(end + 1))];
};

/** Rules of a folder in the middle of a root; undefined when one on the way leaves it out. */
const rulesAt = async (root: Buffer, folder: Buffer, options: WalkOptions): Promise<FolderRules | undefined> => {
  let path = root;
  let rules = createIgnoreRules(options, nameOf(root), await ownPatterns(root, await listFolder(root)));
  for (const name of namesOf(folder)) {
    if (rules.isIgnored(name.toString(), "folder")) return undefined;
    path = joinPath(path, name);
    rules = rules.enter(name.toString(), await ownPatterns(path, await listFolder(path)));
  }
  return rules;
};

const rulesWithOwn = async (place: Omit<Place, "rules">, rules: FolderRules | undefined, options: WalkOptions) => {
  const { root, folder, entries } = place;
  const own = await ownPatterns(absolute(root, folder), entries);
  const name = nameOf(absolute(root, folder));
  return rules === undefined ? createIgnoreRules(options, name, own) : rules.enter(name, own);
};

export interface WalkStart {
  /** Absolute real path. */
  readonly root: Buffer;
  /** Below the root; empty = all of it. */
  readonly folder: Buffer;
  /** With everything in it. */
  readonly isDeep: boolean;
}

interface Waiting {
  readonly folder: Buffer;
  readonly depth: number;
  /** Of the folder around it; undefined for the root. */
  readonly outer: FolderRules | undefined;
}

const visit = async (
  root: Buffer,
  { folder, outer, depth }: Waiting,
  options: WalkOptions,
): Promise<{ readonly walked: Walked; readonly inside: readonly Waiting[] }> => {
  try {
    await options.onFolder(absolute(root, folder));
    const entries = await listFolder(absolute(root, folder));
    const rules = await rulesWithOwn({ root, folder, entries }, outer, options);
    const scan = await scanFolder({ root, folder, entries, rules }, options);
    const inside =
      depth < MAX_DEPTH ? scan.folders.map((inner) => ({ folder: inner, depth: depth + 1, outer: rules })) : [];
    return { walked: { kind: "folder", scan }, inside };
  } catch (error) {
    return { walked: isGone(error) ? { kind: "gone", folder } : { kind: "unreadable", folder, error }, inside: [] };
  }
};

/** @param folder below the root. The root is its own parent. */
export const parentFolder = (folder: Buffer): Buffer => folder.subarray(0, Math.max(0, folder.lastIndexOf("/")));

/** Rules around the folder where a walk starts. */
const outerRules = async (
  { root, folder }: WalkStart,
  options: WalkOptions,
): Promise<FolderRules | "ignored" | undefined> => {
  if (folder.length === 0) return undefined;
  const rules = await rulesAt(root, parentFolder(folder), options);
  return rules === undefined || rules.isIgnored(nameOf(folder), "folder") ? "ignored" : rules;
};

/** Ends early, without error, when the signal aborts: the caller knows that it is not complete. */
export async function* walk(start: WalkStart, options: WalkOptions): AsyncGenerator<Walked> {
  const { root, folder, isDeep } = start;
  const outer = await outerRules(start, options).catch(() => undefined); // a folder on the way is gone: so is this one
  if (outer === "ignored") {
    yield { kind: "ignored", folder };
    return;
  }
  const waiting: Waiting[] = [{ folder, depth: 0, outer }];
  for (let next = waiting.pop(); next !== undefined && !options.signal.aborted; next = waiting.pop()) {
    const { walked, inside } = await visit(root, next, options);
    yield walked;
    if (isDeep) waiting.push(...inside);
  }
}

/** @param path absolute, in the root */
export const belowRoot = (root: Buffer, path: Buffer): Buffer =>
  path.equals(root) ? Buffer.alloc(0) : relativeTo(root, path);

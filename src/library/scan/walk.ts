/**
 * Walks a root or a part of it, folder by folder: what is there, what is left out by rules, what cannot be read. Links
 * are followed on demand, see links.ts: then what they lead to has a second place here. A link to a folder around it,
 * and links in folders that were reached by a link, are passed by, so that nothing goes round in circles.
 */
import { readFile, realpath } from "node:fs/promises";
import { isInside, joinPath, nameOf, relativeTo } from "../../photo/path-bytes.ts";
import { sidecarKindOf } from "../../photo/sidecar-names.ts";
import type { FolderEntry } from "../folder-listing.ts";
import { listFolder } from "../folder-listing.ts";
import type { FolderRules, IgnoreOptions } from "../ignore-rules.ts";
import { createIgnoreRules, IGNORE_FILE_NAME } from "../ignore-rules.ts";
import { concurrently } from "./concurrently.ts";
import type { DeviceStat } from "./file-stat.ts";
import { isGone, statOfFile } from "./file-stat.ts";
import type { Links } from "./links.ts";

const MAX_DEPTH = 256;

export interface WalkOptions extends IgnoreOptions {
  /** Extensions of photos, lower case, without dot. */
  readonly extensions: ReadonlySet<string>;
  /** Absolute real paths of folders that are never entered, such as photon's own data folder. */
  readonly excludedFolders: readonly Buffer[];
  /** undefined = links are not followed. */
  readonly links: Links | undefined;
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
  /** Those of `folders` that are links. */
  readonly linkedFolders: readonly Buffer[];
  /** Content of its `.photonignore`. */
  readonly patterns: string | undefined;
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

const statAll = async (
  root: Buffer,
  paths: readonly Buffer[],
  links: Links | undefined,
): Promise<readonly ListedFile[]> => {
  const stats = await concurrently(paths, (path) => statOfFile(absolute(root, path), links));
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
  readonly patterns: string | undefined;
  /** It was reached by a link: those in it are passed by. */
  readonly isLinked: boolean;
}

type LinkedEntry = FolderEntry & { readonly isLink: true };

/** Links as what they lead to; the others are left out. */
const followLinks = async (
  { root, folder, entries, isLinked }: Pick<Place, "root" | "folder" | "entries" | "isLinked">,
  { links, excludedFolders }: WalkOptions,
): Promise<readonly LinkedEntry[]> => {
  if (links === undefined) return [];
  const here = absolute(root, folder);
  const named = entries.filter(({ kind }) => kind === "link");
  const targets = await concurrently(named, (entry) => links.follow(joinPath(here, bytesOf(entry))));
  return named.flatMap((entry, place): readonly LinkedEntry[] => {
    const target = targets[place];
    if (target === undefined) return [];
    if (target.kind === "file") return [{ ...entry, kind: target.kind, isLink: true }];
    const isBarred = excludedFolders.some((excluded) => isInside(target.realPath, excluded));
    const isPassed = isLinked || isBarred || isInside(here, target.realPath);
    return isPassed ? [] : [{ ...entry, kind: target.kind, isLink: true }];
  });
};

const scanFolder = async (place: Place, options: WalkOptions): Promise<FolderScan> => {
  const { root, folder, rules, patterns } = place;
  const linked = await followLinks(place, options);
  const entries: readonly (FolderEntry | LinkedEntry)[] = [...place.entries, ...linked];
  const isExcluded = (path: Buffer): boolean =>
    options.excludedFolders.some((excluded) => excluded.equals(absolute(root, path)));
  const files = entries.filter(({ kind }) => kind === "file");
  const pathOf = (entry: FolderEntry): Buffer => below(folder, bytesOf(entry));
  const isIgnored = ({ name }: FolderEntry): boolean => rules.isIgnored(name, "file");
  const photos = files.filter(({ name }) => options.extensions.has(extensionOf(name)));
  const sidecars = files.filter(({ name }) => sidecarKindOf(name) !== undefined);
  const inside = entries
    .filter(({ kind }) => kind === "folder")
    .map((entry) => ({ path: pathOf(entry), entry, ignored: rules.isIgnored(entry.name, "folder") }))
    .filter(({ path }) => !isExcluded(path));
  const walked = inside.filter(({ ignored }) => !ignored);
  const stats = (found: readonly FolderEntry[]) => statAll(root, found.map(pathOf), options.links);
  return {
    folder,
    photos: await stats(photos.filter((entry) => !isIgnored(entry))),
    sidecars: await stats(sidecars),
    ignoredFiles: photos.filter(isIgnored).map(pathOf),
    folders: walked.map(({ path }) => path),
    ignoredFolders: inside.filter(({ ignored }) => ignored).map(({ path }) => path),
    linkedFolders: walked.filter(({ entry }) => "isLink" in entry).map(({ path }) => path),
    patterns,
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

const rulesWithin = (name: string, own: string | undefined, outer: FolderRules | undefined, options: WalkOptions) =>
  outer === undefined ? createIgnoreRules(options, name, own) : outer.enter(name, own);

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
  readonly isLinked: boolean;
}

const visit = async (
  root: Buffer,
  { folder, outer, depth, isLinked }: Waiting,
  options: WalkOptions,
): Promise<{ readonly walked: Walked; readonly inside: readonly Waiting[] }> => {
  const here = absolute(root, folder);
  try {
    if (!isLinked) await options.onFolder(here); // changes behind a link are told where they happen
    const entries = await listFolder(here);
    const patterns = await ownPatterns(here, entries);
    const rules = rulesWithin(nameOf(here), patterns, outer, options);
    const scan = await scanFolder({ root, folder, entries, rules, patterns, isLinked }, options);
    const isLink = (inner: Buffer): boolean => scan.linkedFolders.some((linked) => linked.equals(inner));
    const inside = scan.folders.map((inner) => ({
      folder: inner,
      depth: depth + 1,
      outer: rules,
      isLinked: isLinked || isLink(inner),
    }));
    return { walked: { kind: "folder", scan }, inside: depth < MAX_DEPTH ? inside : [] };
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

const isBehindLink = async ({ root, folder }: WalkStart, { links }: WalkOptions): Promise<boolean> => {
  if (links === undefined || folder.length === 0) return false;
  const path = absolute(root, folder);
  const real = await realpath(path, "buffer").catch(() => path); // gone: the walk says so
  return !real.equals(path);
};

/** Ends early, without error, when the signal aborts: the caller knows that it is not complete. */
export async function* walk(start: WalkStart, options: WalkOptions): AsyncGenerator<Walked> {
  const { root, folder, isDeep } = start;
  const outer = await outerRules(start, options).catch(() => undefined); // a folder on the way is gone: so is this one
  if (outer === "ignored") {
    yield { kind: "ignored", folder };
    return;
  }
  const waiting: Waiting[] = [{ folder, depth: 0, outer, isLinked: await isBehindLink(start, options) }];
  for (let next = waiting.pop(); next !== undefined && !options.signal.aborted; next = waiting.pop()) {
    const { walked, inside } = await visit(root, next, options);
    yield walked;
    if (isDeep) waiting.push(...inside);
  }
}

/** @param path absolute, in the root */
export const belowRoot = (root: Buffer, path: Buffer): Buffer =>
  path.equals(root) ? Buffer.alloc(0) : relativeTo(root, path);

/**
 * Finds the photos in what a user named: files are taken as they are, folders are walked depth first, sorted by name.
 * Links are followed; a file is stored under its real path and given once, however many ways lead to it.
 * Memory grows with the number of folders and with the largest folder, not with the number of photos.
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { systemCode } from "../errors.ts";
import type { PhotoFailure, PhotoSource } from "../photo/types.ts";
import { isInside, joinPath, nameOf, parentOf } from "../photo/path-bytes.ts";
import { type FolderEntry, listFolder } from "./folder-listing.ts";
import { createIgnoreRules, type FolderRules, IGNORE_FILE_NAME, type IgnoreOptions } from "./ignore-rules.ts";

/** Folders inside folders; deeper ones are reported and left out. */
const MAX_DEPTH = 256;

export interface DiscoverOptions extends IgnoreOptions {
  /** Extensions without dot; files met in folders need one of them, files given by name do not. */
  readonly extensions: readonly string[];
  /** Absolute real paths of added roots; a file inside one belongs to it. */
  readonly addedRoots: readonly Buffer[];
  /** Absolute real paths of folders that are never entered, such as photon's own data folder. */
  readonly excludedFolders: readonly Buffer[];
  readonly signal: AbortSignal;
}

/** A path that cannot be walked or read; the walk goes on without it. */
export interface DiscoverProblem {
  readonly displayPath: string;
  readonly failure: PhotoFailure;
}

type Found = PhotoSource | DiscoverProblem;

export const isProblem = (found: Found): found is DiscoverProblem => "failure" in found;

interface Folder {
  readonly displayPath: string;
  readonly realPath: Buffer;
  readonly rootPath: Buffer;
  readonly rules: FolderRules;
  readonly entries: readonly FolderEntry[];
  position: number;
}

/** State of one walk. */
interface Walk {
  readonly options: DiscoverOptions;
  readonly extensions: ReadonlySet<string>;
  readonly excludedFolders: ReadonlySet<string>;
  /** The way down to the folder being walked. */
  readonly stack: Folder[];
  /** `device:inode` of every folder that was entered: guards against loops. */
  readonly entered: Set<string>;
  /** Rules by real path of every folder entered: they tell which files it gave, so that files need not be remembered. */
  readonly rulesOf: Map<string, FolderRules>;
  /** Real paths of files given by name or reached through a link. */
  readonly singles: Set<string>;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "It does not exist (any more).",
  EACCES: "There is no permission to read it.",
  EPERM: "There is no permission to read it.",
  ELOOP: "The link leads round in a circle.",
  ENAMETOOLONG: "The path is too long for this system.",
};

const problemOf = (displayPath: string, error: unknown): DiscoverProblem => {
  const code = systemCode(error) ?? "";
  const message = REASONS[code] ?? `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
  return { displayPath, failure: { code: code === "ENOENT" ? "not_found" : "unreadable", message } };
};

const NOT_A_FILE: PhotoFailure = {
  code: "unsupported_format",
  message: "Expected a photo or a folder, received a device, socket or pipe.",
};
const TOO_DEEP: PhotoFailure = {
  code: "unreadable",
  message: `The folder is more than ${MAX_DEPTH} folders deep and is left out.`,
};

const joinText = (folder: string, name: string): string =>
  folder.endsWith("/") || folder.endsWith(sep) ? `${folder}${name}` : `${folder}${sep}${name}`;

/** Bytes as a key, one character each. */
const keyOf = (path: Buffer): string => path.toString("latin1");

const hasExtension = (walk: Walk, name: string): boolean => {
  const dot = name.lastIndexOf(".");
  return dot >= 0 && walk.extensions.has(name.slice(dot + 1).toLowerCase());
};

const wasGivenByWalk = (walk: Walk, realPath: Buffer): boolean => {
  const rules = walk.rulesOf.get(keyOf(parentOf(realPath)));
  const name = nameOf(realPath);
  return rules !== undefined && hasExtension(walk, name) && !rules.isIgnored(name, "file");
};

/** The added root around the path, else the root the walk came from, else the fallback. */
const rootOf = (walk: Walk, realPath: Buffer, cameFrom: Buffer | undefined, fallback: Buffer): Buffer => {
  const added = walk.options.addedRoots
    .filter((root) => isInside(realPath, root))
    .sort((left, right) => right.length - left.length)[0];
  if (added !== undefined) return added;
  return cameFrom !== undefined && isInside(realPath, cameFrom) ? cameFrom : fallback;
};

const takeSingle = (
  walk: Walk,
  displayPath: string,
  realPath: Buffer,
  parent: Folder | undefined,
): PhotoSource | undefined => {
  if (walk.singles.has(keyOf(realPath)) || wasGivenByWalk(walk, realPath)) return undefined;
  walk.singles.add(keyOf(realPath));
  return {
    displayPath,
    absolutePath: realPath,
    rootPath: rootOf(walk, realPath, parent?.rootPath, parentOf(realPath)),
    ...(parent === undefined ? { named: true } : {}),
  };
};

/** Puts the folder on the stack, unless it was entered before. */
const enterFolder = async (
  walk: Walk,
  displayPath: string,
  realPath: Buffer,
  parent: Folder | undefined,
): Promise<DiscoverProblem | undefined> => {
  if (walk.excludedFolders.has(keyOf(realPath))) return undefined;
  if (walk.stack.length > MAX_DEPTH) return { displayPath, failure: TOO_DEEP };
  try {
    const { dev, ino } = await stat(realPath, { bigint: true }); // some file systems number beyond 2^53
    const identity = `${dev}:${ino}`;
    if (walk.entered.has(identity)) return undefined;
    walk.entered.add(identity);
    const entries = await listFolder(realPath);
    const hasRules = entries.some(
      ({ name, kind }) => name === IGNORE_FILE_NAME && (kind === "file" || kind === "link"),
    );
    const own = hasRules ? await readFile(joinPath(realPath, Buffer.from(IGNORE_FILE_NAME)), "utf8") : undefined;
    const name = nameOf(realPath);
    const rules = parent?.rules.enter(name, own) ?? createIgnoreRules(walk.options, name, own);
    walk.rulesOf.set(keyOf(realPath), rules);
    const rootPath = rootOf(walk, realPath, parent?.rootPath, realPath);
    walk.stack.push({ displayPath, realPath, rootPath, rules, entries, position: 0 });
    return undefined;
  } catch (error) {
    return problemOf(displayPath, error);
  }
};

/** A path given by the user, or a link: what it is shows only behind it. */
const followPath = async (
  walk: Walk,
  displayPath: string,
  path: Buffer,
  parent: Folder | undefined,
): Promise<Found | undefined> => {
  try {
    const realPath = await realpath(path, "buffer");
    const stats = await stat(realPath);
    if (stats.isDirectory()) {
      const isIgnored = parent?.rules.isIgnored(nameOf(path), "folder") ?? false;
      return isIgnored ? undefined : await enterFolder(walk, displayPath, realPath, parent);
    }
    if (!stats.isFile()) return parent === undefined ? { displayPath, failure: NOT_A_FILE } : undefined;
    if (parent !== undefined && !hasExtension(walk, displayPath)) return undefined;
    return takeSingle(walk, displayPath, realPath, parent);
  } catch (error) {
    const isStrayLink = parent !== undefined && !hasExtension(walk, displayPath);
    return isStrayLink ? undefined : problemOf(displayPath, error);
  }
};

const visit = async (walk: Walk, folder: Folder, entry: FolderEntry): Promise<Found | undefined> => {
  const { name, kind } = entry;
  if (kind === "other" || folder.rules.isIgnored(name, kind === "folder" ? "folder" : "file")) return undefined;
  const displayPath = joinText(folder.displayPath, name);
  const path = joinPath(folder.realPath, entry.bytes ?? Buffer.from(name));
  if (kind === "folder") return await enterFolder(walk, displayPath, path, folder);
  if (kind === "link") return await followPath(walk, displayPath, path, folder);
  return walk.singles.has(keyOf(path)) ? undefined : { displayPath, absolutePath: path, rootPath: folder.rootPath };
};

/** Plain files of the other sort are most of a folder: they are passed without a promise each. */
const isPassed = (walk: Walk, { name, kind }: FolderEntry): boolean => kind === "file" && !hasExtension(walk, name);

async function* walkStack(walk: Walk): AsyncGenerator<Found> {
  for (let folder = walk.stack.at(-1); folder !== undefined; folder = walk.stack.at(-1)) {
    const entry = folder.entries[folder.position];
    folder.position += 1;
    if (entry === undefined) walk.stack.pop();
    else if (!isPassed(walk, entry)) {
      const found = await visit(walk, folder, entry);
      if (found !== undefined) yield found;
    }
    if (walk.options.signal.aborted) return;
  }
}

/**
 * @param inputs paths as the user typed them
 * Gives every photo once, and a problem for each path that cannot be read. Ends early, without error, when the signal
 * aborts.
 */
export async function* discover(inputs: readonly string[], options: DiscoverOptions): AsyncGenerator<Found> {
  const walk: Walk = {
    options,
    extensions: new Set(options.extensions.map((extension) => extension.toLowerCase())),
    excludedFolders: new Set(options.excludedFolders.map(keyOf)),
    stack: [],
    entered: new Set(),
    rulesOf: new Map(),
    singles: new Set(),
  };
  for (const input of inputs) {
    const found = await followPath(walk, input, Buffer.from(input), undefined);
    if (found !== undefined) yield found;
    yield* walkStack(walk);
    if (options.signal.aborted) return;
  }
}

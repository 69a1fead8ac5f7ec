/**
 * What a walk leaves out: `.photonignore` files (gitignore syntax, any level, the nearest one that says something
 * decides), patterns for all folders, and the names that are never photos. `!pattern` brings back what a weaker rule
 * left out, except inside a folder that is left out itself: it is not entered. Case does not matter.
 */
import ignore, { type Ignore } from "ignore";

export const IGNORE_FILE_NAME = ".photonignore";

/** Folders of systems, NAS boxes and programs that hold copies, thumbnails or waste. */
const EXCLUDED_FOLDERS = new Set([
  "@eadir",
  "#recycle",
  "#snapshot",
  "$recycle.bin",
  "system volume information",
  "lost+found",
  "node_modules",
  ".git",
  "__macosx",
  ".thumbnails",
  ".stversions",
  ".stfolder",
]);
const EXCLUDED_FOLDER_PREFIX = ".trash";
const EXCLUDED_FOLDER_SUFFIX = ".lrdata";
/** In this kind of folder only the originals are photos of the user. */
const PHOTOS_LIBRARY_SUFFIX = ".photoslibrary";
const PHOTOS_LIBRARY_ORIGINALS = "originals";
/** Names of files that another program is still writing. */
const TEMPORARY_NAME = /(\.(tmp|part|partial|crdownload|download|filepart|!qb)|~)$|^\.~|^\.syncthing\./i;

/** The matcher remembers every path it was asked about; starting afresh now and then keeps memory flat. */
const ANSWERS_KEPT = 10_000;

type Verdict = "ignored" | "included" | "silent";

/** Patterns of one place; paths are relative to that place, with `/`, folders end with `/`. */
interface PatternSet {
  readonly verdict: (path: string) => Verdict;
}

const createPatternSet = (patterns: string | readonly string[]): PatternSet => {
  const compiled = ignore().add(patterns);
  let current: Ignore = compiled;
  let answers = 0;
  return {
    verdict: (path) => {
      if (++answers % ANSWERS_KEPT === 0) current = ignore().add(compiled);
      const { ignored, unignored } = current.test(path);
      return ignored ? "ignored" : unignored ? "included" : "silent";
    },
  };
};

export interface IgnoreOptions {
  /** gitignore patterns for every folder, relative to the folder that is walked. */
  readonly exclude: readonly string[];
  /** Take names with a leading dot. */
  readonly hidden: boolean;
}

/** The rules that hold in one folder. */
export interface FolderRules {
  readonly isIgnored: (name: string, kind: "file" | "folder") => boolean;
  /** Rules of a folder inside, which may hold a `.photonignore` of its own. */
  readonly enter: (name: string, ownPatterns?: string) => FolderRules;
}

interface Level {
  /** Path from the folder that holds the patterns to the current folder: empty, or ending with `/`. */
  readonly prefix: string;
  readonly patterns: PatternSet;
}

const isExcludedFolder = (name: string): boolean => {
  const folded = name.toLowerCase();
  return (
    EXCLUDED_FOLDERS.has(folded) || folded.startsWith(EXCLUDED_FOLDER_PREFIX) || folded.endsWith(EXCLUDED_FOLDER_SUFFIX)
  );
};

const isExcludedInPhotosLibrary = (name: string, kind: "file" | "folder"): boolean =>
  kind === "file" || name.toLowerCase() !== PHOTOS_LIBRARY_ORIGINALS;

const createFolderRules = (levels: readonly Level[], folderName: string, hidden: boolean): FolderRules => {
  const isPhotosLibrary = folderName.toLowerCase().endsWith(PHOTOS_LIBRARY_SUFFIX);
  const isExcludedByDefault = (name: string, kind: "file" | "folder"): boolean =>
    (!hidden && name.startsWith(".")) ||
    (isPhotosLibrary && isExcludedInPhotosLibrary(name, kind)) ||
    (kind === "folder" ? isExcludedFolder(name) : TEMPORARY_NAME.test(name));
  return {
    isIgnored: (name, kind) => {
      for (const { prefix, patterns } of levels) {
        const verdict = patterns.verdict(`${prefix}${name}${kind === "folder" ? "/" : ""}`);
        if (verdict !== "silent") return verdict === "ignored";
      }
      return isExcludedByDefault(name, kind);
    },
    enter: (name, ownPatterns) => {
      const outer = levels
        .map(({ prefix, patterns }) => ({ prefix: `${prefix}${name}/`, patterns }))
        .filter(({ prefix, patterns }) => patterns.verdict(prefix) !== "ignored"); // a nearer rule brought the folder back
      const own = ownPatterns === undefined ? [] : [{ prefix: "", patterns: createPatternSet(ownPatterns) }];
      return createFolderRules([...own, ...outer], name, hidden);
    },
  };
};

/**
 * Rules of the folder where a walk starts.
 * @param folderName its own name
 * @param ownPatterns content of its `.photonignore`
 */
export const createIgnoreRules = (
  { exclude, hidden }: IgnoreOptions,
  folderName: string,
  ownPatterns?: string,
): FolderRules => {
  const levels = [...(ownPatterns === undefined ? [] : [ownPatterns]), ...(exclude.length === 0 ? [] : [exclude])];
  return createFolderRules(
    levels.map((patterns) => ({ prefix: "", patterns: createPatternSet(patterns) })),
    folderName,
    hidden,
  );
};

/** What doors that stay open need beside the functions of commands: roots, completions, news of changes. */
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Config } from "../config.ts";
import { resolveFolders } from "../search/filters.ts";
import { shownIds } from "../search/photo-ids.ts";

/** Real paths. */
export interface ReadableRoots {
  /** The user's library, by command or configuration. */
  readonly added: readonly string[];
  /** Where `process` was pointed at; their photos are served by id alone. */
  readonly visited: readonly string[];
}

export interface LibraryGuide {
  /** Of those that are there now. */
  readonly readableRoots: () => Promise<ReadableRoots>;
  /** Shown ids of photos, tag names and folder names that begin with what was typed. */
  /** Absolute folders that hold photos and are named so: in full, or by their last names. @throws NotFoundError */
  readonly foldersNamed: (words: string) => Promise<readonly string[]>;
  readonly suggest: {
    readonly photos: (prefix: string, limit: number) => Promise<readonly string[]>;
    readonly tags: (prefix: string, limit: number) => Promise<readonly string[]>;
    readonly folders: (prefix: string, limit: number) => Promise<readonly string[]>;
  };
  /** Calls the listener when something was committed, here or elsewhere, until the signal aborts. */
  readonly onLibraryChange: (listener: () => void, signal: AbortSignal) => Promise<void>;
}

interface LibraryGuideDeps {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
}

const realPaths = async (paths: readonly string[]): Promise<readonly string[]> => {
  const real = await Promise.all(
    paths.map(async (path) => {
      try {
        return [await realpath(path)];
      } catch {
        return []; // not mounted: nothing in it can be read
      }
    }),
  );
  return [...new Set(real.flat())];
};

const readableRoots = async ({ config, catalogue }: LibraryGuideDeps): Promise<ReadableRoots> => {
  const roots = await (await catalogue()).roots.list();
  const pathsOf = (kind: "added" | "visited"): readonly string[] =>
    roots.filter((root) => root.kind === kind).map(({ path }) => path.toString());
  const [added, visited] = await Promise.all([
    realPaths([...config.roots.map(({ path }) => path), ...pathsOf("added")]),
    realPaths(pathsOf("visited")),
  ]);
  return { added, visited };
};

/** By their last names, which is how filters take them. */
const foldersLike = async (catalogue: Catalogue, prefix: string, limit: number): Promise<readonly string[]> => {
  const names = (await catalogue.search.folders()).map((folder) => basename(folder));
  const typed = prefix.toLowerCase();
  return [...new Set(names)].filter((name) => name !== "" && name.toLowerCase().startsWith(typed)).slice(0, limit);
};

export const createLibraryGuide = (deps: LibraryGuideDeps): LibraryGuide => {
  const { catalogue } = deps;
  return {
    readableRoots: () => readableRoots(deps),
    foldersNamed: async (words) => resolveFolders((await catalogue()).search, [words]),
    suggest: {
      photos: async (prefix, limit) => {
        if (!/^[0-9a-f]{0,64}$/.test(prefix)) return [];
        return shownIds(await (await catalogue()).search.hashesWithPrefix(prefix, limit));
      },
      tags: async (prefix, limit) => (await catalogue()).suggestions.tags(prefix, limit),
      folders: async (prefix, limit) => foldersLike(await catalogue(), prefix, limit),
    },
    onLibraryChange: async (listener, signal) => {
      (await catalogue()).jobs.subscribe(listener, signal);
    },
  };
};

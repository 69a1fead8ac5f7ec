/** Folders of the library: added, listed and removed by the user alone; no assistant adds one. */
import { randomUUID } from "node:crypto";
import { realpath, stat, writeFile } from "node:fs/promises";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { AddedRoot, RootChange, RootOptions } from "../catalogue/root-repository.ts";
import type { WantedRootMode } from "../catalogue/schema.ts";
import type { Config, RootSettings } from "../config.ts";
import { InvalidInputError, NotFoundError, systemCode } from "../errors.ts";
import { isInside, joinPath } from "../photo/path-bytes.ts";
import { identityOf, SENTINEL_NAME } from "./scan/root-check.ts";

export interface AddRootOptions extends RootOptions {
  readonly watch?: boolean;
  readonly mode?: WantedRootMode;
  /** Write a file with a random id into the folder, so that another disk in its place is known at once. */
  readonly sentinel?: boolean;
}

export interface RemoveRootPlan {
  readonly root: AddedRoot;
  /** Present files in it. */
  readonly files: number;
}

export interface RootsApi {
  readonly listRoots: () => Promise<readonly AddedRoot[]>;
  /**
   * @param path as the user typed it
   * @throws InvalidInputError for no folder, a folder in a root or around one; the root itself is returned unchanged
   */
  readonly addRoot: (
    path: string,
    options?: AddRootOptions,
  ) => Promise<{ readonly root: AddedRoot; readonly isNew: boolean }>;
  /** @param root path or number. @throws NotFoundError */
  readonly findRoot: (root: string) => Promise<AddedRoot>;
  readonly changeRoot: (rootId: number, change: Pick<RootChange, "watch" | "mode" | "options">) => Promise<void>;
  readonly planRemoveRoot: (root: string) => Promise<RemoveRootPlan>;
  /** @param keep its photos stay in the library, and nothing looks for changes any more; else they are not shown */
  readonly removeRoot: (rootId: number, options: { readonly keep: boolean }) => Promise<void>;
  /** The files that a held root misses are really gone. @throws InvalidInputError when it misses none */
  readonly confirmRoot: (root: string) => Promise<AddedRoot>;
  /** Makes roots of `[[roots]]` that are not there yet; what the file says of others is put in force. @returns problems */
  readonly applyConfiguredRoots: () => Promise<readonly string[]>;
}

export interface RootsDeps {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
  readonly workingDirectory: string;
}

const realFolder = async (path: string, { workingDirectory }: RootsDeps): Promise<Buffer> => {
  const typed = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) ? path : `${workingDirectory}/${path}`;
  try {
    const real = await realpath(typed, "buffer");
    if ((await stat(real)).isDirectory()) return real;
    throw new InvalidInputError(`Expected a folder, received the file "${path}".`, {
      hint: "Name the folder that the file lies in.",
    });
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new InvalidInputError(`Expected a folder that can be read, received "${path}" (${code}).`, {
      hint:
        code === "ENOENT"
          ? "There is no such folder; check the spelling, or plug the disk in."
          : "Check its permissions.",
    });
  }
};

const textOf = (path: Buffer): string => path.toString("utf8");

const refuseNesting = (path: Buffer, roots: readonly AddedRoot[]): void => {
  const outer = roots.find((root) => isInside(path, root.path));
  if (outer !== undefined) {
    throw new InvalidInputError(`"${textOf(path)}" lies in "${textOf(outer.path)}", which is in the library already.`, {
      hint: "There is nothing to add. To treat it in another way, name it under folders of that root in the configuration.",
    });
  }
  const inner = roots.filter((root) => isInside(root.path, path));
  if (inner.length > 0) {
    const names = inner.map((root) => `"${textOf(root.path)}"`).join(", ");
    throw new InvalidInputError(`"${textOf(path)}" holds ${names}, already in the library.`, {
      hint: "Remove what lies in it first, keeping its photos: photon roots remove <folder> --keep.",
    });
  }
};

const writeSentinel = async (path: Buffer): Promise<string> => {
  const id = randomUUID();
  try {
    await writeFile(joinPath(path, Buffer.from(SENTINEL_NAME)), `${id}\n`, { flag: "wx" });
  } catch (error) {
    throw new InvalidInputError(`The file ${SENTINEL_NAME} could not be written (${systemCode(error) ?? "error"}).`, {
      cause: error,
      hint: "Add the folder without --sentinel, or remove the file that is there.",
    });
  }
  return id;
};

const add = async (deps: RootsDeps, path: string, options: AddRootOptions) => {
  const { roots } = await deps.catalogue();
  const real = await realFolder(path, deps);
  const identity = await identityOf(real);
  const present = await roots.added();
  const same = present.find(
    (root) =>
      root.path.equals(real) || (root.identity?.device === identity.device && root.identity.inode === identity.inode),
  );
  if (same !== undefined) return { root: same, isNew: false };
  refuseNesting(real, present);
  const { watch = true, mode = "auto", sentinel = false, ...rest } = options;
  const root = await roots.add({ path: real, identity, watch, mode, options: rest });
  if (sentinel) await roots.change(root.id, { sentinel: await writeSentinel(real) });
  return { root, isNew: true };
};

const find = async (deps: RootsDeps, wanted: string): Promise<AddedRoot> => {
  const roots = await (await deps.catalogue()).roots.added();
  const real = await realpath(wanted, "buffer").catch(() => undefined); // offline, or a number
  const found = roots.find(
    ({ id, path }) => String(id) === wanted || textOf(path) === wanted || (real !== undefined && path.equals(real)),
  );
  if (found !== undefined) return found;
  throw new NotFoundError(`Expected a folder of the library, received "${wanted}".`, {
    hint: "photon roots list shows them with their numbers.",
  });
};

/** What `[[roots]]` names of a root's options; what it leaves out stays as it is. */
const configuredChange = (root: AddedRoot, settings: RootSettings): Pick<RootChange, "watch" | "mode" | "options"> => {
  const { watch, mode, exclude, hidden, local_only: localOnly, kinds, provider } = settings;
  const given: RootOptions = {
    ...(exclude === undefined ? {} : { exclude }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(localOnly === undefined ? {} : { localOnly }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(provider === undefined ? {} : { provider }),
  };
  return {
    ...(watch === undefined ? {} : { watch }),
    ...(mode === undefined ? {} : { mode }),
    options: { ...root.options, ...given },
  };
};

const applyConfigured = async (deps: RootsDeps): Promise<readonly string[]> => {
  const problems: string[] = [];
  for (const settings of deps.config.roots) {
    try {
      const { root } = await add(deps, settings.path, {});
      await (await deps.catalogue()).roots.change(root.id, configuredChange(root, settings));
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      problems.push(error.message); // a disk that is away now: the others are applied
    }
  }
  return problems;
};

const confirm = async (deps: RootsDeps, wanted: string): Promise<AddedRoot> => {
  const root = await find(deps, wanted);
  if (root.lossSeenAt === undefined) {
    throw new InvalidInputError(`"${textOf(root.path)}" misses no photos that wait for your word.`, {
      hint: "photon status shows which folders do.",
    });
  }
  await (await deps.catalogue()).roots.change(root.id, { lossConfirmed: true });
  return root;
};

export const createRootsApi = (deps: RootsDeps): RootsApi => ({
  listRoots: async () => (await deps.catalogue()).roots.added(),
  addRoot: (path, options = {}) => add(deps, path, options),
  findRoot: (root) => find(deps, root),
  changeRoot: async (rootId, change) => (await deps.catalogue()).roots.change(rootId, change),
  planRemoveRoot: async (wanted) => {
    const root = await find(deps, wanted);
    const files = await (await deps.catalogue()).roots.countPresent(root.id);
    return { root, files };
  },
  removeRoot: async (rootId, { keep }) => {
    const { roots } = await deps.catalogue();
    await (keep ? roots.release(rootId) : roots.remove(rootId));
  },
  confirmRoot: (root) => confirm(deps, root),
  applyConfiguredRoots: () => applyConfigured(deps),
});

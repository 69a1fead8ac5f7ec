/** Which files must stay on this machine, by `[[roots]]` and by what the library knows of its roots. */
import { realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { RootOptions } from "../../catalogue/root-repository.ts";
import type { Config, RootSettings } from "../../config.ts";
import { systemCode } from "../../errors.ts";

interface Rule {
  /** As compared: normalised, and without case where the file system knows none. */
  readonly folder: string;
  readonly localOnly: boolean;
}

const IGNORES_CASE = process.platform === "darwin" || process.platform === "win32";

export const comparable = (path: string): string => {
  const normal = resolve(path).normalize("NFC");
  return IGNORES_CASE ? normal.toLowerCase() : normal;
};

/** Files are known by their real path, folders are configured by any. */
export const spellings = (path: string): readonly string[] => {
  try {
    return [path, realpathSync.native(path)];
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "EPERM"].includes(systemCode(error) ?? "")) return [path];
    throw error;
  }
};

const rulesOf = ({ path, local_only: localOnly, folders }: RootSettings): readonly Rule[] => {
  const inner = Object.entries(folders).map(([name, settings]) => [join(path, name), settings.local_only] as const);
  const whole = localOnly === undefined ? [] : [[path, localOnly] as const];
  return [...whole, ...inner].flatMap(([folder, isLocal]) =>
    spellings(folder).map((spelling) => ({ folder: comparable(spelling), localOnly: isLocal })),
  );
};

export const isWithin = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && resolve(folder, way) === path);
};

/** See `EnrichmentKinds`. */
export type IsLocalOnly = (rootPath: string, relativePath: string, options?: RootOptions) => boolean;

/** What the library knows of a root; the configuration decides where it says something about the same folder. */
const ownRule = (rootPath: string, options: RootOptions, rules: readonly Rule[]): readonly Rule[] => {
  const folder = comparable(rootPath);
  const isNamed = rules.some((rule) => rule.folder === folder);
  return options.localOnly === true && !isNamed ? [{ folder, localOnly: true }] : [];
};

/** The nearest folder that says something decides; of two that are equally near the stricter one. */
export const createLocalOnly = ({ roots }: Pick<Config, "roots">): IsLocalOnly => {
  const rules = roots.flatMap(rulesOf);
  return (rootPath, relativePath, options = {}) => {
    const path = comparable(join(rootPath, relativePath));
    const about = [...ownRule(rootPath, options, rules), ...rules.filter(({ folder }) => isWithin(path, folder))];
    const nearest = Math.max(0, ...about.map(({ folder }) => folder.length));
    return about.some(({ folder, localOnly }) => localOnly && folder.length === nearest);
  };
};

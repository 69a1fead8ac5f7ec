/** Where photon's own asset files are: the folder of package.json, from a checkout and from a package alike. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { InternalError } from "../../src/errors.ts";

const findRoot = (folder: string): string => {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new InternalError("Expected package.json above photon's own files, received none.");
  return findRoot(parent);
};

/** @param path from the package root, with `/` */
export const assetPath = (path: string): string => join(findRoot(import.meta.dirname), path);

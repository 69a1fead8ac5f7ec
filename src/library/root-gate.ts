/** The one gate to files that somebody else names: real paths inside the given roots, and nothing else. */
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { InvalidInputError, NotFoundError } from "../errors.ts";

const MOST_CHARACTERS = 4096;

const isInside = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

/** The same words for what is denied and what is missing: a caller learns nothing of what lies outside. */
const refused = (): NotFoundError =>
  new NotFoundError("No such file or folder in the photo folders of this library.", {
    hint: "Give a path in one of the photo folders, absolute or as it stands below one of them; get_status lists them.",
  });

/** Writing systems spell accents in one character or two, and so do disks. */
const spellings = (path: string): readonly string[] => [
  ...new Set([path, path.normalize("NFC"), path.normalize("NFD")]),
];

/** Relative paths start in a root: where this process was started means nothing to who asks. */
const placesOf = (requested: string, roots: readonly string[]): readonly string[] =>
  spellings(requested).flatMap((path) =>
    isAbsolute(path) ? [resolve(path)] : roots.map((root) => resolve(root, path)),
  );

const realPathOf = async (path: string): Promise<string | undefined> => {
  try {
    return await realpath(path);
  } catch {
    return undefined; // missing, unreadable or malformed: all the same to who asks
  }
};

/**
 * The real path of a file or folder.
 * @param roots real paths, read anew after each change of the roots
 * @throws InvalidInputError for what cannot be a path, NotFoundError for what is missing or outside
 */
export const realPathInsideRoots = async (requested: string, roots: readonly string[]): Promise<string> => {
  if (requested === "" || requested.includes("\0") || requested.length > MOST_CHARACTERS) {
    throw new InvalidInputError("Expected a path of 1 to 4096 characters without NUL, received something else.", {
      hint: "Give the path of a photo or folder in the photo folders of this library.",
    });
  }
  for (const place of placesOf(requested, roots)) {
    const real = await realPathOf(place);
    if (real !== undefined && roots.some((root) => isInside(root, real))) return real;
  }
  throw refused();
};

/**
 * Opens a file for reading; the caller closes it.
 * @param roots as for {@link realPathInsideRoots}
 * @throws InvalidInputError for what cannot be a path, NotFoundError for what is missing, outside, or no plain file
 */
export const openInsideRoots = async (
  requested: string,
  roots: readonly string[],
): Promise<{ readonly file: FileHandle; readonly real: string }> => {
  const real = await realPathInsideRoots(requested, roots);
  const file = await open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)).catch(
    () => {
      throw refused(); // replaced or taken away meanwhile, or not ours to read
    },
  );
  if ((await file.stat()).isFile()) return { file, real };
  await file.close();
  throw refused();
};

/** The one folder of the library that words mean. */
import type { LibraryGuide } from "../../src/app/library-guide.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { outsideName } from "./outside-text.ts";

const MOST_NAMED = 5;

/**
 * @param words a folder in full, or its last names
 * @returns its absolute path
 * @throws NotFoundError when there is none, InvalidInputError when there are several
 */
export const knownFolder = async (library: Pick<LibraryGuide, "foldersNamed">, words: string): Promise<string> => {
  const [folder, ...others] = await library.foldersNamed(words);
  if (folder !== undefined && others.length === 0) return folder;
  const named = [folder, ...others].slice(0, MOST_NAMED).map((one) => outsideName(one ?? "", 200));
  throw new InvalidInputError(
    `Expected the name of one folder, received "${outsideName(words)}", which fits several.`,
    {
      hint: `Give more of its path, such as ${named.join(" or ")}.`,
    },
  );
};

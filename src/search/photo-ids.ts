/** Shown ids: the first digits of a content hash. */
import { InvalidInputError, NotFoundError } from "../errors.ts";
import type { SearchCatalogue } from "./types.ts";

const SHOWN_DIGITS = 12;
const MOST_LISTED = 8;
const ID = /^[0-9a-f]{12,64}$/;

export const isPhotoId = (text: string): boolean => ID.test(text.toLowerCase());

const areDistinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;

/** Ids of 12 digits, longer for photos that share them, in the order given. */
export const shownIds = (contentHashes: readonly string[]): readonly string[] => {
  const distinct = [...new Set(contentHashes)];
  let digits = SHOWN_DIGITS;
  while (!areDistinct(distinct.map((hash) => hash.slice(0, digits)))) digits += 1;
  const crowded = new Map<string, number>();
  for (const hash of distinct) {
    const start = hash.slice(0, SHOWN_DIGITS);
    crowded.set(start, (crowded.get(start) ?? 0) + 1);
  }
  return contentHashes.map((hash) =>
    hash.slice(0, (crowded.get(hash.slice(0, SHOWN_DIGITS)) ?? 1) > 1 ? digits : SHOWN_DIGITS),
  );
};

/**
 * The photo that a shown id means.
 * @throws InvalidInputError when it is no id or fits several photos, NotFoundError when it fits none
 */
export const resolvePhotoId = async (
  catalogue: Pick<SearchCatalogue, "hashesWithPrefix">,
  id: string,
): Promise<string> => {
  const prefix = id.toLowerCase();
  if (!ID.test(prefix)) {
    throw new InvalidInputError(`Expected a photo id of 12 to 64 hex digits, received "${id}".`, {
      hint: 'Take the id that "photon search" prints.',
    });
  }
  const [hash, ...others] = await catalogue.hashesWithPrefix(prefix, MOST_LISTED);
  if (hash === undefined) {
    throw new NotFoundError(`No photo in this library has the id ${id}.`, {
      hint: 'Ids come from "photon search"; run it without words to list the newest photos.',
    });
  }
  if (others.length > 0) {
    throw new InvalidInputError(`Expected an id of one photo, received ${id}, which fits several.`, {
      hint: `Use a longer one: ${shownIds([hash, ...others]).join(", ")}.`,
      details: { ids: shownIds([hash, ...others]) },
    });
  }
  return hash;
};

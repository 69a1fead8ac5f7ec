/** Photos by the ids of a call: those that are known, and an error for each of the others. */
import { z } from "zod";
import { NotFoundError } from "../../src/errors.ts";
import type { PhotoLookUp, PhotoSummary, Search } from "../../src/search/types.ts";
import { outsideName } from "./outside-text.ts";

/** One item of a call that could not be done. */
export const itemErrorSchema = z.strictObject({ id: z.string(), code: z.string(), message: z.string() });
export type ItemError = z.output<typeof itemErrorSchema>;

export interface KnownPhoto {
  /** As it is shown: 12 digits, or more where two photos share them. */
  readonly id: string;
  readonly photo: PhotoSummary;
}

export interface KnownPhotos {
  /** In the order asked, each once. */
  readonly photos: readonly KnownPhoto[];
  readonly errors: readonly ItemError[];
}

const didYouMean = (near: readonly string[]): string =>
  near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;

const problemText = ({ asked, problem, near }: Extract<PhotoLookUp, { readonly problem: string }>): string => {
  const shown = outsideName(asked, 80);
  switch (problem) {
    case "malformed":
      return `"${shown}" is no photo id: ids are 12 or more digits 0-9 a-f and come from search_by_embedding.${didYouMean(near)}`;
    case "unknown":
      return `No photo ${shown}. Ids come from search_by_embedding.${didYouMean(near)}`;
    case "ambiguous":
      return `${shown} fits several photos: use a longer id, ${near.join(" or ")}.`;
    default:
      return problem satisfies never;
  }
};

/** @throws NotFoundError when none of the ids is known */
export const knownPhotos = async (search: Pick<Search, "lookUp">, ids: readonly string[]): Promise<KnownPhotos> => {
  const photos = new Map<string, KnownPhoto>();
  const errors: ItemError[] = [];
  for (const found of await search.lookUp([...new Set(ids)])) {
    if ("photo" in found) photos.set(found.photo.contentHash, found);
    else errors.push({ id: outsideName(found.asked, 80), code: "not-found", message: problemText(found) });
  }
  if (photos.size === 0 && errors.length > 0) {
    throw new NotFoundError(
      errors
        .map(({ message }) => message)
        .slice(0, 3)
        .join(" "),
    );
  }
  return { photos: [...photos.values()], errors };
};

/** The one photo that an id means. @throws NotFoundError */
export const knownPhoto = async (search: Pick<Search, "lookUp">, id: string): Promise<KnownPhoto> => {
  const [known] = (await knownPhotos(search, [id])).photos;
  if (known === undefined) throw new NotFoundError(`No photo ${outsideName(id, 80)}.`);
  return known;
};

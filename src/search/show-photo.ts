/** `show`: everything known about one photo, by id or by path. */
import { NotFoundError } from "../errors.ts";
import { isPhotoId, resolvePhotoId } from "./photo-ids.ts";
import type { PhotoDetails, SearchCatalogue } from "./types.ts";

/**
 * @param photo id of 12 or more digits, or absolute path
 * @throws NotFoundError when the library does not know it, InvalidInputError when the id fits several photos
 */
export const showPhoto = async (catalogue: SearchCatalogue, photo: string): Promise<PhotoDetails> => {
  const atPath = await catalogue.hashAtPath(photo);
  const contentHash = atPath ?? (isPhotoId(photo) ? await resolvePhotoId(catalogue, photo) : undefined);
  const details = contentHash === undefined ? undefined : await catalogue.details(contentHash);
  if (details !== undefined) return details;
  throw new NotFoundError(`This library holds no photo "${photo}".`, {
    hint: 'Give an id that "photon search" prints or the path of a processed file; "photon process <file>" adds one.',
  });
};

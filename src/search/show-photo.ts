/** `show`: everything known about one photo, by id or by path. */
import { NotFoundError } from "../errors.ts";
import { isPhotoId, resolvePhotoId } from "./photo-ids.ts";
import type { PhotoDetails, SearchCatalogue } from "./types.ts";

const unknownPhoto = (photo: string): NotFoundError =>
  new NotFoundError(`This library holds no photo "${photo}".`, {
    hint: 'Give an id that "photon search" prints or the path of a processed file; "photon process <file>" adds one.',
  });

/**
 * Content hash of the photo that is meant.
 * @param photo id of 12 or more digits, or absolute path
 * @throws NotFoundError when the library does not know it, InvalidInputError when the id fits several photos
 */
export const resolvePhoto = async (catalogue: SearchCatalogue, photo: string): Promise<string> => {
  const atPath = await catalogue.hashAtPath(photo);
  const contentHash = atPath ?? (isPhotoId(photo) ? await resolvePhotoId(catalogue, photo) : undefined);
  if (contentHash === undefined) throw unknownPhoto(photo);
  return contentHash;
};

/** The same, with everything known about it. */
export const showPhoto = async (catalogue: SearchCatalogue, photo: string): Promise<PhotoDetails> => {
  const details = await catalogue.details(await resolvePhoto(catalogue, photo));
  if (details === undefined) throw unknownPhoto(photo);
  return details;
};

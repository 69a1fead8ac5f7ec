/** `gallery_page`: pictures for the gallery; the model does not see this tool. */
import { z } from "zod";
import type { PicturesApi } from "../src/app/pictures.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { Search } from "../src/search/types.ts";
import type { GalleryData } from "./gallery/gallery-data.ts";
import { knownPhotos } from "./photos/known-photos.ts";
import { galleryItem, singlePictures, withErrors } from "./photos/photo-pictures.ts";
import { GALLERY_URI } from "./resource-uris.ts";
import { defineTool } from "./tool.ts";

const MOST_PHOTOS = 12;
const PICTURE_EDGE = 256;

export const galleryPage = defineTool({
  name: "gallery_page",
  title: "Gallery page",
  description: "Pictures for the gallery.",
  input: z.strictObject({
    ids: z.array(z.string().max(200)).min(1).max(MOST_PHOTOS).optional(),
    cursor: z.string().max(2000).optional(),
  }),
  effect: "read",
  app: GALLERY_URI,
  appOnly: true,
  async handle({ ids, cursor }, { photon, settings }, signal) {
    if ((ids === undefined) === (cursor === undefined)) {
      throw new InvalidInputError("Expected ids or cursor, received both or none.");
    }
    const library: PicturesApi & Search = await photon();
    const page =
      cursor === undefined ? undefined : await library.search({ terms: [], limit: MOST_PHOTOS, cursor }, signal);
    const wanted = ids ?? page?.hits.map(({ id }) => id) ?? [];
    const { photos, errors } = await knownPhotos(library, wanted);
    const pictures = await singlePictures({ library, settings, signal }, photos, PICTURE_EDGE);
    const appData: GalleryData = {
      items: photos.map(galleryItem),
      ...(page?.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }),
    };
    return { kind: "pictures", pictures: withErrors(pictures, errors), appData };
  },
});

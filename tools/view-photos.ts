/** `view_photos`: shows photos to the model and, in the gallery, to the user. */
import { z } from "zod";
import type { PicturesApi } from "../src/app/pictures.ts";
import { InvalidInputError } from "../src/errors.ts";
import { MAX_SHEET_PICTURES } from "../src/photo/contact-sheet.ts";
import type { Search } from "../src/search/types.ts";
import type { GalleryData } from "./gallery/gallery-data.ts";
import { knownPhotos } from "./photos/known-photos.ts";
import {
  galleryItem,
  MAX_SINGLE,
  PICTURE_SIZES,
  sheetPictures,
  singlePictures,
  withErrors,
} from "./photos/photo-pictures.ts";
import { GALLERY_URI } from "./resource-uris.ts";
import { defineTool } from "./tool.ts";

export const viewPhotos = defineTool({
  name: "view_photos",
  title: "View photos",
  description:
    "Look at photos: up to 8 one by one, or a sheet, one picture of up to 30 with numbers. Find with a sheet, judge details one by one.",
  input: z.strictObject({
    ids: z.array(z.string().max(200)).min(1).max(MAX_SHEET_PICTURES),
    layout: z.enum(["single", "sheet"]).optional(),
    size: z.literal(PICTURE_SIZES).default(512),
  }),
  effect: "read",
  app: GALLERY_URI,
  async handle({ ids, layout = ids.length > MAX_SINGLE ? "sheet" : "single", size }, { photon, settings }, signal) {
    if (layout === "single" && ids.length > MAX_SINGLE) {
      throw new InvalidInputError(`Expected up to ${MAX_SINGLE} ids for layout single, received ${ids.length}.`, {
        hint: "Use layout sheet, or show them in several calls.",
      });
    }
    const library: PicturesApi & Search = await photon();
    const { photos, errors } = await knownPhotos(library, ids);
    const deps = { library, settings, signal };
    const pictures = layout === "sheet" ? await sheetPictures(deps, photos) : await singlePictures(deps, photos, size);
    const appData: GalleryData = { items: photos.map(galleryItem) };
    return { kind: "pictures", pictures: withErrors(pictures, errors), appData };
  },
});

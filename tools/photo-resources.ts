/** What resources and completions show of photos. */
import type { Photon } from "../src/app.ts";
import { NotFoundError } from "../src/errors.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { PhotoResources } from "./edge.ts";

/** Completions of one field; clients show about as many. */
const SUGGESTIONS = 20;

export const createPhotoResources = (photon: () => Promise<Photon>): PhotoResources => ({
  record: async (id) => {
    try {
      return await (await photon()).show(id, new AbortController().signal);
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof InvalidInputError) return undefined;
      throw error;
    }
  },
  thumbnail: async () => undefined,
  idsLike: async (prefix) => (await photon()).suggest.photos(prefix, SUGGESTIONS),
  words: async (prefix) => (await photon()).suggest.tags(prefix, SUGGESTIONS),
  folders: async (prefix) => (await photon()).suggest.folders(prefix, SUGGESTIONS),
});

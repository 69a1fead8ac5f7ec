/** What resources and completions show of photos. */
import type { LibraryGuide } from "../src/app/library-guide.ts";
import type { PicturesApi } from "../src/app/pictures.ts";
import type { Search } from "../src/search/types.ts";
import { describedData, loadFacts } from "./describe/described-data.ts";
import type { PhotoResources } from "./edge.ts";
import type { KnownPhoto } from "./photos/known-photos.ts";

/** Completions of one field; clients show about as many. */
const SUGGESTIONS = 20;
const THUMBNAIL = { maxEdge: 256, maxBytes: 60_000 } as const;
const FULL = { detail: "full", language: undefined, isChanged: false } as const;

/** undefined when the id fits no photo, or several. */
const photoOf = async (search: Pick<Search, "lookUp">, id: string): Promise<KnownPhoto | undefined> => {
  const [found] = await search.lookUp([id]);
  return found !== undefined && "photo" in found ? found : undefined;
};

export const createPhotoResources = (
  photon: () => Promise<LibraryGuide & PicturesApi & Search>,
  signal: AbortSignal,
): PhotoResources => ({
  record: async (id) => {
    const library = await photon();
    const known = await photoOf(library, id);
    if (known === undefined) return undefined;
    const facts = await loadFacts(library, [known], FULL, signal);
    return describedData(facts, { ...FULL, errors: [], made: undefined }).photos[0];
  },
  thumbnail: async (id) => {
    const library = await photon();
    const known = await photoOf(library, id);
    if (known === undefined) return undefined;
    return (await library.pictures.view(known.photo.contentHash, THUMBNAIL, signal))?.bytes;
  },
  idsLike: async (prefix) => (await photon()).suggest.photos(prefix, SUGGESTIONS),
  words: async (prefix) => (await photon()).suggest.tags(prefix, SUGGESTIONS),
  folders: async (prefix) => (await photon()).suggest.folders(prefix, SUGGESTIONS),
});

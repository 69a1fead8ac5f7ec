/** The search part of the application, made once per process. */
import { findDuplicates } from "./find-duplicates.ts";
import { lookUpPhotos } from "./look-up-photos.ts";
import { searchPhotos } from "./search-photos.ts";
import { showPhoto } from "./show-photo.ts";
import { countSimilar } from "./similar-counts.ts";
import type { Search, SearchDeps } from "./types.ts";

export const createSearch = (deps: SearchDeps): Search => ({
  search: (request, signal) => searchPhotos(deps, request, signal),
  show: (photo) => showPhoto(deps.catalogue, photo),
  lookUp: (ids) => lookUpPhotos(deps.catalogue, ids),
  similarCounts: (contentHashes) => countSimilar(deps.catalogue, contentHashes),
  duplicates: (request, signal) => findDuplicates(deps, request, signal),
});

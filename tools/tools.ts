/** Every tool, in the order of `tools/list`. A row here makes it exist. */
import { annotate } from "./annotate.ts";
import { changesSince } from "./changes-since.ts";
import { describe } from "./describe.ts";
import { findDuplicates } from "./find-duplicates.ts";
import { galleryPage } from "./gallery-page.ts";
import { getCosts } from "./get-costs.ts";
import { getEnrichment } from "./get-enrichment.ts";
import { getStatus } from "./get-status.ts";
import { processPhotos } from "./process.ts";
import { removeFromIndex } from "./remove-from-index.ts";
import { requestEnrichment } from "./request-enrichment.ts";
import { reviewEnrichment } from "./review-enrichment.ts";
import { searchByEmbedding } from "./search-by-embedding.ts";
import type { Tool } from "./tool.ts";
import { viewPhotos } from "./view-photos.ts";
import { watchFolder } from "./watch-folder.ts";

export const tools = [
  searchByEmbedding,
  viewPhotos,
  describe,
  processPhotos,
  getEnrichment,
  requestEnrichment,
  annotate,
  reviewEnrichment,
  findDuplicates,
  changesSince,
  getCosts,
  getStatus,
  watchFolder,
  removeFromIndex,
  galleryPage,
] as const satisfies readonly Tool[];

/** Every tool, in the order of `tools/list`. A row here makes it exist. */
import { changesSince } from "./changes-since.ts";
import { describe } from "./describe.ts";
import { findDuplicates } from "./find-duplicates.ts";
import { getCosts } from "./get-costs.ts";
import { getEnrichment } from "./get-enrichment.ts";
import { getStatus } from "./get-status.ts";
import { searchByEmbedding } from "./search-by-embedding.ts";
import type { Tool } from "./tool.ts";
import { viewPhotos } from "./view-photos.ts";

export const tools = [
  searchByEmbedding,
  viewPhotos,
  describe,
  getEnrichment,
  findDuplicates,
  changesSince,
  getCosts,
  getStatus,
] as const satisfies readonly Tool[];

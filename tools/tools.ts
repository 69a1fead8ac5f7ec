/** Every tool, in the order of `tools/list`. A row here makes it exist. */
import { getStatus } from "./get-status.ts";
import { searchByEmbedding } from "./search-by-embedding.ts";
import type { Tool } from "./tool.ts";
import { viewPhotos } from "./view-photos.ts";

export const tools = [searchByEmbedding, viewPhotos, getStatus] as const satisfies readonly Tool[];

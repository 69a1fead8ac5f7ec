/** `get_enrichment`: descriptions, translations and other documents of photos, or what became of a job. */
import { z } from "zod";
import type { EnrichmentApi } from "../src/app/enrichment/enrichment-api.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { Search } from "../src/search/types.ts";
import {
  enrichmentOfJob,
  enrichmentOfPhotos,
  enrichmentResultSchema,
  MOST_ITEMS,
} from "./enrichment/enrichment-data.ts";
import { defineTool } from "./tool.ts";

export const getEnrichment = defineTool({
  name: "get_enrichment",
  title: "Read enrichment",
  description:
    "State, text and versions of what is written about photos: image_tag (title, description, tags), translate (with language), photo_story; or the items of a job.",
  input: z.strictObject({
    ids: z.array(z.string().max(200)).min(1).max(MOST_ITEMS).optional(),
    job_id: z.string().max(40).optional(),
    kind: z.string().max(40).default("image_tag"),
    language: z.string().max(35).optional(),
    history: z.boolean().default(false),
  }),
  output: z.looseObject({
    items: z.array(z.looseObject({ id: z.string() })),
    queue_depth: z.number(),
  }),
  result: enrichmentResultSchema,
  effect: "read",
  async handle({ ids, job_id: jobId, kind, language, history }, { photon }) {
    if ((ids === undefined) === (jobId === undefined)) {
      throw new InvalidInputError("Expected ids or job_id, received both or none.");
    }
    const library: Search & { readonly enrichment: EnrichmentApi } = await photon();
    const data =
      jobId === undefined
        ? await enrichmentOfPhotos(library, ids ?? [], { kind, language, history })
        : await enrichmentOfJob(library, jobId, history);
    return { kind: "data", data };
  },
});

/** `annotate`: what the assistant itself has seen on a photo, kept for the user to confirm. No model of photon is asked. */
import { z } from "zod";
import type { AnnotateApi } from "../src/app/enrichment/annotate.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { Search } from "../src/search/types.ts";
import { enrichmentItem, enrichmentItemSchema, ITEM_LIMITS } from "./enrichment/enrichment-item.ts";
import { knownPhoto } from "./photos/known-photos.ts";
import { defineTool } from "./tool.ts";

const [LIMITS] = ITEM_LIMITS;

export const annotate = defineTool({
  name: "annotate",
  title: "Write a description",
  description:
    "Keep what you saw on a photo (view_photos): title, description, tags; with language a translation of them. Searchable at once; the user confirms with review_enrichment.",
  input: z.strictObject({
    id: z.string().max(200),
    title: z.string().max(100).optional(),
    description: z.string().max(500).optional(),
    tags: z.array(z.string().max(40)).min(1).max(10).optional(),
    language: z.string().max(35).optional(),
  }),
  output: z.looseObject({ id: z.string(), state: z.string(), version: z.number() }),
  result: enrichmentItemSchema,
  effect: "write",
  async handle({ id, title, description, tags, language }, { photon, client }) {
    if (title === undefined && description === undefined && tags === undefined) {
      throw new InvalidInputError("Expected a title, a description or tags, received none.");
    }
    const library: Search & AnnotateApi = await photon();
    const known = await knownPhoto(library, id);
    const view = await library.annotate({
      contentHash: known.photo.contentHash,
      author: client,
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      ...(language === undefined ? {} : { language }),
    });
    const item = enrichmentItem(view, known.id, { history: false, limits: LIMITS });
    return { kind: "data", data: { ...item, version: item.version ?? 0 } };
  },
});

/** `review_enrichment`: the user's word about what models and assistants wrote. What has effects outside is previewed. */
import { z } from "zod";
import type { EnrichmentApi } from "../src/app/enrichment/enrichment-api.ts";
import type { ReviewApi } from "../src/app/enrichment/review-api.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { Search } from "../src/search/types.ts";
import { confirmedOutcome, previewFields } from "./confirmed-outcome.ts";
import { documentTypeOf } from "./enrichment/enrichment-data.ts";
import { knownPhotos } from "./photos/known-photos.ts";
import { changeOne, decideAll, hasSideEffects, reviewResultSchema } from "./review/review-data.ts";
import { defineTool } from "./tool.ts";

export const reviewEnrichment = defineTool({
  name: "review_enrichment",
  title: "Confirm or change descriptions",
  description:
    "On the user's word: confirm or discard what waits, edit the text, or restore an older version (get_enrichment with history lists them). A confirmation with effects outside photon returns a preview and confirm_token first.",
  input: z.strictObject({
    action: z.enum(["confirm", "discard", "edit", "restore"]),
    ids: z.array(z.string().max(200)).min(1).max(100),
    kind: z.string().max(40).default("image_tag"),
    language: z.string().max(35).optional(),
    version: z.int().min(1).max(1_000_000).optional(),
    title: z.string().max(100).optional(),
    description: z.string().max(500).optional(),
    tags: z.array(z.string().max(40)).max(10).optional(),
    confirm_token: z.string().max(500).optional(),
  }),
  output: z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) }),
  result: reviewResultSchema.extend(previewFields),
  effect: "write",
  async handle(input, context, signal) {
    const library: Search & { readonly enrichment: EnrichmentApi; readonly review: ReviewApi } = await context.photon();
    await library.enrichment.requireKind(input.kind);
    const documentType = documentTypeOf({ kind: input.kind, language: input.language });
    const { photos, errors } = await knownPhotos(library, input.ids);
    const { action } = input;
    if (action === "confirm" || action === "discard") {
      const decideNow = () => decideAll(library, { photos, errors, documentType, action }, signal);
      if (action === "discard" || !(await hasSideEffects(library, photos, documentType)))
        return { kind: "data", data: await decideNow() };
      return confirmedOutcome(context, {
        tool: "review_enrichment",
        action: `confirm:${documentType}`,
        members: photos.map(({ photo }) => photo.contentHash),
        token: input.confirm_token,
        message: `Confirm ${documentType} of ${photos.length} photos? Calendar files or albums are written.`,
        preview: { items: photos.map(({ id }) => ({ id })), errors: [...errors] },
        carryOut: decideNow,
      });
    }
    const [only] = photos;
    if (only === undefined || input.ids.length > 1) {
      throw new InvalidInputError(`Expected one id for ${action}, received ${input.ids.length}.`);
    }
    return { kind: "data", data: await changeOne(library, only, { ...input, action, documentType }) };
  },
});

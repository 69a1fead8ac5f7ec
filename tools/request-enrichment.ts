/** `request_enrichment`: photon's language model writes about photos in the background; above a limit on the user's yes. */
import { z } from "zod";
import type { EnqueuedExecution, EnrichmentApi } from "../src/app/enrichment/enrichment-api.ts";
import type { RequestEnrichmentApi } from "../src/app/enrichment/request-enrichment.ts";
import type { LibraryGuide } from "../src/app/library-guide.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { Search } from "../src/search/types.ts";
import { confirmedOutcome, previewFields } from "./confirmed-outcome.ts";
import { requestData, requestResultSchema } from "./enrichment/request-data.ts";
import { knownFolder } from "./photos/known-folder.ts";
import { knownPhotos } from "./photos/known-photos.ts";
import { defineTool } from "./tool.ts";

type Library = Search & LibraryGuide & RequestEnrichmentApi & { readonly enrichment: EnrichmentApi };

export const requestEnrichment = defineTool({
  name: "request_enrichment",
  title: "Request enrichment",
  description:
    "Have photon's language model describe (image_tag), translate or tell stories (photo_story) about photos in the background; read with get_enrichment. Large runs on a remote provider need the confirm_token of a preview.",
  input: z.strictObject({
    ids: z.array(z.string().max(200)).min(1).max(500).optional(),
    folder: z.string().max(1000).optional(),
    kind: z.string().max(40).default("image_tag"),
    language: z.string().max(35).optional(),
    force: z.boolean().default(false),
    confirm_token: z.string().max(500).optional(),
  }),
  output: z.looseObject({ queued: z.number(), skipped: z.number() }),
  result: requestResultSchema.extend(previewFields),
  effect: "write",
  openWorld: ({ provider }) => provider?.leavesMachine === true,
  async handle({ ids, folder, kind, language, force, confirm_token: token }, context) {
    if ((ids === undefined) === (folder === undefined)) {
      throw new InvalidInputError("Expected ids or folder, received both or none.");
    }
    const library: Library = await context.photon();
    await library.enrichment.requireKind(kind);
    const known = ids === undefined ? undefined : await knownPhotos(library, ids);
    const scopes =
      known === undefined
        ? { folders: [await knownFolder(library, folder ?? "")] }
        : { photos: known.photos.map(({ photo }) => photo.contentHash) };
    const { plan, forecast, isAboveLimit } = await library.planRequest({
      command: "request_enrichment",
      kind,
      scopes,
      wanted: force ? "all" : "missing",
      ...(language === undefined ? {} : { languages: [language] }),
    });
    const availability = await library.enrichment.availability();
    const describe = (execution?: EnqueuedExecution) =>
      requestData({ plan, forecast, availability, execution, errors: known?.errors ?? [] });
    if (plan.jobs.length === 0) return { kind: "data", data: describe() };
    const queue = async () => describe(await library.queueRequest(plan));
    if (!isAboveLimit) return { kind: "data", data: await queue() };
    return confirmedOutcome(context, {
      tool: "request_enrichment",
      action: `${kind}:${language ?? ""}:${force}`,
      members: plan.jobs.map(({ scopeId, documentType }) => `${scopeId} ${documentType}`),
      token,
      message: `Send ${plan.jobs.length} photos to ${describe().provider ?? "a language model elsewhere"}?`,
      preview: describe(),
      carryOut: queue,
    });
  },
});

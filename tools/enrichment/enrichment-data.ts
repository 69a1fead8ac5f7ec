/** The answer of `get_enrichment`. */
import { z } from "zod";
import type { EnrichmentApi, EnrichmentView } from "../../src/app/enrichment/enrichment-api.ts";
import { documentTypeName } from "../../src/enrichment/scope.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { Search } from "../../src/search/types.ts";
import { fitResult } from "../photos/fit-result.ts";
import type { ItemError } from "../photos/known-photos.ts";
import { itemErrorSchema, knownPhotos } from "../photos/known-photos.ts";
import { enrichmentItem, enrichmentItemSchema, ITEM_LIMITS } from "./enrichment-item.ts";

/** Items in one answer. */
export const MOST_ITEMS = 50;
const SHOWN_DIGITS = 12;

export const enrichmentResultSchema = z.strictObject({
  items: z.array(enrichmentItemSchema),
  queue_depth: z.number().describe("Jobs of the whole library that are not done."),
  eta_s: z.number().optional().describe("Seconds until the job may be done."),
  progress: z
    .strictObject({ total: z.number(), pending: z.number(), processed: z.number(), failed: z.number() })
    .optional()
    .describe("Of `job_id`: what has become of its items."),
  errors: z.array(itemErrorSchema),
  note: z.string().optional(),
});
export type EnrichmentData = z.output<typeof enrichmentResultSchema>;

export interface EnrichmentWanted {
  readonly kind: string;
  readonly language: string | undefined;
  readonly history: boolean;
}

interface Shown {
  readonly id: string;
  readonly view: EnrichmentView;
}

type Library = Search & { readonly enrichment: EnrichmentApi };

const TRANSLATE = "translate";

/** @throws InvalidInputError when a translation has no language, or another kind has one */
export const documentTypeOf = ({ kind, language }: Pick<EnrichmentWanted, "kind" | "language">): string => {
  if (kind === TRANSLATE && language === undefined) {
    throw new InvalidInputError("Expected a language for the kind translate, received none.", {
      hint: "Name one, such as es or pt-BR.",
    });
  }
  return documentTypeName(kind === TRANSLATE && language !== undefined ? { kind, qualifier: language } : { kind });
};

const viewOf = (library: Library, scopeId: string, documentType: string): Promise<EnrichmentView> =>
  library.enrichment.view({ scopeId, documentType }, { history: true });

const queueDepth = async ({ enrichment }: Library): Promise<number> => {
  const { states } = await enrichment.queue();
  return (states.available ?? 0) + (states.running ?? 0) + (states.submitted ?? 0);
};

const dataOf = (shown: readonly Shown[], history: boolean, rest: Omit<EnrichmentData, "items">): EnrichmentData =>
  fitResult(ITEM_LIMITS, (limits) => ({
    items: shown.map(({ id, view }) => enrichmentItem(view, id, { history, limits })),
    ...rest,
  }));

export const enrichmentOfPhotos = async (
  library: Library,
  ids: readonly string[],
  wanted: EnrichmentWanted,
): Promise<EnrichmentData> => {
  await library.enrichment.requireKind(wanted.kind);
  const documentType = documentTypeOf(wanted);
  const { photos, errors } = await knownPhotos(library, ids);
  const shown: Shown[] = [];
  for (const { id, photo } of photos) shown.push({ id, view: await viewOf(library, photo.contentHash, documentType) });
  return dataOf(shown, wanted.history, { queue_depth: await queueDepth(library), errors: [...errors] });
};

/** @throws NotFoundError for a job that there is not */
export const enrichmentOfJob = async (library: Library, jobId: string, history: boolean): Promise<EnrichmentData> => {
  const { enrichment } = library;
  const { progress, etaSeconds } = await enrichment.status(jobId);
  const items = await enrichment.items(jobId);
  const shown: Shown[] = [];
  for (const { scopeId, documentType } of items.slice(0, MOST_ITEMS)) {
    shown.push({ id: scopeId.slice(0, SHOWN_DIGITS), view: await viewOf(library, scopeId, documentType) });
  }
  const { total, pending, processed, failed } = progress;
  const errors: readonly ItemError[] = shown.flatMap(({ id, view: { state, error } }) =>
    state === "FAILED" && error !== undefined ? [{ id, ...error }] : [],
  );
  return dataOf(shown, history, {
    queue_depth: await queueDepth(library),
    ...(etaSeconds === undefined ? {} : { eta_s: etaSeconds }),
    progress: { total, pending, processed, failed },
    errors: [...errors],
    ...(items.length > shown.length ? { note: `The first ${shown.length} of ${items.length} items.` } : {}),
  });
};

/** The answers of `review_enrichment`. */
import { z } from "zod";
import type { EnrichmentApi } from "../../src/app/enrichment/enrichment-api.ts";
import type { ReviewApi } from "../../src/app/enrichment/review-api.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { EnrichmentItem } from "../enrichment/enrichment-item.ts";
import { enrichmentItem, enrichmentItemSchema, ITEM_LIMITS } from "../enrichment/enrichment-item.ts";
import { fitResult } from "../photos/fit-result.ts";
import type { ItemError, KnownPhoto } from "../photos/known-photos.ts";
import { itemErrorSchema } from "../photos/known-photos.ts";

interface Library {
  readonly enrichment: Pick<EnrichmentApi, "view">;
  readonly review: ReviewApi;
}

export const reviewResultSchema = z.strictObject({
  items: z.array(enrichmentItemSchema),
  errors: z.array(itemErrorSchema),
});

/** A type, not an interface: only types fit records. */
export type ReviewData = {
  readonly items: { readonly id: string }[];
  readonly errors: ItemError[];
};

/** Kinds whose confirmation does more than show words: calendar files, albums. */
const WITH_EFFECTS: ReadonlySet<string> = new Set(["event_extract", "watch_match"]);

export const hasSideEffects = async (
  { enrichment }: Library,
  photos: readonly KnownPhoto[],
  documentType: string,
): Promise<boolean> => {
  if (!WITH_EFFECTS.has(documentType)) return false;
  const states = await Promise.all(
    photos.map(({ photo }) => enrichment.view({ scopeId: photo.contentHash, documentType })),
  );
  return states.some(({ state }) => state === "READY_TO_CONFIRM");
};

const itemsOf = async (
  { enrichment }: Library,
  photos: readonly KnownPhoto[],
  documentType: string,
): Promise<EnrichmentItem[]> => {
  const views = await Promise.all(
    photos.map(({ photo }) => enrichment.view({ scopeId: photo.contentHash, documentType }, { history: true })),
  );
  return fitResult(ITEM_LIMITS, (limits) =>
    views.map((view, place) => enrichmentItem(view, photos[place]?.id ?? "", { history: false, limits })),
  );
};

export const decideAll = async (
  library: Library,
  {
    photos,
    errors,
    documentType,
    action,
  }: {
    readonly photos: readonly KnownPhoto[];
    readonly errors: readonly ItemError[];
    readonly documentType: string;
    readonly action: "confirm" | "discard";
  },
  signal: AbortSignal,
): Promise<ReviewData> => {
  const references = photos.map(({ photo }) => ({ id: photo.contentHash, documentType }));
  const decided = await library.review.decide(references, action, signal);
  const shownId = new Map(photos.map(({ id, photo }) => [photo.contentHash, id]));
  const failed = decided.flatMap(({ id, error }) =>
    error === undefined ? [] : [{ id: shownId.get(id) ?? id, code: error.code, message: error.message }],
  );
  return { items: await itemsOf(library, photos, documentType), errors: [...errors, ...failed] };
};

export interface ChangeRequest {
  readonly action: "edit" | "restore";
  readonly documentType: string;
  readonly version?: number | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

const editOf = ({ documentType, title, description, tags }: ChangeRequest) => {
  if (title === undefined && description === undefined && tags === undefined) {
    throw new InvalidInputError("Expected a title, a description or tags to edit, received none.");
  }
  if (documentType.startsWith("translate")) {
    if (tags !== undefined)
      throw new InvalidInputError("Expected a title or a description, received tags: a translation has none.");
    return {
      set: [
        ...(title === undefined ? [] : [{ path: "fields.title", text: title }]),
        ...(description === undefined ? [] : [{ path: "fields.summary", text: description }]),
      ],
    };
  }
  return {
    fields: {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { summary: description }),
      ...(tags === undefined ? {} : { tags }),
    },
  };
};

/** One photo: a version of the user's, or an older one on top. */
export const changeOne = async (library: Library, photo: KnownPhoto, request: ChangeRequest): Promise<ReviewData> => {
  const reference = { id: photo.photo.contentHash, documentType: request.documentType };
  if (request.action === "edit") await library.review.edit(reference, editOf(request));
  else await library.review.restore(reference, request.version);
  return { items: await itemsOf(library, [photo], request.documentType), errors: [] };
};

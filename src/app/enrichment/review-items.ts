/** What waits for a person, in the words of the people's side: results, events of the calendar, proposals. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { CalendarEvent } from "../../catalogue/calendar-repository.ts";
import type { EnrichmentKey, StoredDocument } from "../../catalogue/document-repository.ts";
import type { EnrichmentState } from "../../catalogue/enrichment-schema.ts";
import type { Proposal } from "../../catalogue/proposal-repository.ts";
import type { ReviewItem } from "../../catalogue/review-repository.ts";
import type { DocumentBody } from "../../enrichment/enrichment-kind.ts";
import { documentTypeName, parseDocumentType, parseScope } from "../../enrichment/scope.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import { resolvePhoto } from "../../search/show-photo.ts";

export interface ReviewResult extends EnrichmentKey {
  readonly kind: string;
  readonly state: EnrichmentState;
  /** Id to decide by; undefined while there is no result. */
  readonly id: string | undefined;
  readonly version: number | undefined;
  readonly content: DocumentBody | undefined;
  readonly model: string | undefined;
  /** Public code of a failure. */
  readonly code: string | undefined;
  /** Milliseconds UTC. */
  readonly updatedAt: number;
  /** A file of the photo, below its root. */
  readonly path: string | undefined;
  /** Appointments it proposes; empty for other kinds. */
  readonly events: readonly CalendarEvent[];
}

export interface ReviewList {
  readonly results: readonly ReviewResult[];
  /** Events that wait and belong to no result in the list: reminders, and those left over of a confirmed result. */
  readonly events: readonly CalendarEvent[];
  readonly proposals: readonly Proposal[];
  /** Set when there are more results. */
  readonly next: EnrichmentKey | undefined;
}

export interface ReviewRequest {
  /** Document types or kinds; empty = all. */
  readonly kinds: readonly string[];
  readonly states: readonly EnrichmentState[];
  readonly executionId?: string;
  readonly limit: number;
  readonly after?: EnrichmentKey;
}

/** What an id means. */
export type ReviewTarget =
  | { readonly type: "result"; readonly key: EnrichmentKey; readonly documentId: string | undefined }
  | { readonly type: "event"; readonly event: CalendarEvent }
  | { readonly type: "proposal"; readonly proposal: Proposal };

/** Written by the worker or by a person; anything that is not an object came from a broken disk. */
export const bodyOf = (content: string): DocumentBody => {
  const body: unknown = JSON.parse(content);
  if (typeof body === "object" && body !== null && "status" in body) return body as DocumentBody;
  throw new InvalidInputError("Expected the content of a document, received something else.", {
    hint: "Make the result again with photon enrich --force.",
  });
};

export const resultOf = async ({ calendar }: Catalogue, item: ReviewItem): Promise<ReviewResult> => ({
  scopeId: item.scopeId,
  documentType: item.documentType,
  kind: item.kind,
  state: item.state,
  id: item.documentId,
  version: item.version,
  content: item.content === undefined ? undefined : bodyOf(item.content),
  model: item.model,
  code: item.code,
  updatedAt: item.updatedAt,
  path: item.path,
  events: item.documentId === undefined ? [] : await calendar.ofDocument(item.documentId),
});

const isListed = ({ kinds, executionId }: ReviewRequest, kind: string): boolean =>
  executionId === undefined && (kinds.length === 0 || kinds.includes(kind));

/** Events and proposals are on the first page only. */
export const listReview = async (catalogue: Catalogue, request: ReviewRequest): Promise<ReviewList> => {
  const { reviews, calendar, proposals } = catalogue;
  const items = await reviews.list({ ...request, limit: request.limit + 1 });
  const page = items.slice(0, request.limit);
  const results = await Promise.all(page.map((item) => resultOf(catalogue, item)));
  const last = page.at(-1);
  const isFirst = request.after === undefined && request.states.includes("READY_TO_CONFIRM");
  const shown = new Set(results.map(({ id }) => id));
  const pending = isFirst && isListed(request, "event_extract") ? await calendar.pending() : [];
  return {
    results,
    events: pending.filter(({ documentId }) => documentId === undefined || !shown.has(documentId)),
    proposals: isFirst && isListed(request, "proposal") ? await proposals.pending() : [],
    next:
      items.length > page.length && last !== undefined
        ? { scopeId: last.scopeId, documentType: last.documentType }
        : undefined,
  };
};

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/i;

const unknownId = (id: string): NotFoundError =>
  new NotFoundError(`Nothing to review has the id ${id}.`, {
    hint: '"photon review list" shows ids; a photo is named by its id or path together with --kind.',
  });

/** The scope that is named: a photo by id or path, an album, a mail. */
const scopeNamed = async ({ search }: Catalogue, name: string): Promise<string> => {
  if (!/^(?:album|eml|req):/.test(name)) return resolvePhoto(search, name);
  parseScope(name);
  return name;
};

/**
 * @param id of a result, an event or a proposal as they are listed, or a photo, `album:<id>` or `eml:<hash>`
 * @param documentType needed for a photo, an album or a mail
 * @throws NotFoundError, InvalidInputError
 */
export const findTarget = async (
  catalogue: Catalogue,
  id: string,
  documentType: string | undefined,
): Promise<ReviewTarget> => {
  const { reviews, calendar, proposals, documents } = catalogue;
  if (!ULID.test(id)) {
    const type = documentTypeName(parseDocumentType(documentType ?? "image_tag"));
    const key = { scopeId: await scopeNamed(catalogue, id), documentType: type };
    return { type: "result", key, documentId: (await documents.enrichment(key))?.documentId };
  }
  const ulid = id.toUpperCase();
  const key = await reviews.keyOf(ulid);
  if (key !== undefined) {
    return { type: "result", key: { scopeId: key.scopeId, documentType: key.documentType }, documentId: ulid };
  }
  const event = await calendar.get(ulid);
  if (event !== undefined) return { type: "event", event };
  const proposal = await proposals.get(ulid);
  if (proposal !== undefined) return { type: "proposal", proposal };
  throw unknownId(id);
};

/** One version of a result; the newest unless a number is given. @throws NotFoundError */
export const versionOf = (history: readonly StoredDocument[], version: number | undefined): StoredDocument => {
  const found = version === undefined ? history[0] : history.find((document) => document.version === version);
  if (found !== undefined) return found;
  throw new NotFoundError(
    version === undefined ? "There is no result yet." : `There is no version ${version} of this result.`,
    { hint: '"photon review history" lists the versions.' },
  );
};

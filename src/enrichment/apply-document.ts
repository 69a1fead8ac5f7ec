/** From a stored document to what it changes, and whether it needs a person. */
import { InvalidInputError } from "../errors.ts";
import { isReadModelChange, type Change } from "./changes.ts";
import type { ApplyContext, DocumentBody, EnrichmentKind } from "./enrichment-kind.ts";

export interface DocumentContext extends ApplyContext {
  /** An older version is confirmed already: readers keep seeing that one until this is confirmed, too. */
  readonly confirmedBefore: boolean;
}

/** @throws InvalidInputError when the content is not what this version of the kind writes */
const contentOf = (kind: EnrichmentKind, body: DocumentBody): unknown => {
  const content = kind.contentSchema.safeParse(body);
  if (content.success) return content.data;
  const fields = content.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new InvalidInputError(
    `Expected the content of a document of ${kind.kind}, received one whose fields do not fit: ${fields}.`,
    { hint: `Make it again: photon enrich --kind ${kind.kind} --force.` },
  );
};

/** Pure: the same document gives the same changes. Documents without a result change nothing. */
export const applyDocument = (
  kind: EnrichmentKind,
  body: DocumentBody,
  context: DocumentContext,
): readonly Change[] => {
  if (body.status !== "ok") return [];
  const changes = kind.apply(contentOf(kind, body), context);
  const hidden = context.confirmedBefore && !context.confirmed;
  return hidden ? changes.filter((change) => !isReadModelChange(change)) : changes;
};

/**
 * Whether the document is confirmed in the transaction that stores it.
 * @param configured `enrichment.kinds.<kind>.auto_confirm`; undefined = as the kind says
 */
export const confirmsItself = (kind: EnrichmentKind, body: DocumentBody, configured?: boolean): boolean => {
  if (body.status === "needs_clarification") return false;
  if (body.status === "none") return true; // there is nothing to confirm
  if (kind.confirmation === "always") return false;
  return configured ?? kind.autoConfirm(contentOf(kind, body));
};

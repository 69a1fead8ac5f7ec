/** From a stored document to what it changes, and whether it needs a person. */
import { InvalidInputError } from "../errors.ts";
import type { Change } from "./changes.ts";
import type { ApplyContext, DocumentBody, EnrichmentKind } from "./enrichment-kind.ts";

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
export const applyDocument = (kind: EnrichmentKind, body: DocumentBody, context: ApplyContext): readonly Change[] =>
  body.status === "ok" ? kind.apply(contentOf(kind, body), context) : [];

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

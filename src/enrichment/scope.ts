/** What an enrichment is about, and the name of its result. Both are stored as text. */
import { InvalidInputError } from "../errors.ts";

export type ScopeType = "photo" | "album" | "mail" | "request";

/** `id` is the part behind the prefix: a content hash, an album's id, the hash of a mail file, a request's ULID. */
export interface Scope {
  readonly type: ScopeType;
  readonly id: string;
}

const FORMS: readonly { readonly type: ScopeType; readonly prefix: string; readonly id: RegExp }[] = [
  { type: "photo", prefix: "", id: /^[0-9a-f]{64}$/ },
  { type: "album", prefix: "album:", id: /^[\w-]{1,64}$/ },
  { type: "mail", prefix: "eml:", id: /^[0-9a-f]{64}$/ },
  { type: "request", prefix: "req:", id: /^[0-9A-HJKMNP-TV-Z]{26}$/ },
];

/**
 * @param scopeId `<content hash>`, `album:<id>`, `eml:<hash>` or `req:<ulid>`
 * @throws InvalidInputError
 */
export const parseScope = (scopeId: string): Scope => {
  for (const { type, prefix, id } of FORMS) {
    const rest = scopeId.slice(prefix.length);
    if (scopeId.startsWith(prefix) && id.test(rest)) return { type, id: rest };
  }
  throw new InvalidInputError(
    "Expected a content hash of 64 digits, album:<id>, eml:<hash> or req:<id> for the scope, received something else.",
    { hint: "Ids of photos are shown by photon search and photon show." },
  );
};

/** A kind, or a kind with a qualifier: `translate:es`. */
export interface DocumentType {
  readonly kind: string;
  readonly qualifier?: string;
}

export const documentTypeName = ({ kind, qualifier }: DocumentType): string =>
  qualifier === undefined ? kind : `${kind}:${qualifier}`;

export const parseDocumentType = (name: string): DocumentType => {
  const colon = name.indexOf(":");
  return colon < 0 ? { kind: name } : { kind: name.slice(0, colon), qualifier: name.slice(colon + 1) };
};

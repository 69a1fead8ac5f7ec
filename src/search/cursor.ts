/**
 * Opaque page cursors: a place in a list that is computed anew for every page. The list of an unchanged library is the
 * same every time; when photos came or went between two pages, the list goes on after the last photo shown.
 */
import { createHash } from "node:crypto";
import { InvalidInputError } from "../errors.ts";

/** What a cursor belongs to: it is refused anywhere else. */
export interface CursorScope {
  readonly libraryId: string;
  /** {@link fingerprintOf} the request, without page size. */
  readonly request: string;
  /** What it pages through, for messages; unset = a search. */
  readonly what?: string;
}

export interface CursorPlace {
  /** Items before the next page. */
  readonly offset: number;
  /** Key of the last item shown; its first digits are enough. */
  readonly after: string;
}

const VERSION = 1;
const DIGEST_DIGITS = 16;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, DIGEST_DIGITS);
/** Enough of a key to find it again. */
const shortened = (key: string): string => key.slice(0, DIGEST_DIGITS);

/** Equal for equal requests, whatever the order of keys. Typed arrays count by their numbers. */
export const fingerprintOf = (request: unknown): string =>
  digest(
    JSON.stringify(request, (_key, value: unknown) => {
      if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array); // the only view in a request
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
    }) ?? "",
  );

export const encodeCursor = ({ libraryId, request }: CursorScope, { offset, after }: CursorPlace): string => {
  const content = [VERSION, digest(libraryId), request, offset, shortened(after)];
  return Buffer.from(JSON.stringify([...content, digest(JSON.stringify(content))])).toString("base64url");
};

const refusal =
  (what = "search") =>
  (why: string): InvalidInputError =>
    new InvalidInputError(`Expected a cursor of this ${what} for cursor, received one that ${why}.`, {
      hint: `Ask for the ${what} again without a cursor and page on from its answer.`,
    });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: reported below as not made by photon
  }
};

/** @throws InvalidInputError when it was changed, or made for another version, library or request */
export const decodeCursor = (cursor: string, scope: CursorScope): CursorPlace => {
  const wrong = refusal(scope.what);
  const bytes = Buffer.from(cursor, "base64url");
  const content = bytes.toString("base64url") === cursor ? parsed(bytes.toString("utf8")) : undefined;
  if (!Array.isArray(content)) throw wrong("photon did not make");
  const [seal, ...sealed] = (content as readonly unknown[]).toReversed();
  const [version, library, request, offset, after] = sealed.toReversed();
  if (digest(JSON.stringify(sealed.toReversed())) !== seal) throw wrong("photon did not make");
  if (version !== VERSION) throw wrong("another version of photon made");
  if (library !== digest(scope.libraryId)) throw wrong("belongs to another library");
  if (request !== scope.request) throw wrong(`belongs to another ${scope.what ?? "search"}`);
  if (typeof offset !== "number" || typeof after !== "string") throw wrong("photon did not make");
  return { offset, after };
};

/** Where the next page begins in the list as it is now. */
export const resumeAt = (keys: readonly string[], { offset, after }: CursorPlace): number => {
  if (after === "" || keys[offset - 1]?.startsWith(after) === true) return offset;
  const position = keys.findIndex((key) => key.startsWith(after));
  return position === -1 ? offset : position + 1;
};

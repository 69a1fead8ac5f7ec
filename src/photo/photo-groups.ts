/**
 * Photo groups: a RAW file and the picture its camera made of the same shot. Both are photos of their own; readers are
 * shown the picture, and the RAW file with it.
 */
import type { PhotoFormat } from "./types.ts";

/** The format that stands back, and those that stand for it, best first. */
export const HIDDEN_FORMAT = "raw" as const satisfies PhotoFormat;
const SHOWN_FORMATS = ["jpeg", "heic"] as const satisfies readonly PhotoFormat[];

const isShownFormat = (format: string): boolean => SHOWN_FORMATS.some((shown) => shown === format);
export const isGroupFormat = (format: string): boolean => format === HIDDEN_FORMAT || isShownFormat(format);

/** A file beside a RAW file, with the same name up to the extension. */
export interface GroupSibling {
  readonly contentHash: string;
  readonly format: string;
  /** As EXIF has it, to the second; undefined = the file states none. */
  readonly capturedAt: string | undefined;
}

const rankOf = ({ format }: GroupSibling): number => SHOWN_FORMATS.findIndex((shown) => shown === format);

/**
 * The photo that stands for a RAW file: of the same second, by format, then by hash, so that the order of arrival
 * does not matter. undefined = it stands for itself.
 */
export const shownInstead = (
  capturedAt: string | undefined,
  siblings: readonly GroupSibling[],
): GroupSibling | undefined =>
  siblings
    .filter((sibling) => isShownFormat(sibling.format) && sibling.capturedAt === capturedAt)
    .toSorted((a, b) => rankOf(a) - rankOf(b) || (a.contentHash < b.contentHash ? -1 : 1))[0];

const SLASH = "/".charCodeAt(0);
const DOT = ".".charCodeAt(0);

/** Names with one stem: paths above `after` and below `before`, as bytes, whose rest is an extension alone. */
export interface StemRange {
  readonly after: Buffer;
  readonly before: Buffer;
}

/** @param path relative, `/` between folders. undefined = the name has no extension */
export const stemRangeOf = (path: Buffer): StemRange | undefined => {
  const name = path.lastIndexOf(SLASH) + 1;
  const dot = path.lastIndexOf(DOT);
  if (dot <= name) return undefined;
  const stem = path.subarray(0, dot);
  // "/" is the byte that follows "."
  return { after: Buffer.concat([stem, Buffer.from(".")]), before: Buffer.concat([stem, Buffer.from("/")]) };
};

/** False for `a.b.cr2` in the range of `a.jpg`. */
export const hasStemOf = (path: Uint8Array, { after }: StemRange): boolean =>
  path.indexOf(DOT, after.length) === -1 && path.indexOf(SLASH, after.length) === -1;

const JOIN = "+";

/** Format of a group in the index: `jpeg+raw`. */
export const formatOfGroup = (formats: readonly string[]): string => [...new Set(formats)].toSorted().join(JOIN);

/** The format itself and those of groups that hold it. */
export const formatsHolding = (format: string): readonly string[] => {
  const groups = SHOWN_FORMATS.map((shown) => [shown, HIDDEN_FORMAT] as const);
  return [format, ...groups.filter((group) => group.some((member) => member === format)).map(formatOfGroup)];
};

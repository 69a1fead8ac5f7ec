/**
 * Text out of photos is data from strangers: it is decoded, freed of control characters and capped here, and nowhere
 * interpreted.
 */

/** Characters. */
const MAX_NAME_LENGTH = 200;
const MAX_CAPTION_LENGTH = 2000;
const MAX_KEYWORDS = 200;

const WINDOWS_1252 = new TextDecoder("windows-1252");
const C1_CONTROL = /[\u0080-\u009f]/g;
/** Everything invisible that can hide or reorder text: controls except tab and newline, bidirectional marks, BOM. */
const UNWANTED =
  // eslint-disable-next-line no-control-regex -- control characters are what this removes
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const EDGES = /^[\s"']+|[\s"']+$/g;

const fromWindows1252 = (character: string): string =>
  WINDOWS_1252.decode(Uint8Array.of(character.charCodeAt(0))).replace(C1_CONTROL, " ");

/** UTF-8 when the bytes are valid UTF-8, else Windows-1252, which old cameras and editors write. */
export const decodeText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return WINDOWS_1252.decode(bytes); // not UTF-8: every byte means something in this table
  }
};

const capped = (text: string, limit: number): string => {
  const cut = text.length > limit ? text.slice(0, limit).trimEnd() : text;
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
};

/** Text up to the first NUL, without blanks and quotes around it; `undefined` when nothing is left. Lines are kept. */
export const cleanCaption = (text: string): string | undefined => {
  const [first = ""] = text.slice(0, 4 * MAX_CAPTION_LENGTH).split("\0", 1);
  const clean = first
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(C1_CONTROL, fromWindows1252)
    .replaceAll(UNWANTED, " ")
    .replaceAll(EDGES, "")
    .toWellFormed();
  return clean === "" ? undefined : capped(clean, MAX_CAPTION_LENGTH);
};

/** Like {@link cleanCaption}, on one line. */
export const cleanName = (text: string): string | undefined => {
  const clean = cleanCaption(text)?.replaceAll(/\s+/g, " ");
  return clean === undefined ? undefined : capped(clean, MAX_NAME_LENGTH);
};

/** Clean, without repetition (case does not count), at most {@link MAX_KEYWORDS}. */
export const cleanKeywords = (texts: readonly string[]): readonly string[] | undefined => {
  const byFold = new Map<string, string>();
  for (const text of texts) {
    const keyword = cleanName(text);
    if (keyword === undefined || byFold.has(keyword.toLowerCase())) continue;
    byFold.set(keyword.toLowerCase(), keyword);
    if (byFold.size >= MAX_KEYWORDS) break;
  }
  return byFold.size === 0 ? undefined : [...byFold.values()];
};

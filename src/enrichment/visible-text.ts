/**
 * Text without what people cannot see. Invisible characters hide orders from the person who looks at a photo's caption,
 * split words that a filter looks for, and turn lines around.
 */

/**
 * Controls except tab and newline, soft hyphen, zero-width characters and joiners, bidirectional marks, embeddings and
 * isolates, fillers that have no width, the byte order mark, and the block of invisible tag characters.
 */
const INVISIBLE =
  // eslint-disable-next-line no-control-regex -- control characters are what this removes
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;
const LINE_BREAKS = /\r\n?|[\u2028\u2029]/g;

/** Lines are kept, with `\n` between them; lone surrogates become U+FFFD. */
export const removeInvisible = (text: string): string =>
  text.replaceAll(LINE_BREAKS, "\n").replaceAll(INVISIBLE, "").toWellFormed();

/** @param limit UTF-16 units; never cuts a character in two */
export const capText = (text: string, limit: number): string => {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
};

/** White space of any kind and length counts as one blank. */
export const foldWhitespace = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/**
 * Text without what people cannot see. Invisible characters hide orders from the person who looks at a photo's caption,
 * split words that a filter looks for, and turn lines around.
 */

/**
 * Controls except tab and newline, and what Unicode says is not to be shown: soft hyphens, zero-width characters and
 * joiners, bidirectional marks, fillers, invisible tags. The sign that makes a picture of a character (U+FE0F) stays.
 */
const INVISIBLE = /(?!\n|\t|\ufe0f)[\p{Default_Ignorable_Code_Point}\p{Cc}\ufff9-\ufffb]/gu;
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

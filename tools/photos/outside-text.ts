/** Text that came from files, models or other clients, as results show it: short, visible, on one line where it is a name. */
import { capText, foldWhitespace, removeInvisible } from "../../src/enrichment/visible-text.ts";

/** Characters. */
const MAX_TEXT = 500;
const MAX_NAME = 120;

const capped = (text: string, limit: number): string =>
  text.length <= limit ? text : `${capText(text, limit - 1).trimEnd()}…`;

/** Lines are kept. @param limit characters, at most 500 */
export const outsideText = (text: string, limit = MAX_TEXT): string =>
  capped(removeInvisible(text).trim(), Math.min(limit, MAX_TEXT));

/** On one line: names of files and folders, tags, cameras. */
export const outsideName = (text: string, limit = MAX_NAME): string =>
  capped(foldWhitespace(removeInvisible(text)), Math.min(limit, MAX_TEXT));

/** Names without those that nothing is left of. */
export const outsideNames = (texts: readonly string[], limit = MAX_NAME): readonly string[] =>
  texts.map((text) => outsideName(text, limit)).filter((text) => text !== "");

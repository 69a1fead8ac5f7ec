/** Short texts of a model as plain words: what others show, store in files or send on holds no markup and no address. */
import { z } from "zod";
import { foldWhitespace, removeInvisible } from "../visible-text.ts";

// Bounded, so that a text of brackets alone is passed over once.
const LINK = /!?\[([^\][]{0,500})\]\([^()]{0,2000}\)/g;
const TAG = /<\/?[a-z][^<>]*>/gi;
/** Also those that run something when clicked. */
const ADDRESS = /\b(?:(?:https?|ftp|file|ws|wss):\/\/|(?:javascript|data|mailto|vbscript):(?=\S)|www\.)\S*/gi;
const EMPHASIS = /[*`]+|(?<!\w)_+|(?<!_)_+(?!\w)|^#+\s+/g;

const withoutMarkup = (text: string): string =>
  removeInvisible(text).replaceAll(LINK, "$1").replaceAll(TAG, " ").replaceAll(ADDRESS, " ");

/** One line. Emphasis and headings of Markdown lose their marks, links keep their words. */
export const toPlainLine = (text: string): string =>
  foldWhitespace(withoutMarkup(foldWhitespace(text)).replaceAll(EMPHASIS, " ")).replaceAll(/[<>]/g, "");

/** Keeps lines; removes tags, addresses and what cannot be seen. */
export const toPlainText = (text: string): string =>
  withoutMarkup(text)
    .replaceAll(/[^\S\n]+/g, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .trim();

/** @param most characters */
export const plainLine = (most: number): z.ZodString => z.string().overwrite(toPlainLine).min(1).max(most);

/** @param most characters */
export const plainText = (most: number): z.ZodString => z.string().overwrite(toPlainText).min(1).max(most);

/** As it was written, without what cannot be seen. */
export const verbatimText = (most: number): z.ZodString => z.string().overwrite(removeInvisible).max(most);

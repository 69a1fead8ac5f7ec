/** Tags of a model: put into one form first, and only then counted. */
import { z } from "zod";
import { removeInvisible, foldWhitespace } from "../visible-text.ts";

/** Characters. */
export const MAX_TAG_LENGTH = 40;

/** The form in which tags are compared: lower case, NFC, single blanks. */
export const normaliseTag = (tag: string): string =>
  foldWhitespace(removeInvisible(tag)).normalize("NFC").toLowerCase();

const withoutRepetition = (tags: readonly string[]): string[] => [...new Set(tags)];

const tag = z
  .string()
  .overwrite(normaliseTag)
  .min(1)
  .max(MAX_TAG_LENGTH)
  .regex(/^[\p{L}\p{M}\p{N} '&+-]+$/u, "must be made of letters, digits, blanks and ' & + - only");

/** Too many tags are asked for again, never cut: which of them matter is the model's to say. */
export const tagList = (least: number, most: number): z.ZodArray<z.ZodString> =>
  z.array(tag).overwrite(withoutRepetition).min(least).max(most);

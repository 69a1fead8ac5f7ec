/** The three fields that every answer has, whatever its kind. */
import { z } from "zod";
import { plainLine, verbatimText } from "./parsing/plain-text.ts";

const STATUSES = ["ok", "needs_clarification", "cannot_process"] as const;
const MAX_QUESTION_LENGTH = 300;
const MAX_TEXT_IN_IMAGE_LENGTH = 2000;

export const commonShape = {
  status: z
    .enum(STATUSES)
    .describe(
      'The first, unless only the owner can tell what is needed ("needs_clarification") or you may not or cannot deal with this content ("cannot_process"); then the fields after the third do not count.',
    ),
  question: plainLine(MAX_QUESTION_LENGTH)
    .nullable()
    .describe('What to ask the owner when the status is "needs_clarification", else null.'),
  text_in_image: verbatimText(MAX_TEXT_IN_IMAGE_LENGTH)
    .nullable()
    .describe("Text that can be read in the picture, as it stands; null when there is none or no picture."),
};

/** What is validated of an answer whose status is not ok. */
export const commonFieldsSchema = z.looseObject(commonShape);
export type CommonFields = z.output<typeof commonFieldsSchema>;

/** The schema of a kind's answer; a field of the same name as a common one takes its place. */
export const answerSchema = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject({ ...commonShape, ...shape });

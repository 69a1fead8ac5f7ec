/** A caption or text read in a picture, freed of mistakes; the original stays. */
import { z } from "zod";
import { answerSchema } from "../common-fields.ts";
import { defineKind } from "../define-kind.ts";
import type { EnrichmentInputs, SourcedText } from "../inputs.ts";
import { plainText } from "../parsing/plain-text.ts";
import { SUBJECT_CAP } from "../prompts/photo-fields.ts";
import { isLanguageTag } from "../quality/language.ts";
import { temperatureRange } from "../temperature.ts";
import { capText, foldWhitespace } from "../visible-text.ts";

const MAX_GROWTH = 2;

const outputSchema = answerSchema({
  text: plainText(SUBJECT_CAP).describe("The whole text, corrected; at most twice as long as the original."),
  changed: z.boolean().describe("Whether the text differs from the original."),
  language: z.string().max(35).describe("Language of the text as a BCP 47 tag."),
});

const contentSchema = z.looseObject({ text: z.string(), changed: z.boolean().nullish() });

/** The caption is what its owner wrote; text read in the picture stands in where there is none. */
const originalOf = ({ caption, pictureText }: EnrichmentInputs): SourcedText => {
  const { text, source } = caption ?? { text: pictureText ?? "", source: "ocr" as const };
  return { text: capText(text, SUBJECT_CAP), source };
};

export const captionClean = defineKind({
  kind: "caption_clean",
  role: "archivist",
  scopes: ["photo"],
  promptVersion: 1,
  template: {
    task: [
      "Correct spelling, grammar, punctuation and the spacing of the text in the data block. Keep its language, its meaning, its tone, all names, numbers and dates.",
      "Add nothing, explain nothing, leave out only what is plainly left over by a machine: repeated characters, broken line ends, file names, camera defaults.",
      "The language of the answer is the language of the text. A text without mistakes comes back as it is.",
    ],
    instruction: "Correct the text above.",
  },
  temperature: temperatureRange(0.2, 0.4),
  imageDetail: "low",
  inputs: { required: [["caption", "picture_text"]], optional: [] },
  requires: [],
  output: "json",
  outputSchema,
  contentSchema,
  auto: false,
  confirmation: "configurable",
  dataFields: (inputs) => {
    const { text, source } = originalOf(inputs);
    return [{ name: "text", source, value: text, cap: SUBJECT_CAP, keep: true }];
  },
  quality: ({ text, language }, inputs) => [
    ...(text.length > MAX_GROWTH * originalOf(inputs).text.length
      ? [{ path: "text", rule: "must be at most twice as long as the original" }]
      : []),
    ...(isLanguageTag(language) ? [] : [{ path: "language", rule: "must be a BCP 47 tag" }]),
  ],
  // Models say "changed" of texts that are not: compared here instead.
  toDocument: ({ text, language }, inputs) => ({
    status: "ok",
    text,
    changed: foldWhitespace(text) !== foldWhitespace(originalOf(inputs).text),
    language,
  }),
  apply: ({ text, changed }, { confirmed }) => [
    { change: "set-photo-reading", reading: { enrichedDescription: text } },
    ...(confirmed
      ? []
      : [
          {
            change: "send-event" as const,
            messageType: "llm_caption_clean_result" as const,
            content: { changed: changed ?? true },
          },
        ]),
  ],
  autoConfirm: () => false, // it takes the place of words that a person wrote
});

/** A few lines that present a photo or an album, in the manner of a small profile. */
import { z } from "zod";
import { answerSchema } from "../common-fields.ts";
import { defined } from "../defined.ts";
import { defineKind } from "../define-kind.ts";
import { plainLine, plainText } from "../parsing/plain-text.ts";
import { memberFields } from "../prompts/member-fields.ts";
import { allDocumentFields, captionFields, metadataFields } from "../prompts/photo-fields.ts";
import { languageIssues } from "../quality/language.ts";
import { temperatureRange } from "../temperature.ts";

const outputSchema = answerSchema({
  tagline: plainLine(80).describe("One line that makes people look."),
  story: plainText(1200).describe("What the picture shows and what makes it worth keeping."),
  best_used_for: plainLine(200).describe("Where this would serve well: a wall, a card, an album page."),
  mood: z.array(plainLine(40)).min(1).max(5).describe("Words for its mood."),
  subjects: z.array(plainLine(80)).min(1).max(8).describe("What or who it is about, without inventing names."),
  notable_detail: plainLine(200).nullable().describe("Something easily overlooked, or null."),
});

const contentSchema = z.looseObject({
  tagline: z.string().nullish(),
  story: z.string().nullish(),
  best_used_for: z.string().nullish(),
  mood: z.array(z.string()).nullish(),
  subjects: z.array(z.string()).nullish(),
  notable_detail: z.string().nullish(),
});

export const photoStory = defineKind({
  kind: "photo_story",
  role: "curator",
  scopes: ["photo", "album"],
  promptVersion: 1,
  template: {
    task: [
      "Present the photo, or the album whose cover the picture is and whose photos the data block lists.",
      "Be warm and concrete. Do not guess who people are, how they are related or what they feel beyond what their faces and gestures show.",
    ],
    instruction: "Present what is shown above.",
  },
  temperature: temperatureRange(0.7, 0.9),
  imageDetail: "low",
  inputs: { required: ["image", ["documents", "members"]], optional: ["capture_time", "place", "caption"] },
  requires: ["image_tag"],
  output: "json",
  outputSchema,
  contentSchema,
  auto: false,
  confirmation: "configurable",
  dataFields: (inputs) => [
    ...metadataFields(inputs),
    ...captionFields(inputs),
    ...allDocumentFields(inputs),
    ...memberFields(inputs),
  ],
  quality: ({ story }, { language }) => languageIssues("story", story, language),
  toDocument: ({ tagline, story, best_used_for, mood, subjects, notable_detail, text_in_image }) => ({
    status: "ok",
    tagline,
    story,
    best_used_for,
    mood,
    subjects,
    notable_detail,
    text_in_image,
  }),
  apply: ({ tagline, story, best_used_for, mood, subjects, notable_detail }, { confirmed }) => [
    {
      change: "set-profile",
      profile: defined({ tagline, story, best_used_for, mood, subjects, notable_detail }),
    },
    ...(confirmed
      ? []
      : [
          {
            change: "send-event" as const,
            messageType: "llm_photo_story_result" as const,
            content: defined({ tagline }),
          },
        ]),
  ],
  autoConfirm: () => true,
});

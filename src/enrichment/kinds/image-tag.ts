/** Title, summary, tags and sort of a picture: what most other kinds build on. */
import { z } from "zod";
import { answerSchema } from "../common-fields.ts";
import { defined } from "../defined.ts";
import { defineKind } from "../define-kind.ts";
import { plainLine, plainText } from "../parsing/plain-text.ts";
import { tagList } from "../parsing/tags.ts";
import { captionFields, metadataFields } from "../prompts/photo-fields.ts";
import { GENERIC_TAGS } from "../quality/generic-tags.ts";
import { languageIssues } from "../quality/language.ts";
import { temperatureRange } from "../temperature.ts";
import { foldWhitespace } from "../visible-text.ts";

export const SOURCE_TYPES = ["PHOTO", "SCREENSHOT", "DOCUMENT", "POSTER", "ARTWORK"] as const;

const outputSchema = answerSchema({
  title: plainLine(100).describe("What the picture shows, as a short title without a full stop."),
  summary: plainText(500).describe("One to three sentences on what can be seen; more than the title says."),
  tags: tagList(3, 5).describe(
    "Lower case words or short terms for what can be seen, all different, most useful first.",
  ),
  source_type: z.enum(SOURCE_TYPES).describe("PHOTO for a photograph, else what the picture is a copy of."),
});

const contentSchema = z.looseObject({
  title: z.string().nullish(),
  summary: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  source_type: z.string().nullish(),
});

const folded = (text: string): string => foldWhitespace(text).toLowerCase();

export const imageTag = defineKind({
  kind: "image_tag",
  role: "tagger",
  scopes: ["photo"],
  promptVersion: 1,
  template: {
    task: [
      "Describe the picture for search: title, summary, 3 to 5 tags, and what sort of picture it is.",
      "The data block may name tags that a simpler program found. Use those that are right, leave the others.",
      "Tags are single words or short terms in lower case, made of letters, digits, blanks and ' & + - only. At least one of them must be more telling than photo, picture, object or thing.",
      "Title and tags hold no markup and no web addresses.",
    ],
    instruction: "Describe the picture above.",
  },
  temperature: temperatureRange(0.2, 0.4),
  imageDetail: "low",
  inputs: {
    required: ["image"],
    optional: ["tags", "capture_time", "place", "camera", "folder", "file_name", "caption"],
  },
  requires: [],
  output: "json",
  outputSchema,
  contentSchema,
  auto: true,
  confirmation: "configurable",
  dataFields: (inputs) => [...metadataFields(inputs), ...captionFields(inputs)],
  quality: ({ title, summary, tags }, { language }) => [
    ...(tags.every((tag) => GENERIC_TAGS.has(tag))
      ? [{ path: "tags", rule: "must hold a tag that tells this picture from others" }]
      : []),
    ...(folded(title) === folded(summary) ? [{ path: "summary", rule: "must say more than the title" }] : []),
    ...languageIssues("summary", summary, language),
  ],
  toDocument: ({ title, summary, tags, source_type, text_in_image }) => ({
    status: "ok",
    title,
    summary,
    tags,
    source_type,
    text_in_image,
  }),
  apply: ({ title, summary, tags, source_type: sourceType }, { confirmed }) => [
    { change: "set-photo-reading", reading: defined({ title, description: summary, sourceType }) },
    ...(tags ? [{ change: "replace-llm-tags" as const, tags }] : []),
    ...(confirmed
      ? []
      : [
          {
            change: "send-event" as const,
            messageType: "llm_image_tag_result" as const,
            content: defined({ title, tags }),
          },
        ]),
  ],
  autoConfirm: () => true,
});

/** The question that is asked back when a request leaves something open. */
import { z } from "zod";
import { commonShape } from "../common-fields.ts";
import { defineKind } from "../define-kind.ts";
import { plainLine } from "../parsing/plain-text.ts";
import { requestFields } from "../prompts/request-fields.ts";
import { temperatureRange } from "../temperature.ts";
import { INTERACTIVE_STALE_MS } from "./intent.ts";

const outputSchema = z.strictObject({
  ...commonShape,
  question: plainLine(300).describe("One short question."),
  options: z.array(plainLine(80)).max(4).describe("Answers to choose from; empty when any answer may come."),
});

const contentSchema = z.looseObject({ question: z.string(), options: z.array(z.string()) });

export const followup = defineKind({
  kind: "followup",
  role: "archivist",
  scopes: ["request"],
  promptVersion: 1,
  template: {
    task: [
      'The request of the data block cannot be carried out yet: the entry "missing" names what it leaves open. Ask its author for that, in one friendly question, in the language of the request.',
      "Ask for nothing else, and do not answer the request.",
    ],
    instruction: "Ask back about the request above.",
  },
  temperature: temperatureRange(0.1, 0.3),
  imageDetail: "low",
  inputs: { required: ["request"], optional: [] },
  requires: [],
  output: "json",
  outputSchema,
  contentSchema,
  auto: false,
  confirmation: "configurable",
  editable: false,
  staleAfterMs: INTERACTIVE_STALE_MS,
  dataFields: requestFields,
  quality: ({ question }) => (/[?？;؟]\s*$/u.test(question) ? [] : [{ path: "question", rule: "must be a question" }]),
  toDocument: ({ question, options }) => ({ status: "ok", question, options }),
  apply: ({ question, options }, { confirmed }) =>
    confirmed ? [] : [{ change: "send-event", messageType: "llm_followup_result", content: { question, options } }],
  autoConfirm: () => true,
});

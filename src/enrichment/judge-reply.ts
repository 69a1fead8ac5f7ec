/**
 * From the text of a reply to a document, or to what is wrong with it: object, schema, quality rules. The envelope and
 * the reason the reply ended have been looked at before.
 */
import { commonFieldsSchema, type CommonFields } from "./common-fields.ts";
import type { DocumentBody, EnrichmentKind } from "./enrichment-kind.ts";
import type { EnrichmentInputs } from "./inputs.ts";
import { extractJson } from "./parsing/extract-json.ts";
import { issuesOf, type Issue } from "./parsing/issues.ts";
import { parseMarkdown } from "./parsing/markdown.ts";
import { isSoftRefusal, softQuestions } from "./parsing/soft-replies.ts";

export type Verdict =
  | { readonly verdict: "document"; readonly body: DocumentBody; readonly repaired: boolean }
  /** `CANNOT_PROCESS`: the model says so in the form asked for; null: in plain words. */
  | { readonly verdict: "refused"; readonly subCode: "CANNOT_PROCESS" | null }
  | { readonly verdict: "invalid"; readonly issues: readonly Issue[]; readonly empty: boolean };

const invalid = (issues: readonly Issue[], empty = false): Verdict => ({ verdict: "invalid", issues, empty });

const question = (questions: readonly string[], textInImage: string | null, repaired = false): Verdict => ({
  verdict: "document",
  body: {
    status: "needs_clarification",
    question: questions[0] ?? null,
    questions,
    text_in_image: textInImage,
  },
  repaired,
});

/** Refusals and questions in plain words, else nothing. */
const softVerdict = (reply: string): Verdict | undefined => {
  if (isSoftRefusal(reply)) return { verdict: "refused", subCode: null };
  const questions = softQuestions(reply);
  return questions.length > 0 ? question(questions, null) : undefined;
};

const judgeUnfinished = (common: CommonFields, repaired: boolean): Verdict => {
  if (common.status === "cannot_process") return { verdict: "refused", subCode: "CANNOT_PROCESS" };
  return common.question === null
    ? invalid([{ path: "question", rule: "must ask something when the status is needs_clarification" }])
    : question([common.question], common.text_in_image, repaired);
};

const judgeObject = (
  kind: EnrichmentKind,
  inputs: EnrichmentInputs,
  { value, repaired }: { readonly value: Readonly<Record<string, unknown>>; readonly repaired: boolean },
): Verdict => {
  const common = commonFieldsSchema.safeParse(value);
  if (common.success && common.data.status !== "ok") return judgeUnfinished(common.data, repaired);
  const answer = kind.outputSchema.safeParse(value);
  if (!answer.success) return invalid(issuesOf(answer.error));
  const issues = kind.quality(answer.data, inputs);
  if (issues.length > 0) return invalid(issues);
  return { verdict: "document", body: kind.toDocument(answer.data, inputs), repaired };
};

const judgeJson = (kind: EnrichmentKind, inputs: EnrichmentInputs, reply: string): Verdict => {
  const extracted = extractJson(reply, false);
  if (extracted.ok) return judgeObject(kind, inputs, extracted);
  return softVerdict(reply) ?? invalid([{ path: "", rule: "must be one JSON object" }]);
};

const judgeMarkdown = (kind: EnrichmentKind, inputs: EnrichmentInputs, reply: string): Verdict => {
  const { document, issues } = parseMarkdown(reply, kind.requiredSections ?? []);
  if (issues.length > 0) return softVerdict(reply) ?? invalid(issues);
  return { verdict: "document", body: kind.toDocument(document, inputs), repaired: false };
};

export const judgeReply = (kind: EnrichmentKind, inputs: EnrichmentInputs, reply: string): Verdict => {
  if (reply.trim() === "") return invalid([{ path: "", rule: "must not be empty" }], true);
  return kind.output === "json" ? judgeJson(kind, inputs, reply) : judgeMarkdown(kind, inputs, reply);
};

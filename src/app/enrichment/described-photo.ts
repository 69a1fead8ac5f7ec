/** Documents as records show them: one text for all kinds, and the details of those that have them. */
import { z } from "zod";
import type { EnrichmentResult } from "../../catalogue/result-repository.ts";
import type { DescribedPhoto } from "../../photo/patch-record.ts";
import type { LlmFailureCode, RecordFailureCode } from "../../photo/record-schema.ts";
import type { RecordFailure } from "../../photo/record.ts";

const text = z.string().nullish();

/** The fields of all kinds that say something in words; others are passed over. */
const contentSchema = z.looseObject({
  status: z.string().optional(),
  title: text.catch(undefined),
  tagline: text.catch(undefined),
  summary: text.catch(undefined),
  text: text.catch(undefined),
  story: text.catch(undefined),
  fields: z.looseObject({ title: text, summary: text, caption: text, text }).optional().catch(undefined),
  tags: z.array(z.string()).nullish().catch(undefined),
  source_type: text.catch(undefined),
});
type Content = z.output<typeof contentSchema>;

const metadataSchema = z.looseObject({
  latency_ms: z.number().min(0).catch(0),
  input_tokens: z.int().min(0).optional().catch(undefined),
  output_tokens: z.int().min(0).optional().catch(undefined),
  cached: z.boolean().catch(false),
});

const parsed = (content: string): Content | undefined => {
  try {
    return contentSchema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined; // Markdown
  }
};

const firstText = (...candidates: readonly (string | null | undefined)[]): string | undefined =>
  candidates.find((candidate) => candidate !== null && candidate !== undefined && candidate.trim() !== "") ?? undefined;

/** What stands for kinds without a text of their own is the document itself. */
const descriptionOf = (document: string, content: Content | undefined): string => {
  if (content === undefined) return document;
  const { summary, text: cleaned, story, fields, title } = content;
  const translated = [fields?.summary, fields?.caption, fields?.text, fields?.title];
  return firstText(summary, cleaned, story, ...translated, title) ?? document;
};

/** undefined: there is nothing to show, because nothing was found or the model asked back. */
export const describedPhoto = (
  { scopeId, documentType, kind, state, document }: EnrichmentResult,
  costUsd: number | undefined,
): DescribedPhoto | undefined => {
  if (document === undefined || (state !== "CONFIRMED" && state !== "READY_TO_CONFIRM")) return undefined;
  const content = parsed(document.content);
  if (content?.status !== undefined && content.status !== "ok") return undefined;
  const metadata = metadataSchema.parse(document.metadata);
  return {
    contentHash: scopeId,
    description: descriptionOf(document.content, content),
    model: document.model,
    latencyMs: Math.round(metadata.latency_ms),
    inputTokens: metadata.input_tokens,
    outputTokens: metadata.output_tokens,
    kind,
    documentType,
    version: document.version,
    state,
    title: firstText(content?.title, content?.tagline, content?.fields?.title),
    tags: content?.tags ?? undefined,
    sourceType: content?.source_type ?? undefined,
    cached: metadata.cached,
    costUsd,
  };
};

/** Codes of records for the public codes of enrichment. */
const RECORD_CODES: Readonly<Record<string, LlmFailureCode>> = {
  LLM_TIMEOUT: "llm_timeout",
  LLM_API_ERROR: "llm_unavailable",
  LLM_EXPIRED: "llm_unavailable",
  LLM_RATE_LIMITED: "llm_unavailable",
  LLM_AUTH: "llm_unavailable",
  LLM_QUOTA_EXHAUSTED: "llm_unavailable",
  LLM_MODEL_NOT_FOUND: "llm_unavailable",
  LLM_VALIDATION_ERROR: "llm_rejected",
  LLM_TRUNCATED: "llm_rejected",
  LLM_BAD_REQUEST: "llm_rejected",
  LLM_REFUSED: "llm_rejected",
  IMAGE_UNREADABLE: "llm_rejected",
  IMAGE_REJECTED: "llm_rejected",
  BUDGET_EXCEEDED: "llm_budget",
};
const EMPTY = "EMPTY";

export const recordFailure = ({
  code,
  sub,
  message,
}: Pick<EnrichmentResult, "code" | "sub" | "message">): RecordFailure => {
  const known: RecordFailureCode | undefined = sub === EMPTY ? "llm_empty" : RECORD_CODES[code ?? ""];
  return { code: known ?? "internal", message: message ?? "Internal processing error (INTERNAL)." };
};

/** Documents as records show them: one text for all kinds, and the details of those that have them. */
import { z } from "zod";
import type { EnrichmentResult } from "../../catalogue/result-repository.ts";
import type { DescribedPhoto } from "../../photo/patch-record.ts";
import type { LlmFailureCode, RecordFailureCode } from "../../photo/record-schema.ts";
import type { RecordFailure } from "../../photo/record.ts";
import { documentTexts } from "./document-texts.ts";

const metadataSchema = z.looseObject({
  latency_ms: z.number().min(0).catch(0),
  input_tokens: z.int().min(0).optional().catch(undefined),
  output_tokens: z.int().min(0).optional().catch(undefined),
  cached: z.boolean().catch(false),
});

/** undefined: there is nothing to show, because nothing was found or the model asked back. */
export const describedPhoto = (
  { scopeId, documentType, kind, state, document }: EnrichmentResult,
  costUsd: number | undefined,
): DescribedPhoto | undefined => {
  if (document === undefined || (state !== "CONFIRMED" && state !== "READY_TO_CONFIRM")) return undefined;
  const { status, title, description, tags, sourceType } = documentTexts(document.content);
  if (status !== undefined && status !== "ok") return undefined;
  const metadata = metadataSchema.parse(document.metadata);
  return {
    contentHash: scopeId,
    description,
    model: document.model,
    latencyMs: Math.round(metadata.latency_ms),
    inputTokens: metadata.input_tokens,
    outputTokens: metadata.output_tokens,
    kind,
    documentType,
    version: document.version,
    state,
    title,
    tags,
    sourceType,
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

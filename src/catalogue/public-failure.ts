/** What is stored and shown about a failed enrichment: one of three sentences and the code, never anybody's text. */

const INVALID = "Invalid request format";
const UNAVAILABLE = "Service temporarily unavailable";
const INTERNAL = "Internal processing error";
const MAX_LENGTH = 500;

/** Every public code of enrichment, with its sentence. The codes are API. */
const SENTENCES = {
  LLM_VALIDATION_ERROR: INVALID,
  LLM_TRUNCATED: INVALID,
  LLM_BAD_REQUEST: INVALID,
  LLM_REFUSED: INVALID,
  IMAGE_UNREADABLE: INVALID,
  IMAGE_REJECTED: INVALID,
  MISSING_INPUT: INVALID,
  LLM_TIMEOUT: UNAVAILABLE,
  LLM_API_ERROR: UNAVAILABLE,
  LLM_EXPIRED: UNAVAILABLE,
  LLM_RATE_LIMITED: UNAVAILABLE,
  LLM_AUTH: UNAVAILABLE,
  LLM_QUOTA_EXHAUSTED: UNAVAILABLE,
  LLM_MODEL_NOT_FOUND: UNAVAILABLE,
  BUDGET_EXCEEDED: UNAVAILABLE,
  LOCAL_ONLY: INVALID,
  WORKER_CRASH: INTERNAL,
  EXPIRED_STALE: INTERNAL,
  CANCELLED: INTERNAL,
  INTERNAL: INTERNAL,
} as const;
export type EnrichmentErrorCode = keyof typeof SENTENCES;

const isEnrichmentErrorCode = (code: string): code is EnrichmentErrorCode => Object.hasOwn(SENTENCES, code);

/** For example `Service temporarily unavailable (LLM_API_ERROR/POISON).` An unknown code becomes INTERNAL. */
export const publicFailure = (code: string, sub?: string): string => {
  const known = isEnrichmentErrorCode(code) ? code : "INTERNAL";
  const detail = sub !== undefined && /^[A-Z0-9_]{1,40}$/.test(sub) ? `/${sub}` : "";
  return `${SENTENCES[known]} (${known}${detail}).`.slice(0, MAX_LENGTH);
};

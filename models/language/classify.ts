/** Turns whatever a call threw into a CallError, by the facts the exchange kept and never by an SDK's error class. */
import type { CallErrorOptions } from "../../src/errors.ts";
import { CallError, systemCode } from "../../src/errors.ts";
import type { Exchange } from "./exchange.ts";
import { retryAfterMs } from "./retry-after.ts";

const UNREACHABLE_CODES = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const QUOTA_WORDS = /spend|quota|billing/i;
/** Codes of a 400 that concern the account, not the request. */
const ACCOUNT_CODES = new Set(["organization_on_hold", "claude_code_key_creator_not_member"]);
const IMAGE_WORDS = /image|media_type|base64|dimension/i;
const IMAGE_STATUSES = new Set([413, 415, 422]);
const OVERLOADED_STATUSES = new Set([503, 529]);

interface ErrorWords {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly isModeration: boolean;
}

const wordsOf = (error: Exchange["error"]): ErrorWords => {
  if (typeof error !== "object") return { type: "", code: "", message: error ?? "", isModeration: false };
  const type = error.type ?? "";
  return {
    type,
    code: String(error.details?.error_code ?? error.code ?? ""),
    message: error.message ?? "",
    isModeration: type === "moderation" || Boolean(error.metadata?.reasons),
  };
};

const classifyStatus = (status: number, words: ErrorWords, options: CallErrorOptions): CallError => {
  if (status === 429) {
    return QUOTA_WORDS.test(`${words.type} ${words.code}`)
      ? new CallError("auth", "LLM_QUOTA_EXHAUSTED", options)
      : new CallError("rate_limited", "LLM_RATE_LIMITED", options);
  }
  if (status === 403 && words.isModeration) {
    return new CallError("refused", "LLM_REFUSED", { ...options, subCode: "MODERATION" });
  }
  if (status === 402) return new CallError("auth", "LLM_QUOTA_EXHAUSTED", options);
  if (status === 401 || status === 403 || ACCOUNT_CODES.has(words.code)) {
    return new CallError("auth", "LLM_AUTH", options);
  }
  if (status === 404) return new CallError("config", "LLM_MODEL_NOT_FOUND", options);
  if (status === 408 || status === 409 || status >= 500) {
    const subCode = OVERLOADED_STATUSES.has(status) ? "OVERLOADED" : "SERVER";
    return new CallError("unavailable", "LLM_API_ERROR", { ...options, subCode });
  }
  if (IMAGE_STATUSES.has(status) || (status === 400 && IMAGE_WORDS.test(words.message))) {
    return new CallError("bad_image", "IMAGE_REJECTED", options);
  }
  return status >= 400
    ? new CallError("config", "LLM_BAD_REQUEST", options)
    : new CallError("unavailable", "LLM_API_ERROR", { ...options, subCode: "CONNECTION" }); // lost after the headers
};

/** What a HTTP status means, alone or with the error that came with it. */
export const failureOfStatus = (status: number, error?: Exchange["error"]): CallError =>
  classifyStatus(status, wordsOf(error), { status });

/** @param now milliseconds UTC, for a date in `retry-after` */
export const classify = (thrown: unknown, exchange: Exchange, now: number): CallError => {
  if (exchange.refusal !== undefined) return exchange.refusal;
  if (thrown instanceof CallError) return thrown;
  if (exchange.signal.aborted) return new CallError("cancelled", "CANCELLED");
  if (exchange.deadline.aborted) return new CallError("unavailable", "LLM_TIMEOUT");
  const { status } = exchange;
  if (status === undefined) {
    const code = systemCode(exchange.transportError ?? thrown);
    const subCode = UNREACHABLE_CODES.has(code ?? "") ? "UNREACHABLE" : "CONNECTION";
    return new CallError("unavailable", "LLM_API_ERROR", { subCode });
  }
  const options = { status, retryAfterMs: retryAfterMs(exchange.replyHeaders, now) };
  return classifyStatus(status, wordsOf(exchange.error), options);
};

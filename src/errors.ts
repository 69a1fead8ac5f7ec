/**
 * The error family. Code throws the subclass that fits at the source; edges (CLI, MCP, HTTP) format it through
 * {@link errorReport}. Aborts are not part of the family and pass untouched.
 */

export interface ErrorOptions {
  /** What the caller can do next, one full sentence. */
  readonly hint?: string;
  /** Extra facts for machines; never secrets. The finer public code travels here as `code`. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  readonly retryable?: boolean;
}

export abstract class PhotonError extends Error {
  abstract readonly code: string;
  /** Process exit code of a command that ends with this error. */
  abstract readonly exitCode: 1 | 2;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** A config value, environment variable or flag is wrong: names the key, its source and the accepted values. */
export class ConfigError extends PhotonError {
  readonly code = "config";
  readonly exitCode = 2;
}

/** An argument is wrong: "expected X for NAME, received Y". */
export class InvalidInputError extends PhotonError {
  readonly code = "invalid-input";
  readonly exitCode = 2;
}

/** Something looked up by id, path or name does not exist; the hint says how to list valid ones. */
export class NotFoundError extends PhotonError {
  readonly code = "not-found";
  readonly exitCode = 1;
}

/** Public codes of photos that cannot be processed (error records, quarantine rows). The codes are API. */
export const PHOTO_FAILURE_CODES = [
  "not_found",
  "unreadable",
  "too_large",
  "too_many_pixels",
  "unsupported_format",
  "decode_failed",
  "decode_timeout",
  "unstable_file",
  "embed_failed",
  "embed_timeout",
  "tag_failed",
  "cancelled",
  "internal",
] as const;
export type PhotoFailureCode = (typeof PHOTO_FAILURE_CODES)[number];

/** One photo is corrupt, unsupported or over a limit. It is quarantined with its reason; the run goes on. */
export class UnreadablePhotoError extends PhotonError {
  readonly code = "unreadable-photo";
  readonly exitCode = 1;
  readonly failure: PhotoFailureCode;

  constructor(failure: PhotoFailureCode, message: string, options: ErrorOptions = {}) {
    super(message, { ...options, details: { ...options.details, code: failure } });
    this.failure = failure;
  }
}

/** Database or disk trouble. Retryable when the store was only busy or locked. */
export class StorageError extends PhotonError {
  readonly code = "storage";
  readonly exitCode = 1;
}

/** photon has as much to do as it takes at once, or something took longer than a caller waits. Trying again helps. */
export class BusyError extends PhotonError {
  readonly code = "busy";
  readonly exitCode = 1;

  constructor(message: string, options: Omit<ErrorOptions, "retryable"> = {}) {
    super(message, { ...options, retryable: true });
  }
}

/** What kind of failure a call of a language model is; the queue decides by it. */
export type CallFailure =
  | "invalid_response"
  | "unavailable"
  | "rate_limited"
  | "auth"
  | "config"
  | "refused"
  | "bad_image"
  | "cancelled";

/** Public codes of failed calls with their sentences. The codes are API; what a provider wrote is never repeated. */
const CALL_SENTENCES = {
  LLM_VALIDATION_ERROR: "Expected a reply of the asked form from the language model, received another one.",
  LLM_TIMEOUT: "Expected a reply of the language model within its time limit, received none.",
  LLM_API_ERROR: "Expected a reply of the language model, received an error or no answer at all.",
  LLM_RATE_LIMITED: "Expected the language model to take one more request, received the order to wait.",
  LLM_AUTH: "Expected the provider of the language model to accept the key, received a refusal.",
  LLM_QUOTA_EXHAUSTED: "Expected the account at the provider to have credit, received word that it is used up.",
  LLM_MODEL_NOT_FOUND: "Expected the provider to have the configured model, received word that it does not.",
  LLM_BAD_REQUEST: "Expected the provider to accept the request, received a rejection.",
  LLM_REFUSED: "Expected an answer of the language model, received a refusal to deal with the photo or text.",
  IMAGE_REJECTED: "Expected the provider to accept the picture, received a rejection.",
  CANCELLED: "The call of the language model was cancelled.",
} as const;
export type CallCode = keyof typeof CALL_SENTENCES;

const CALL_HINTS: Partial<Readonly<Record<CallCode, string>>> = {
  LLM_TIMEOUT: "Try again later, or allow more time: llm.<provider>.timeout_ms.",
  LLM_API_ERROR: "Check that the address in llm.<provider>.endpoint is right and reachable, then try again.",
  LLM_RATE_LIMITED: "Wait a while, or lower llm.concurrency.",
  LLM_AUTH: "Check the key in llm.<provider>.api_key or the environment variable it names.",
  LLM_QUOTA_EXHAUSTED: "Add credit or raise the spending limit at the provider, or choose another provider.",
  LLM_MODEL_NOT_FOUND: "Check the name in llm.<provider>.model; a local model has to be installed first.",
  LLM_BAD_REQUEST: "Check llm.<provider>.endpoint and llm.<provider>.capabilities, or choose another model.",
};

export interface CallErrorOptions {
  /** Narrows the code: UNREACHABLE, CONNECTION, SERVER, OVERLOADED, BAD_ENVELOPE, TOO_LARGE, REDIRECT, ... */
  readonly subCode?: string;
  /** HTTP status of the reply, when there was one. */
  readonly status?: number | undefined;
  /** How long the provider asked to wait, in milliseconds; at most a day. */
  readonly retryAfterMs?: number | null;
  /** Whose model it was; named in the hint. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
}

/** A call of a language model failed. Holds codes only: no key, no text of the provider, nothing of the photo. */
export class CallError extends PhotonError {
  readonly code = "provider";
  readonly exitCode = 1;
  readonly failure: CallFailure;
  readonly publicCode: CallCode;
  readonly subCode: string | null;
  readonly status: number | undefined;
  readonly retryAfterMs: number | null;

  constructor(failure: CallFailure, publicCode: CallCode, options: CallErrorOptions = {}) {
    const { subCode = null, status, retryAfterMs = null, provider, model } = options;
    const hint = CALL_HINTS[publicCode]?.replaceAll("<provider>", provider ?? "<provider>");
    super(CALL_SENTENCES[publicCode], {
      ...(hint === undefined ? {} : { hint }),
      details: {
        code: publicCode,
        ...(subCode === null ? {} : { sub_code: subCode }),
        ...(status === undefined ? {} : { status }),
        ...(provider === undefined ? {} : { provider }),
        ...(model === undefined ? {} : { model }),
      },
      retryable: failure === "unavailable" || failure === "rate_limited",
    });
    this.failure = failure;
    this.publicCode = publicCode;
    this.subCode = subCode;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same failure with the name of whose it is. */
  of({ provider, model }: { readonly provider: string; readonly model: string }): CallError {
    const { failure, publicCode, subCode, status, retryAfterMs } = this;
    return new CallError(failure, publicCode, {
      ...(subCode === null ? {} : { subCode }),
      status,
      retryAfterMs,
      provider,
      model,
    });
  }
}

/** A broken invariant: a bug of photon's. */
export class InternalError extends PhotonError {
  readonly code = "internal";
  readonly exitCode = 1;
}

export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

const NO_SPACE_CODES = new Set(["ENOSPC", "EDQUOT"]);

/** True for the rejection of an aborted operation, whoever raised it. */
export const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "ABORT_ERR"));

/** The system error code (`ENOENT`, `EACCES`, ...) of an error or of one of its causes. */
export const systemCode = (error: unknown): string | undefined => {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth += 1) {
    if ("code" in current && typeof current.code === "string" && /^E[A-Z0-9]+$/.test(current.code)) return current.code;
  }
  return undefined;
};

/** True when the disk or a quota is full. SQLite reports it as "database or disk is full". */
export const isDiskFull = (error: unknown): boolean =>
  NO_SPACE_CODES.has(systemCode(error) ?? "") ||
  (error instanceof Error && /disk is full|no space left on device|ENOSPC/i.test(error.message));

/** What went wrong first, when closing something failed as well. */
export const firstError = (error: unknown): unknown =>
  error instanceof SuppressedError ? firstError(error.suppressed) : error;

/** Turns anything thrown into what an edge shows: code, message, hint. Stacks never leave through here. */
export const errorReport = (thrown: unknown): ErrorReport => {
  const error = firstError(thrown);
  if (error instanceof PhotonError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
      exitCode: error.exitCode,
    };
  }
  if (isDiskFull(error)) {
    const path = error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : undefined;
    return {
      code: "storage",
      message: path === undefined ? "The disk is full." : `The disk is full: ${path} could not be written.`,
      hint: "Free some space or set PHOTON_HOME to a folder on another disk, then run the command again; nothing stored so far is lost.",
      exitCode: 1,
    };
  }
  return {
    code: "internal",
    message: error instanceof Error ? error.message : String(error),
    hint: "This looks like a bug in photon. Run the command again with --verbose and report what it prints.",
    exitCode: 1,
  };
};

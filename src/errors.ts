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

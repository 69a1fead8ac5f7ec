/** What a handler may fail with. Calls of a language model throw errors of this form; the other classes come from us. */
import { publicFailure } from "../catalogue/public-failure.ts";
import type { ErrorOptions } from "../errors.ts";
import { PhotonError } from "../errors.ts";

export type FailureClass =
  | "invalid_response"
  | "truncated"
  | "unavailable"
  | "rate_limited"
  | "auth"
  | "config"
  | "refused"
  | "bad_image"
  | "stale"
  | "cancelled"
  | "budget"
  | "privacy"
  /** Something it needs is not there yet: it is looked for again after `retryAfterMs`; left out = it never comes. */
  | "waiting"
  /** What it is about has left the library. */
  | "gone";

const CLASSES = new Set<string>([
  "invalid_response",
  "truncated",
  "unavailable",
  "rate_limited",
  "auth",
  "config",
  "refused",
  "bad_image",
  "stale",
  "cancelled",
  "budget",
  "privacy",
  "waiting",
  "gone",
] satisfies readonly FailureClass[]);

export interface Failure {
  readonly class: FailureClass;
  /** Public code, as in catalogue/public-failure.ts. */
  readonly code: string;
  readonly sub?: string | undefined;
  /** HTTP status of the reply, when there was one. */
  readonly status?: number | undefined;
  /** How long to wait: as the provider asked, or until an input is looked for again. */
  readonly retryAfterMs?: number | undefined;
  /** Of a used-up budget: what it stops, and when its day or month is over (null = it is a total). */
  readonly budget?: { readonly providerKeys: readonly string[]; readonly until: number | null };
}

/** Thrown by handlers for failures that no call has made: budget, privacy, an image that cannot be read. */
export class JobFailure extends PhotonError {
  readonly code = "provider";
  readonly exitCode = 1;
  readonly failure: Failure;

  constructor(failure: Failure, options: ErrorOptions = {}) {
    super(publicFailure(failure.code, failure.sub), { ...options, details: { code: failure.code } });
    this.failure = failure;
  }
}

/** The errors of models/language/, by their form: this folder does not know that one. */
interface ClassifiedError extends Error {
  readonly failure: string;
  readonly publicCode: string;
  readonly subCode: string | null;
  readonly status: number | undefined;
  readonly retryAfterMs: number | null;
}

const isClassified = (error: unknown): error is ClassifiedError =>
  error instanceof Error &&
  "failure" in error &&
  "publicCode" in error &&
  typeof error.failure === "string" &&
  typeof error.publicCode === "string" &&
  CLASSES.has(error.failure);

/** undefined = not a failure anybody classified: a bug, or trouble with the disk. */
export const failureOf = (error: unknown): Failure | undefined => {
  if (error instanceof JobFailure) return error.failure;
  if (!isClassified(error)) return undefined;
  return {
    class: error.failure as FailureClass, // isClassified has looked it up
    code: error.publicCode,
    sub: error.subCode ?? undefined,
    status: error.status,
    retryAfterMs: error.retryAfterMs ?? undefined,
  };
};

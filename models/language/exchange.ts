/** What is known of one request while it is under way; the SDKs wrap errors beyond recognition, this keeps the facts. */
import type { CallError } from "../../src/errors.ts";
import type { Clock } from "../../src/clock.ts";

/** The `error` of a reply, in the forms of all providers. */
export type ErrorBody =
  | string
  | {
      readonly type?: string;
      readonly code?: string | number;
      readonly message?: string;
      readonly details?: { readonly error_code?: string };
      readonly metadata?: { readonly reasons?: unknown };
    }
  | undefined;

/** How a server reports errors, where the shape matters to its SDK. */
export type ErrorStyle = "object" | "text";

export interface Exchange extends Disposable {
  /** The only origin that may be asked. */
  readonly origin: string;
  readonly errorStyle: ErrorStyle;
  /** Exactly these are sent, beside the content type and what the transport adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly deadline: AbortSignal;
  readonly signal: AbortSignal;
  status?: number;
  replyHeaders?: Headers;
  error?: ErrorBody;
  /** Why the request was given up on this side. */
  refusal?: CallError;
  /** What the transport threw. */
  transportError?: unknown;
}

export interface ExchangeOptions {
  readonly endpoint: URL;
  readonly errorStyle: ErrorStyle;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Made once: an abort without a reason makes an error with a stack trace for every call. */
const OVER = new Error("The call is over.");

/** Starts the deadline; disposing stops its timer. */
export const openExchange = ({
  endpoint,
  errorStyle,
  headers,
  timeoutMs,
  clock,
  signal,
}: ExchangeOptions): Exchange => {
  const deadline = new AbortController();
  const finished = new AbortController();
  clock.sleep(timeoutMs, finished.signal).then(
    () => deadline.abort(),
    () => undefined, // the call ended before its deadline
  );
  return {
    origin: endpoint.origin,
    errorStyle,
    headers,
    deadline: deadline.signal,
    signal,
    [Symbol.dispose]: () => finished.abort(OVER),
  };
};

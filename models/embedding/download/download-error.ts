/** What can go wrong between here and a server, told apart so that a person knows what to do. */
import type { IncomingHttpHeaders } from "node:http";
import { PhotonError } from "../../../src/errors.ts";
import { SECOND } from "../../../src/clock.ts";

/** Public; travels as `details.code`. */
export type DownloadFailure =
  | "dns"
  | "refused"
  | "unreachable"
  | "proxy"
  | "tls"
  | "forbidden"
  | "not_found"
  | "rate_limited"
  | "server_error"
  | "unexpected_reply"
  | "redirect"
  | "stalled"
  | "interrupted"
  | "wrong_size"
  | "wrong_hash"
  | "missing_file"
  | "self_test";

/** The server was not reached at all: trying again at once helps only if it was reached before. */
const CONNECTION_FAILURES: readonly DownloadFailure[] = ["dns", "refused", "unreachable", "proxy"];
const PASSING_FAILURES: readonly DownloadFailure[] = ["rate_limited", "server_error", "stalled", "interrupted"];

interface DownloadErrorOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  /** From Retry-After. */
  readonly retryAfterMs?: number | undefined;
}

/** A model file could not be fetched or was not what it should be. */
export class DownloadError extends PhotonError {
  readonly code = "download";
  readonly exitCode = 1;
  readonly failure: DownloadFailure;
  readonly retryAfterMs: number | undefined;

  constructor(failure: DownloadFailure, message: string, options: DownloadErrorOptions = {}) {
    const { retryAfterMs, details, ...rest } = options;
    super(message, { ...rest, details: { ...details, code: failure }, retryable: PASSING_FAILURES.includes(failure) });
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }

  get isConnectionFailure(): boolean {
    return CONNECTION_FAILURES.includes(this.failure);
  }
}

const FAILURE_OF_CODE: Readonly<Record<string, DownloadFailure>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "refused",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ETIMEDOUT: "unreachable",
  EPROTO: "tls",
};
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_OSSL)/;

const textCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const numberField = (error: unknown, name: "port"): number | undefined => {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined;
  return typeof value === "number" ? value : undefined;
};

const portOf = (url: URL): number => Number(url.port) || (url.protocol === "https:" ? 443 : 80);

/** True when the failing connection was the one to the proxy. */
const concernsProxy = (error: unknown, url: URL, proxy: URL | undefined): boolean => {
  if (textCode(error).startsWith("ERR_PROXY")) return true;
  if (proxy === undefined) return false;
  const host: unknown = error instanceof Error ? Reflect.get(error, "hostname") : undefined;
  if (typeof host === "string") return host === proxy.hostname && host !== url.hostname;
  return numberField(error, "port") === portOf(proxy) && portOf(proxy) !== portOf(url);
};

/** Several addresses of one host fail together as an AggregateError: its parts tell why. */
const firstCause = (error: unknown): unknown =>
  error instanceof AggregateError && error.errors.length > 0 ? (error.errors as readonly unknown[])[0] : error;

const CONNECTION_TEXT: Readonly<Partial<Record<DownloadFailure, (host: string) => string>>> = {
  dns: (host) => `The name ${host} could not be looked up (DNS): this computer seems to be offline`,
  refused: (host) => `${host} refused the connection`,
  unreachable: (host) => `${host} could not be reached: this computer seems to be offline`,
  tls: (host) => `The secure connection (TLS) to ${host} failed`,
  interrupted: (host) => `The connection to ${host} was cut`,
};

const TLS_HINT =
  "Check the clock of this computer; on a network that inspects traffic set NODE_EXTRA_CA_CERTS to its certificate file.";

/** @param proxy the one that is set for this kind of address, if any */
export const connectionError = (thrown: unknown, url: URL, proxy: URL | undefined): DownloadError => {
  const cause = firstCause(thrown);
  const reason = textCode(cause) || (cause instanceof Error ? cause.message : String(cause));
  if (concernsProxy(cause, url, proxy)) {
    return new DownloadError("proxy", `The proxy ${proxy?.host ?? ""} did not lead to ${url.host} (${reason}).`, {
      cause,
      hint: "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, then run the command again.",
    });
  }
  const code = textCode(cause);
  const failure = TLS_CODE.test(code) ? "tls" : (FAILURE_OF_CODE[code] ?? "interrupted");
  const text = CONNECTION_TEXT[failure]?.(url.host) ?? url.host;
  return new DownloadError(failure, `${text} (${reason}).`, {
    cause,
    details: { host: url.host },
    ...(failure === "tls" ? { hint: TLS_HINT } : {}),
  });
};

/** Seconds or a date; undefined when it says neither. */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * SECOND : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};

const failureOfStatus = (status: number): DownloadFailure => {
  if (status === 401 || status === 403) return "forbidden";
  if (status === 404 || status === 410) return "not_found";
  if (status === 407) return "proxy";
  if (status === 429) return "rate_limited";
  return status >= 500 || status === 408 ? "server_error" : "unexpected_reply";
};

const STATUS_TEXT: Readonly<Partial<Record<DownloadFailure, string>>> = {
  forbidden: "it refuses access",
  not_found: "it has no such file",
  proxy: "the proxy wants a user name and password",
  rate_limited: "too many requests from this network",
  server_error: "the server has trouble",
};
const STATUS_HINT: Readonly<Partial<Record<DownloadFailure, string>>> = {
  forbidden:
    "Some models want you to accept their licence on their page first; then set HF_TOKEN to an access token of yours.",
  proxy: "Put user and password into HTTPS_PROXY: http://user:password@proxy.example.org:3128",
  rate_limited: "Wait some minutes, then run the command again: it continues where it stopped.",
};

/** @param shown address without secrets */
export const statusError = (
  status: number,
  shown: string,
  headers: IncomingHttpHeaders,
  now: number,
): DownloadError => {
  const failure = failureOfStatus(status);
  const why = STATUS_TEXT[failure];
  const hint = STATUS_HINT[failure];
  return new DownloadError(
    failure,
    `Expected ${shown}, received status ${status}${why === undefined ? "" : `: ${why}`}.`,
    {
      details: { status, url: shown },
      retryAfterMs: retryAfterMs(headers["retry-after"], now),
      ...(hint === undefined ? {} : { hint }),
    },
  );
};

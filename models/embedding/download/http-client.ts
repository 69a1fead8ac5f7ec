/**
 * GET over node:http and node:https: proxies from the environment, redirects, tokens that stay with their host, and a
 * limit on silence. `fetch` hides redirects and cannot be handed a proxy without another dependency.
 */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from "node:http";
import { SECOND } from "../../../src/clock.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { HUB_BASE_URL, isLoopback, isPrivate, shownUrl } from "./base-url.ts";
import { connectionError, DownloadError } from "./download-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const MAX_REDIRECTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** A server that says nothing for so long is given up, and asked again. */
const SILENCE_LIMIT_MS = 30 * SECOND;
const USER_AGENT = "photon";

export interface HttpReply {
  /** After redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Fails with a DownloadError when the server falls silent or the connection breaks. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops the connection; a body that was read to its end needs none. */
  readonly discard: () => void;
}

export interface HttpRequest {
  readonly headers?: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

export interface HttpClient {
  /** Follows redirects; any other status is returned. @throws DownloadError when no answer comes */
  get(url: URL, request: HttpRequest): Promise<HttpReply>;
}

export interface HttpOptions {
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY in either case, HF_TOKEN, PHOTON_MODELS_TOKEN. */
  readonly environment: Environment;
  /** Whose host gets PHOTON_MODELS_TOKEN. */
  readonly baseUrl: URL;
  readonly silenceLimitMs?: number;
}

const proxyVariables = (environment: Environment): Record<string, string> => {
  const names = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  const given = names.map((name) => [name, environment[name] ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
};

const proxyFor = (url: URL, variables: Readonly<Record<string, string>>): URL | undefined => {
  const name = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  const text = variables[name] ?? variables[name.toUpperCase()];
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
};

/** Tokens never cross a connection that others can read. */
const tokenFor = (url: URL, { environment, baseUrl }: HttpOptions): string | undefined => {
  if (!isPrivate(url)) return undefined;
  if (url.origin === baseUrl.origin && environment["PHOTON_MODELS_TOKEN"]) return environment["PHOTON_MODELS_TOKEN"];
  return url.origin === HUB_BASE_URL ? environment["HF_TOKEN"] || undefined : undefined;
};

/** Aborts when nothing arrived for a while. */
const createSilenceGuard = (url: URL, limitMs: number, signal: AbortSignal) => {
  const controller = new AbortController();
  const give = (): void =>
    controller.abort(
      new DownloadError("stalled", `${url.host} sent nothing for ${Math.ceil(limitMs / SECOND)} s.`, {
        details: { host: url.host },
      }),
    );
  let timer = setTimeout(give, limitMs);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(give, limitMs);
    },
    end: () => clearTimeout(timer),
    /** Why the connection ended: the caller's abort, silence, or the error itself. */
    reasonFor: (error: unknown, proxy: URL | undefined): unknown => {
      if (signal.aborted) return signal.reason;
      if (controller.signal.aborted) return controller.signal.reason;
      return error instanceof DownloadError ? error : connectionError(error, url, proxy);
    },
  };
};
type SilenceGuard = ReturnType<typeof createSilenceGuard>;

const readBody = async function* (
  message: IncomingMessage,
  guard: SilenceGuard,
  proxy: URL | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      guard.end(); // while the reader works the server owes nothing
      yield chunk;
      guard.heard();
    }
  } catch (error) {
    throw guard.reasonFor(error, proxy);
  } finally {
    guard.end();
    message.destroy();
  }
};

const redirectTarget = (from: URL, location: string | undefined): URL => {
  const refuse = (why: string): DownloadError =>
    new DownloadError("redirect", `${shownUrl(from)} leads elsewhere, ${why}.`, { details: { host: from.host } });
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse("without saying where");
  const target = new URL(location, from);
  if (!/^https?:$/.test(target.protocol)) throw refuse(`to a ${target.protocol} address`);
  if (isPrivate(from) && !isPrivate(target)) throw refuse(`to the unprotected address ${shownUrl(target)}`);
  if (isLoopback(target) && !isLoopback(from)) throw refuse("to this computer itself");
  return target;
};

export const createHttpClient = (options: HttpOptions): HttpClient => {
  const { silenceLimitMs = SILENCE_LIMIT_MS } = options;
  const variables = proxyVariables(options.environment);

  const send = async (url: URL, { headers, signal }: HttpRequest): Promise<HttpReply> => {
    const { Agent, request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
    const proxy = proxyFor(url, variables);
    const token = tokenFor(url, options);
    const guard = createSilenceGuard(url, silenceLimitMs, signal);
    const settings: RequestOptions = {
      agent: new Agent({ keepAlive: false, proxyEnv: variables }),
      signal: guard.signal,
      headers: {
        "user-agent": USER_AGENT,
        "accept-encoding": "identity",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request(url, settings, resolve);
    outgoing.on("error", reject);
    outgoing.end();
    try {
      const message = await promise;
      guard.heard();
      return {
        url,
        status: message.statusCode ?? 0,
        headers: message.headers,
        body: readBody(message, guard, proxy),
        discard: () => {
          guard.end();
          message.destroy();
        },
      };
    } catch (error) {
      guard.end();
      throw guard.reasonFor(error, proxy);
    }
  };

  return {
    get: async (url, request) => {
      let target = url;
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const reply = await send(target, request);
        if (!REDIRECTS.includes(reply.status)) return reply;
        reply.discard();
        target = redirectTarget(target, reply.headers.location);
      }
      throw new DownloadError("redirect", `${shownUrl(url)} leads elsewhere more than ${MAX_REDIRECTS} times.`);
    },
  };
};

/** Agents take proxies since then. */
const PROXY_NODE = { major: 24, minor: 5 } as const;

/**
 * @param nodeVersion of this process
 * @throws InvalidInputError for a proxy address that cannot be one, or where this Node knows no proxies
 */
export const checkProxies = (environment: Environment, nodeVersion = process.versions.node): void => {
  const proxies = Object.entries(proxyVariables(environment));
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const isOld = major === PROXY_NODE.major && minor < PROXY_NODE.minor;
  if (proxies.length > 0 && isOld) {
    throw new InvalidInputError(`Expected Node 24.5 or newer for downloads through a proxy, received ${nodeVersion}.`, {
      hint: "Update Node, or unset HTTPS_PROXY and HTTP_PROXY.",
    });
  }
  for (const [name, value] of proxies) {
    if (/^no_proxy$/i.test(name)) continue;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new InvalidInputError(
        `Expected an http or https address for the variable ${name}, received another value.`,
        {
          hint: `Set it like this: ${name}=http://proxy.example.org:3128`,
        },
      );
    }
  }
};

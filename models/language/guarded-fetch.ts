/**
 * The only way out to a provider: own deadline over headers and body, one origin, no redirects, known headers only, a
 * size cap, JSON only. What happened is noted in the exchange, for SDKs lose it.
 */
import { CallError } from "../../src/errors.ts";
import type { ErrorBody, Exchange } from "./exchange.ts";

const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
const MAX_DOWNLOAD_BYTES = 512 * 1024 * 1024;
const ERROR_IN_200_STATUS = 502;
/** What a body needs to be understood; everything else an SDK adds describes this machine. */
const BODY_HEADERS = ["accept", "content-type"];

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A reply as far as it matters here: an error, or the two fields that mark an answer beside one. */
interface ReplyJson {
  error?: ErrorBody;
  readonly choices?: unknown;
  readonly content?: unknown;
}

const giveUp = (exchange: Exchange, refusal: CallError): CallError => {
  exchange.refusal = refusal;
  return refusal;
};

const outgoingHeaders = (exchange: Exchange, init: RequestInit): Headers => {
  const given = new Headers(init.headers);
  const headers = new Headers();
  for (const name of BODY_HEADERS) {
    const value = given.get(name);
    if (value !== null) headers.set(name, value);
  }
  for (const [name, value] of Object.entries(exchange.headers)) headers.set(name, value);
  return headers;
};

/** Sends one request under the rules and notes status and headers of its reply. */
const send = async (exchange: Exchange, input: string | URL | Request, init: RequestInit): Promise<Response> => {
  if (new URL(input instanceof Request ? input.url : input).origin !== exchange.origin) {
    throw giveUp(exchange, new CallError("config", "LLM_BAD_REQUEST", { subCode: "FOREIGN_ORIGIN" }));
  }
  const signals = [exchange.deadline, exchange.signal, init.signal].filter((signal) => signal instanceof AbortSignal);
  const headers = outgoingHeaders(exchange, init);
  const response = await fetch(input, { ...init, headers, signal: AbortSignal.any(signals), redirect: "manual" });
  exchange.status = response.status;
  exchange.replyHeaders = response.headers;
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    const { status } = response;
    throw giveUp(exchange, new CallError("config", "LLM_BAD_REQUEST", { subCode: "REDIRECT", status }));
  }
  return response;
};

async function* capped(exchange: Exchange, response: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) {
      throw giveUp(exchange, new CallError("invalid_response", "LLM_VALIDATION_ERROR", { subCode: "TOO_LARGE" }));
    }
    yield chunk;
  }
}

const readText = async (exchange: Exchange, response: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of capped(exchange, response, MAX_RESPONSE_BYTES)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: what that means depends on the status
  }
};

/** The reply's JSON, in a form that no SDK trips over. */
const checkedReply = (exchange: Exchange, response: Response, parsed: unknown): ReplyJson => {
  const isObject = typeof parsed === "object" && parsed !== null;
  if (response.ok) {
    // HTML of a captive portal, JSON cut off by a proxy
    if (!isObject) throw giveUp(exchange, new CallError("unavailable", "LLM_API_ERROR", { subCode: "BAD_ENVELOPE" }));
    const reply = parsed as ReplyJson; // read field by field, each of which may be anything
    if (reply.error && !reply.choices && !reply.content) {
      exchange.error = reply.error;
      const code = typeof reply.error === "object" ? Number(reply.error.code) : Number.NaN;
      exchange.status = code >= 400 && code < 600 ? code : ERROR_IN_200_STATUS;
      throw new Error("The reply reports an error under the status of success.");
    }
    return reply;
  }
  const reply: ReplyJson = isObject ? (parsed as ReplyJson) : {};
  exchange.error = reply.error;
  if (reply.error) return reply;
  // without an error of the expected form the ollama client prints to stdout
  const message = `HTTP ${response.status}`;
  return { error: exchange.errorStyle === "text" ? message : { type: "api_error", message } };
};

/** For replies that are one JSON document. The returned function rejects with whatever happened: see {@link Exchange}. */
export const guardedFetch = (exchange: Exchange): Fetch => {
  const fetchGuarded: Fetch = async (input, init = {}) => {
    try {
      const response = await send(exchange, input, init);
      const reply = checkedReply(exchange, response, parseJson(await readText(exchange, response)));
      const headers = new Headers(response.headers);
      headers.delete("content-encoding");
      headers.delete("content-length");
      headers.set("content-type", "application/json");
      return new Response(JSON.stringify(reply), { status: response.status, headers });
    } catch (error) {
      exchange.transportError = error;
      throw error;
    }
  };
  // before an upload, SDKs try a fetch that does not show its Response with a request of their own
  return Object.assign(fetchGuarded, { Response });
};

/**
 * For results of batches: one JSON document per line, read as it arrives.
 * @throws CallError for what the rules forbid; anything else as the transport threw it
 */
export async function* guardedDownload(exchange: Exchange, url: URL): AsyncGenerator<string> {
  try {
    const response = await send(exchange, url, { headers: { accept: "application/x-jsonl, application/binary" } });
    if (!response.ok) {
      checkedReply(exchange, response, parseJson(await readText(exchange, response)));
      throw new Error(`HTTP ${response.status}`);
    }
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of capped(exchange, response, MAX_DOWNLOAD_BYTES)) {
      const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
      rest = lines.pop() ?? "";
      yield* lines.filter((line) => line.trim() !== "");
    }
    rest += decoder.decode();
    if (rest.trim() !== "") yield rest;
  } catch (error) {
    exchange.transportError = error;
    throw error;
  }
}

/** How providers answer, well and badly. The first segment of the path names the scenario. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FakeError, WireName } from "./bodies.ts";
import { errorBody, replyBody, truncatedStop } from "./bodies.ts";

export interface Exchange {
  readonly wire: WireName;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Settles `waiting`: the server has sent all it is going to send. */
  readonly nowSilent: () => void;
}
export type Scenario = (exchange: Exchange) => void;

/** What a photo's answer looks like; no schema is checked at this layer. */
export const GOOD_TEXT = JSON.stringify({ status: "ok", title: "Dog on a beach" });
export const MARKER = "MARKER-provider-text-sk-secret";

const sendJson = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
};

const answer =
  (text: string, extra: (wire: WireName) => { readonly stop?: string; readonly refusal?: string } = () => ({})) =>
  ({ wire, response }: Exchange): void =>
    sendJson(response, 200, replyBody(wire, { text, ...extra(wire) }), {
      "request-id": "req_fake",
      "x-request-id": "req_fake",
    });

const fail =
  (status: number, error: Partial<FakeError> = {}, headers: Readonly<Record<string, string>> = {}): Scenario =>
  ({ wire, response }) =>
    sendJson(response, status, errorBody(wire, { type: "some_error", message: MARKER, ...error }), headers);

const html =
  (status: number): Scenario =>
  ({ response }) =>
    void response.writeHead(status, { "content-type": "text/html" }).end("<html><body>Sign in</body></html>");

const raw =
  (body: string): Scenario =>
  ({ response }) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(body);

const SOFT_REFUSAL = "I'm sorry, but I can't help with that.";

/** The replies that every adapter has to cope with, but for the server that is not there. */
const COMMON: Readonly<Record<string, Scenario>> = {
  ok: answer(GOOD_TEXT),
  fence: answer(`\`\`\`json\n${GOOD_TEXT}\n\`\`\``),
  trunc: answer(GOOD_TEXT.slice(0, 20), (wire) => ({ stop: truncatedStop(wire) })),
  empty: answer(""),
  refusal: ({ wire, ...rest }) =>
    wire === "ollama"
      ? answer(SOFT_REFUSAL)({ wire, ...rest })
      : answer("", () => (wire === "anthropic" ? { stop: "refusal", refusal: "bio" } : { refusal: SOFT_REFUSAL }))({
          wire,
          ...rest,
        }),
  filter: answer("", (wire) => (wire === "openai" ? { stop: "content_filter" } : {})),
  e400: fail(400, { type: "invalid_request_error", message: `messages.0.image: could not decode ${MARKER}` }),
  e413: fail(413, { type: "request_too_large" }),
  e401: fail(401, { type: "authentication_error" }),
  e402: fail(402, { type: "billing_error" }),
  e403: fail(403, { type: "permission_error" }),
  e429quota: ({ wire, ...rest }) =>
    fail(429, {
      type: "rate_limit_error",
      code: wire === "anthropic" ? "enforced_spend_limit_reached" : "insufficient_quota",
    })({ wire, ...rest }),
  e404: fail(404, { type: "not_found_error" }),
  retryme: fail(400, { type: "invalid_request_error" }, { "x-should-retry": "true" }),
  redirect: ({ request, response }) =>
    void response.writeHead(307, { location: `http://${request.headers.host}/ok${request.url}` }).end(),
  e429: fail(429, { type: "rate_limit_error" }, { "retry-after": "7" }),
  e500: fail(500, { type: "api_error" }),
  e503html: html(503),
  e529: fail(529, { type: "overloaded_error" }),
  html200: html(200),
  json200bad: raw('{"model":"x","choices":[{"mess'),
  weird200: raw('{"hello":"world"}'),
  err200: ({ wire, response }) => sendJson(response, 200, errorBody(wire, { type: "api_error", message: MARKER })),
  hang: ({ nowSilent }) => nowSilent(),
  slowbody: ({ response, nowSilent }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"model":', nowSilent);
  },
  reset: ({ request }) => void request.socket.destroy(),
  midreset: ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"model":', () => setImmediate(() => response.socket?.destroy()));
  },
  abort: ({ nowSilent }) => nowSilent(),
};

const TOO_LARGE_BYTES = 4 * 1024 * 1024 + 1;

const EXTRA: Readonly<Record<string, Scenario>> = {
  err200choice: ({ response }) =>
    sendJson(response, 200, { id: "1", model: "m", choices: [{ error: { code: 502, message: MARKER } }] }),
  mod403: fail(403, { type: "invalid_request_error", metadata: { reasons: ["violence"] } }),
  err200auth: ({ response }) => sendJson(response, 200, { error: { code: 402, message: MARKER } }),
  onhold: ({ wire, ...rest }) =>
    fail(400, { type: "invalid_request_error", code: "organization_on_hold" })({ wire, ...rest }),
  badschema: fail(400, { type: "invalid_request_error", message: "output schema: too many properties" }),
  badjson: answer('{"status": "ok", "title": }'),
  softrefusal: answer(SOFT_REFUSAL),
  context: answer("{", (wire) => (wire === "anthropic" ? { stop: "model_context_window_exceeded" } : {})),
  toolarge: ({ response }) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(Buffer.alloc(TOO_LARGE_BYTES, " ")),
  nousage: ({ wire, response }) => {
    const {
      usage: _usage,
      prompt_eval_count: _in,
      eval_count: _out,
      ...body
    } = replyBody(wire, {
      text: GOOD_TEXT,
    }) as Record<string, unknown>;
    sendJson(response, 200, body);
  },
  remote: ({ wire, response }) =>
    sendJson(response, 200, {
      ...(replyBody(wire, { text: GOOD_TEXT }) as object),
      remote_host: "https://ollama.example",
      remote_model: "big",
    }),
};

export const scenarios: Readonly<Record<string, Scenario>> = { ...COMMON, ...EXTRA };

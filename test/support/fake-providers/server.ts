/** Providers on the loopback: `/<scenario>/v1/messages`, `/<scenario>/v1/chat/completions`, `/<scenario>/api/chat`. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { WireName } from "./bodies.ts";
import { scenarios } from "./scenarios.ts";

export interface SeenRequest {
  readonly method: string;
  /** Without the scenario. */
  readonly path: string;
  readonly scenario: string;
  readonly headers: IncomingHttpHeaders;
  /** Names in the order and case they arrived in, each once. */
  readonly headerNames: readonly string[];
  readonly body: Buffer;
  readonly json: () => Record<string, unknown>;
}

/** Answers requests that are no calls of a model. */
export type Route = (request: SeenRequest, response: ServerResponse) => void;

export interface FakeProvider extends AsyncDisposable {
  readonly requests: readonly SeenRequest[];
  readonly origin: string;
  /** The `endpoint` of the wire's provider for a scenario. */
  readonly endpoint: (wire: WireName, scenario: string) => string;
  /** The server has sent all it is going to send. */
  readonly waiting: Promise<void>;
  /** @param path without the scenario, with its method: `GET /v1/models` */
  readonly route: (path: string, answer: Route) => void;
}

const CALLS: Readonly<Record<string, WireName>> = {
  "POST /v1/messages": "anthropic",
  "POST /v1/chat/completions": "openai",
  "POST /api/chat": "ollama",
};

const readRequest = async (request: IncomingMessage): Promise<SeenRequest> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
  const body = Buffer.concat(chunks);
  const [, scenario = "", path = ""] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? "") ?? [];
  return {
    method: request.method ?? "",
    path,
    scenario,
    headers: request.headers,
    headerNames: request.rawHeaders.filter((_name, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    body,
    json: () => JSON.parse(body.toString("utf8")) as Record<string, unknown>,
  };
};

export const startFakeProvider = async (): Promise<FakeProvider> => {
  const requests: SeenRequest[] = [];
  const routes = new Map<string, Route>();
  const sockets = new Set<Socket>();
  const silent = Promise.withResolvers<void>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = await readRequest(request);
    requests.push(seen);
    const key = `${seen.method} ${seen.path.split("?")[0]}`;
    const route = routes.get(key);
    const wire = CALLS[key];
    const scenario = scenarios[seen.scenario];
    if (route !== undefined) route(seen, response);
    else if (wire === undefined || scenario === undefined) response.writeHead(404).end("no such place");
    else scenario({ wire, request, response, nowSilent: silent.resolve });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy()); // the client went away while it was sending
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined); // clients that go away are what these tests are about
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const origin = `http://127.0.0.1:${port}`;
  return {
    requests,
    origin,
    endpoint: (wire, scenario) => `${origin}/${scenario}${wire === "openai" ? "/v1" : ""}`,
    waiting: silent.promise,
    route: (path, route) => void routes.set(path, route),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};

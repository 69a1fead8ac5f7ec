/** `photon mcp`: the server on stdin and stdout, or on HTTP of this machine. */
import "./stdout-guard.ts";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidInputError, systemCode } from "../src/errors.ts";
import { createServerFactory } from "./adapter.ts";
import { isBearer } from "./bearer.ts";
import { createEdge } from "./create-edge.ts";
import type { EdgeDeps } from "./create-edge.ts";
import { BEARER_FILE, loadSecret } from "./library-secret.ts";
import { STATUS_URI } from "./resource-uris.ts";

const HOST = "127.0.0.1";
const PATH = "/mcp";
/** Streams of news open at a time; each is one client. */
const MOST_SUBSCRIPTIONS = 64;

/** Until the client closes stdin, or the signal aborts. Calls under way are aborted. */
export const serveOnStdio = async (deps: EdgeDeps): Promise<void> => {
  const { logger, signal } = deps;
  const factory = createServerFactory(createEdge(deps));
  const handle = serveStdio(factory, {
    onerror: (error) => logger.debug(error.message),
    maxSubscriptions: MOST_SUBSCRIPTIONS,
  });
  const stopped = new AbortController();
  const until = { signal: stopped.signal };
  const ends = [once(process.stdin, "end", until), once(process.stdin, "close", until)];
  if (!signal.aborted) ends.push(once(signal, "abort", until));
  await Promise.race(ends);
  stopped.abort();
  await handle.close();
};

export interface HttpOptions {
  /** 0 = any free one. */
  readonly port: number;
  /** Answer whoever asks: for conformance suites, which bring no token. */
  readonly withoutToken: boolean;
  /** Called once requests are answered. @param tokenFile whose content clients must show; undefined without token */
  readonly onListening: (url: string, tokenFile: string | undefined) => Promise<void>;
}

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, HOST);
  try {
    await once(server, "listening");
  } catch (error) {
    if (systemCode(error) !== "EADDRINUSE" && systemCode(error) !== "EACCES") throw error;
    throw new InvalidInputError(`Expected a free port for --http, received ${port}, which cannot be had.`, {
      hint: "Choose another one, or none: then photon takes a free one.",
    });
  }
  return (server.address() as AddressInfo).port; // it listens on TCP
};

/**
 * Until the signal aborts. A page in a browser reaches every port of this machine, so each request is asked for its host
 * and its origin first, and then for a token that only this user can read.
 */
export const serveOnHttp = async (deps: EdgeDeps, options: HttpOptions): Promise<void> => {
  const { config, logger, signal } = deps;
  const { localhostHostValidation, localhostOriginValidation, toNodeHandler } =
    await import("@modelcontextprotocol/node");
  const token = options.withoutToken ? undefined : await loadSecret(config.general.data_dir, BEARER_FILE);
  const edge = createEdge(deps);
  const onerror = (error: Error): void => logger.debug(error.message);
  const handler = createMcpHandler(createServerFactory(edge), { onerror, maxSubscriptions: MOST_SUBSCRIPTIONS });
  edge.status.onChange(() => handler.notify.resourceUpdated(STATUS_URI));
  const answer = toNodeHandler(handler, { onerror });
  const [isHostRight, isOriginRight] = [localhostHostValidation(), localhostOriginValidation()];
  const server = createServer((request, response) => {
    if (!isHostRight(request, response) || !isOriginRight(request, response)) return;
    if (token !== undefined && !isBearer(request.headers.authorization, token)) {
      response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end();
    } else if (request.url?.split("?")[0] !== PATH) {
      response.writeHead(404).end();
    } else if (request.method !== "POST") {
      response.writeHead(405, { Allow: "POST" }).end();
    } else {
      void answer(request as Parameters<typeof answer>[0], response); // differs only in optional fields
    }
  });
  const port = await listen(server, options.port);
  await options.onListening(`http://${HOST}:${port}${PATH}`, token === undefined ? undefined : BEARER_FILE);
  if (!signal.aborted) await once(signal, "abort");
  server.close();
  await handler.close();
  server.closeAllConnections();
};

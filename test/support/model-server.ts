/** A server of files on the loopback, as the hub and its mirrors behave, and as servers misbehave. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** Answers one request. */
export type Reply = (request: IncomingMessage, response: ServerResponse, content: Uint8Array | undefined) => void;

export interface ModelServer extends AsyncDisposable {
  readonly url: URL;
  /** In order of arrival. */
  readonly requests: readonly IncomingMessage[];
  readonly requestsOf: (path: string) => readonly IncomingMessage[];
  /** @param path starts with a slash */
  readonly serve: (path: string, content: Uint8Array | string, options?: ServeOptions) => void;
  /** The next requests for the path get these answers, one each; then it is served as usual. */
  readonly script: (path: string, ...replies: readonly Reply[]) => void;
}

export interface ServeOptions {
  readonly etag?: string;
  /** False = the whole file whatever is asked for. Default true. */
  readonly ranges?: boolean;
}

interface Served {
  readonly content: Uint8Array;
  readonly etag: string | undefined;
  readonly ranges: boolean;
}

const RANGE = /^bytes=(\d+)-(\d*)$/;

const sendFile = (request: IncomingMessage, response: ServerResponse, { content, etag, ranges }: Served): void => {
  const range = ranges ? RANGE.exec(request.headers.range ?? "") : null;
  const guard = request.headers["if-range"];
  if (etag !== undefined) response.setHeader("etag", etag);
  if (range === null || (guard !== undefined && guard !== etag)) {
    response.writeHead(200, { "content-length": content.length }).end(content);
    return;
  }
  const from = Number(range[1]);
  const to = range[2] === "" ? content.length - 1 : Math.min(Number(range[2]), content.length - 1);
  if (from >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  const part = content.subarray(from, to + 1);
  const contentRange = `bytes ${from}-${to}/${content.length}`;
  response.writeHead(206, { "content-length": part.length, "content-range": contentRange }).end(part);
};

/** Sends so many bytes of the file, then cuts the connection. */
export const cutAfter =
  (bytes: number, etag?: string): Reply =>
  (_request, response, content = new Uint8Array()) => {
    response.writeHead(200, { "content-length": content.length, ...(etag === undefined ? {} : { etag }) });
    response.write(content.subarray(0, bytes), () => setImmediate(() => response.socket?.destroy()));
  };

/** Sends so many bytes of the file, then nothing more. */
export const silentAfter =
  (bytes: number, onSilent: () => void = () => undefined): Reply =>
  (_request, response, content = new Uint8Array()) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, bytes), onSilent);
  };

/** Ends properly, but early, without having said how long the file is. */
export const endAfter =
  (bytes: number): Reply =>
  (_request, response, content = new Uint8Array()) => {
    response.writeHead(200, { "transfer-encoding": "chunked" });
    response.end(content.subarray(0, bytes));
  };

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  (_request, response) =>
    void response.writeHead(code, headers).end("no");

export const redirectTo = (location: string): Reply => status(302, { location });

export const other =
  (content: Uint8Array): Reply =>
  (_request, response) =>
    void response.writeHead(200, { "content-length": content.length }).end(content);

const listen = async (server: Server): Promise<{ readonly port: number } & AsyncDisposable> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined); // clients that go away are what these tests are about
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};

/** @param tls key and certificate in PEM: an https server */
export const startModelServer = async (tls?: { readonly key: string; readonly cert: string }): Promise<ModelServer> => {
  const files = new Map<string, Served>();
  const scripts = new Map<string, Reply[]>();
  const requests: IncomingMessage[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request);
    const path = request.url ?? "";
    const file = files.get(path);
    const scripted = scripts.get(path)?.shift();
    if (scripted !== undefined) scripted(request, response, file?.content);
    else if (file === undefined) response.writeHead(404).end("no such file");
    else sendFile(request, response, file);
  };
  const listening = await listen(tls === undefined ? createServer(answer) : createTlsServer(tls, answer));
  return {
    url: new URL(`${tls === undefined ? "http" : "https"}://127.0.0.1:${listening.port}`),
    requests,
    requestsOf: (path) => requests.filter(({ url }) => url === path),
    serve: (path, content, { etag, ranges = true } = {}) =>
      void files.set(path, { content: typeof content === "string" ? Buffer.from(content) : content, etag, ranges }),
    script: (path, ...replies) => void scripts.set(path, [...(scripts.get(path) ?? []), ...replies]),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
};

export interface ProxyServer extends AsyncDisposable {
  readonly url: URL;
  /** `GET http://host/path` and `CONNECT host:port`, in order. */
  readonly seen: readonly string[];
}

/**
 * A proxy: forwards http requests and opens tunnels, whatever the host is called, to one server.
 * @param tunnelStatus answer to CONNECT; 200 opens the tunnel
 */
export const startProxy = async (target: URL, tunnelStatus = 200): Promise<ProxyServer> => {
  const { request: send } = await import("node:http");
  const { connect } = await import("node:net");
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const { pathname, search } = new URL(request.url ?? "/", target);
    const forwarded = send(new URL(`${pathname}${search}`, target), { headers: request.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  server.on("connect", (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    if (tunnelStatus !== 200) {
      socket.end(`HTTP/1.1 ${tunnelStatus} Refused\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(target.port), target.hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  const listening = await listen(server);
  return {
    url: new URL(`http://127.0.0.1:${listening.port}`),
    seen,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
};

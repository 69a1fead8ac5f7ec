/** The server on HTTP as `photon mcp --http` runs it, and requests as any program of the machine could send them. */
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createPhoton } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";
import { serveOnHttp } from "../../tools/server.ts";
import type { ServedLibrary } from "./mcp.ts";

export interface HttpServer extends AsyncDisposable {
  readonly url: URL;
  readonly token: string | undefined;
  readonly tokenPath: string | undefined;
}

export const startHttp = async (
  library: ServedLibrary,
  { withoutToken = false }: { readonly withoutToken?: boolean } = {},
): Promise<HttpServer> => {
  const { config } = loadConfig({ environment: library.environment, workingDirectory: library.folder });
  const stop = new AbortController();
  const resources = new AsyncDisposableStack();
  const { promise: listening, resolve } = Promise.withResolvers<{ url: string; tokenFile: string | undefined }>();
  const served = serveOnHttp(
    {
      config,
      logger: silentLogger,
      version: "0.0.0-test",
      flags: { readOnly: false, images: "include" },
      openPhoton: async () => resources.use(createPhoton(config, { logger: silentLogger })),
      shownConfig: () => ({}),
      signal: stop.signal,
    },
    { port: 0, withoutToken, onListening: async (url, tokenFile) => resolve({ url, tokenFile }) },
  );
  const { url, tokenFile } = await Promise.race([listening, served.then(() => Promise.reject(new Error("It ended.")))]);
  const tokenPath = tokenFile === undefined ? undefined : join(config.general.data_dir, tokenFile);
  return {
    url: new URL(url),
    tokenPath,
    token: tokenPath === undefined ? undefined : (await readFile(tokenPath, "utf8")).trim(),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await served;
      await resources.disposeAsync();
    },
  };
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** `Host` too, which fetch would not let through. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const send = (
  { url }: HttpServer,
  { method = "POST", path = url.pathname, headers, body }: Sent,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, method, path, headers }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }),
        reject,
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });

/** `_meta` of a request of revision 2026-07-28. */
export const envelope = (capabilities: object = {}): Readonly<Record<string, unknown>> => ({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": capabilities,
  "io.modelcontextprotocol/clientInfo": { name: "raw-client", version: "1" },
});

export interface RpcOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the client. */
  readonly capabilities?: object;
}

/** A request of revision 2026-07-28 with the headers that must say the same as its body. */
export const rpc = (
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  { headers = {}, capabilities = {} }: RpcOptions = {},
): Sent & { readonly headers: Readonly<Record<string, string>>; readonly body: string } => {
  const subject = params["name"] ?? params["uri"] ?? params["taskId"];
  return {
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(subject === undefined ? {} : { "mcp-name": subject as string }), // names and addresses are texts
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: envelope(capabilities) } }),
  };
};

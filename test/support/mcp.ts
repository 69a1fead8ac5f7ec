/** MCP clients on a test's library: in this process without sockets, and on the real program over stdio. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { loadConfig } from "../../src/config.ts";
import type { Clock } from "../../src/clock.ts";
import type { Logger } from "../../src/logger.ts";
import { silentLogger } from "../../src/logger.ts";
import { createPhoton } from "../../src/app.ts";
import { createServerFactory } from "../../tools/adapter.ts";
import { createEdge } from "../../tools/create-edge.ts";
import type { Edge } from "../../tools/edge.ts";
import type { ToolFlags } from "../../tools/tool-settings.ts";
import { PHOTON } from "./run-program.ts";

/** auto: asks for the newest revision first. legacy: `initialize` of 2025. pin: 2026-07-28 and nothing else. */
export type Era = "auto" | "legacy" | "pin";
export const ERAS = ["auto", "legacy", "pin"] as const satisfies readonly Era[];

const negotiation = (era: Era) => ({
  versionNegotiation: { mode: era === "pin" ? { pin: "2026-07-28" } : era },
});

/** What of a test's library these clients need. */
export interface ServedLibrary {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ServerOptions {
  readonly flags?: Partial<ToolFlags>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Replaces parts: other tools, scripted jobs. */
  readonly change?: (edge: Edge) => Edge;
}

export interface TestEdge extends AsyncDisposable {
  readonly edge: Edge;
  /** Whether a call has opened the library. */
  readonly isOpen: () => boolean;
}

/** Everything but the protocol, on a library of its own handle; closed with it. */
export const openEdge = (library: ServedLibrary, options: ServerOptions = {}): TestEdge => {
  const { flags, clock, logger = silentLogger, change = (whole) => whole } = options;
  const { config } = loadConfig({ environment: library.environment, workingDirectory: library.folder });
  const stop = new AbortController();
  const resources = new AsyncDisposableStack();
  resources.defer(() => stop.abort());
  let isOpen = false;
  const edge = createEdge({
    config,
    logger,
    version: "0.0.0-test",
    flags: { readOnly: false, images: "include", ...flags },
    openPhoton: async () => {
      isOpen = true;
      return resources.use(createPhoton(config, { logger, workingDirectory: library.folder }));
    },
    shownConfig: () => ({ "general.data_dir": config.general.data_dir }),
    ...(clock === undefined ? {} : { clock }),
    signal: stop.signal,
  });
  return { edge: change(edge), isOpen: () => isOpen, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

export interface TestClient extends AsyncDisposable {
  readonly client: Client;
}

export interface InProcessClient extends TestClient, TestEdge {
  /** One request with all headers of the protocol, answered as the handler does. */
  readonly fetch: (request: Request) => Promise<Response>;
}

const ADDRESS = "http://127.0.0.1/mcp";

/** Server and client in this process, over HTTP without a socket. */
export const connectInProcess = async (
  library: ServedLibrary,
  { era = "auto", client: clientOptions, ...options }: ServerOptions & ClientChoice = {},
): Promise<InProcessClient> => {
  const served = openEdge(library, options);
  const handler = createMcpHandler(createServerFactory(served.edge));
  const fetch = (request: Request): Promise<Response> => handler.fetch(request);
  const client = new Client({ name: "test-client", version: "1.2.3" }, { ...negotiation(era), ...clientOptions });
  const transport = new StreamableHTTPClientTransport(new URL(ADDRESS), {
    fetch: (url, init) => fetch(new Request(url, init)),
  });
  await client.connect(transport);
  return {
    ...served,
    client,
    fetch,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await handler.close();
      await served[Symbol.asyncDispose]();
    },
  };
};

export interface ClientChoice {
  readonly era?: Era;
  readonly client?: ConstructorParameters<typeof Client>[1];
}

export interface StdioClient extends TestClient {
  readonly pid: number;
  /** Everything the server wrote to stderr so far. */
  readonly stderr: () => string;
}

/** The real program, started by the client as hosts do it. @param words after `photon mcp` */
export const connectStdio = async (
  library: ServedLibrary,
  { era = "auto", client: clientOptions, words = [] }: ClientChoice & { readonly words?: readonly string[] } = {},
): Promise<StdioClient> => {
  const client = new Client({ name: "test-client", version: "1.2.3" }, { ...negotiation(era), ...clientOptions });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PHOTON, "mcp", ...words],
    env: { ...library.environment, PATH: process.env["PATH"] ?? "" },
    cwd: library.folder,
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (chunk) => (stderr += String(chunk)));
  await client.connect(transport);
  return {
    client,
    pid: transport.pid ?? 0,
    stderr: () => stderr,
    [Symbol.asyncDispose]: () => client.close(),
  };
};

/** What one server is made of, and what it knows of its client. */
import * as sdk from "@modelcontextprotocol/server";
import type { ClientCapabilities, McpRequestContext, McpServer, ServerContext } from "@modelcontextprotocol/server";
import type { Edge } from "../edge.ts";
import type { RunCall } from "../run-call.ts";

export const TASKS = "io.modelcontextprotocol/tasks";

export interface Sealed {
  /** Of the question this belongs to. */
  readonly digest: string;
}

export interface Codec {
  readonly mint: (sealed: Sealed, ctx: ServerContext) => Promise<string>;
  readonly verify: (state: string, ctx: ServerContext) => Promise<Sealed>;
}

/** The key is read when the first state is sealed or opened, not when the server starts. */
export const createCodec = (edge: Edge): Codec => {
  const open = async (): Promise<sdk.RequestStateCodec<Sealed>> =>
    sdk.createRequestStateCodec<Sealed>({
      key: await edge.stateKey(),
      ttlSeconds: 600,
      bind: ({ mcpReq }) => mcpReq.method,
    });
  return {
    mint: async (sealed, ctx) => (await open()).mint(sealed, ctx),
    verify: async (state, ctx) => (await open()).verify(state, ctx),
  };
};

/** What the client says of itself: with each request, or once in the 2025 handshake. */
export interface Peer {
  readonly name: (ctx: ServerContext) => string;
  readonly capabilities: (ctx: ServerContext) => ClientCapabilities | undefined;
  readonly speaksTasks: (ctx: ServerContext) => boolean;
}

export const createPeer = ({ server }: McpServer, era: McpRequestContext["era"]): Peer => {
  const envelope = ({ mcpReq }: ServerContext) => mcpReq.envelope as Readonly<Record<string, unknown>> | undefined; // typed as {}
  const capabilities: Peer["capabilities"] = (ctx) =>
    era === "modern"
      ? (envelope(ctx)?.[sdk.CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined) // checked by the SDK
      : server.getClientCapabilities();
  const name = (ctx: ServerContext): string | undefined =>
    era === "modern"
      ? (envelope(ctx)?.[sdk.CLIENT_INFO_META_KEY] as { readonly name?: string } | undefined)?.name // checked by the SDK
      : server.getClientVersion()?.name;
  return {
    capabilities,
    speaksTasks: (ctx) => era === "modern" && capabilities(ctx)?.extensions?.[TASKS] !== undefined,
    name: (ctx) =>
      name(ctx)
        ?.replace(/[^\w .:@/-]/g, "")
        .slice(0, 60) || "unknown-client",
  };
};

export interface Parts {
  readonly server: McpServer;
  readonly edge: Edge;
  readonly peer: Peer;
  readonly codec: Codec;
  readonly runCall: RunCall;
}

/** What handlers other than tools throw would reach the client as it is; only the report may. */
export const reported = async <Value>({ edge }: Pick<Parts, "edge">, work: () => Promise<Value>): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof sdk.ProtocolError) throw error;
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InternalError, await edge.report(error));
  }
};

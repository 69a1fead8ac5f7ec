/**
 * From the contract to the SDK. One factory serves both eras of the protocol and both transports; it is called for every
 * connection or request, and more often than that, so nothing in it has a life of its own.
 */
import * as sdk from "@modelcontextprotocol/server";
import type { McpRequestContext, McpServer } from "@modelcontextprotocol/server";
import { registerTool } from "./adapter/calls.ts";
import type { Parts } from "./adapter/parts.ts";
import { createCodec, createPeer, TASKS } from "./adapter/parts.ts";
import { registerPrompts } from "./adapter/prompts.ts";
import { registerPages, registerPhotos, registerStatusPush } from "./adapter/resources.ts";
import { registerTasks } from "./adapter/tasks.ts";
import type { Edge } from "./edge.ts";
import { createRunCall } from "./run-call.ts";

/** Array elements and object members of one call's arguments, at most; the longest is a vector. */
const MAX_INPUT_ELEMENTS = 2000;

export const createServerFactory = (edge: Edge): ((request: McpRequestContext) => McpServer) => {
  const codec = createCodec(edge);
  const runCall = createRunCall();
  return (request) => {
    const server = new sdk.McpServer(
      { name: "photon", title: "Photon", version: edge.version },
      {
        instructions: edge.instructions,
        requestState: { verify: codec.verify },
        maxToolInputElements: MAX_INPUT_ELEMENTS,
        capabilities: { resources: { subscribe: true }, extensions: { [TASKS]: {} } },
        cacheHints: {
          "tools/list": { ttlMs: 300_000, cacheScope: "private" },
          "server/discover": { ttlMs: 3_600_000, cacheScope: "private" },
        },
      },
    );
    const parts: Parts = { server, edge, codec, runCall, peer: createPeer(server, request.era) };
    for (const tool of edge.tools) registerTool(parts, tool);
    registerTasks(parts);
    registerPhotos(parts);
    registerPages(parts);
    registerPrompts(parts);
    registerStatusPush(parts, request);
    return server;
  };
};

/**
 * From the contract to the SDK. One factory serves both eras of the protocol and both transports; it is called for every
 * connection or request, and more often than that, so nothing in it has a life of its own.
 */
import * as sdk from "@modelcontextprotocol/server";
import type {
  CallToolResult,
  ClientCapabilities,
  InputRequiredResult,
  McpRequestContext,
  McpServer,
  ServerContext,
} from "@modelcontextprotocol/server";
import { registerAppResource, registerAppTool, RESOURCE_MIME_TYPE } from "@modelcontextprotocol/ext-apps/server";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { Edge, Job } from "./edge.ts";
import type { ToolContext, ToolOutcome } from "./outcome.ts";
import { CALL_LIMIT_MS, createRunCall } from "./run-call.ts";
import type { RunCall } from "./run-call.ts";
import { annotationsOf } from "./served-tools.ts";
import type { Tool } from "./tool.ts";

const TASKS = "io.modelcontextprotocol/tasks";
const STATUS = "photon://status";
const GALLERY = "ui://photon/gallery.html";
/** Array elements and object members of one call's arguments, at most; the longest is a vector. */
const MAX_INPUT_ELEMENTS = 2000;
const TASK_TTL_MS = 86_400_000;
const POLL_MS = 1000;
/** A note sent in the same moment as the result is lost by clients on stdio. */
const NOTE_GAP_MS = 20;
const REPLY = "reply";

interface Sealed {
  /** Of the question this belongs to. */
  readonly digest: string;
}

interface Codec {
  readonly mint: (sealed: Sealed, ctx: ServerContext) => Promise<string>;
  readonly verify: (state: string, ctx: ServerContext) => Promise<Sealed>;
}

/** The key is read when the first state is sealed or opened, not when the server starts. */
const createCodec = (edge: Edge): Codec => {
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
interface Peer {
  readonly name: (ctx: ServerContext) => string;
  readonly capabilities: (ctx: ServerContext) => ClientCapabilities | undefined;
  readonly speaksTasks: (ctx: ServerContext) => boolean;
}

const createPeer = ({ server }: McpServer, era: McpRequestContext["era"]): Peer => {
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

interface Parts {
  readonly server: McpServer;
  readonly edge: Edge;
  readonly peer: Peer;
  readonly codec: Codec;
  readonly runCall: RunCall;
}

const asTask = (taskId: string, job: Job) => ({ taskId, ttlMs: TASK_TTL_MS, pollIntervalMs: POLL_MS, ...job });

const replySchema = z.object({ ok: z.boolean().optional(), words: z.string().max(500).optional() });

interface Call {
  readonly context: ToolContext;
  /** Lets a note that was sent just now arrive before the result. */
  readonly settleNotes: () => Promise<void>;
}

const startCall = ({ edge, peer }: Parts, ctx: ServerContext): Call => {
  const token = ctx.mcpReq._meta?.progressToken;
  const state = ctx.mcpReq.requestState<Sealed>();
  const given = sdk.acceptedContent(ctx.mcpReq.inputResponses, REPLY, replySchema);
  let noted: number | undefined;
  const context: ToolContext = {
    ...edge.context,
    client: peer.name(ctx),
    reply: (digest) =>
      state?.digest === digest ? (given?.words ?? (given?.ok === true ? true : undefined)) : undefined,
    progress: async (progress, total, message) => {
      if (token === undefined) return;
      const params = { progressToken: token, progress, total, message };
      await ctx.mcpReq.notify({ method: "notifications/progress", params });
      noted = performance.now();
    },
  };
  const settleNotes = async (): Promise<void> => {
    if (noted !== undefined && performance.now() - noted < NOTE_GAP_MS) await pause(NOTE_GAP_MS);
  };
  return { context, settleNotes };
};

type Result = CallToolResult | InputRequiredResult;
type Data = Record<string, unknown>;

const dataResult = (value: Data): CallToolResult => ({
  structuredContent: value,
  content: [{ type: "text", text: JSON.stringify(value) }],
});

const picturesResult = (
  { pictures, appData }: Extract<ToolOutcome<Data>, { kind: "pictures" }>,
  { settings }: Edge,
): CallToolResult => ({
  ...(appData === undefined ? {} : { _meta: { "photon/items": appData } }),
  content: pictures.flatMap(({ text, jpeg, link }) => [
    { type: "text" as const, text },
    ...(jpeg === undefined || settings.images === "omit"
      ? []
      : [{ type: "image" as const, mimeType: "image/jpeg", data: Buffer.from(jpeg).toString("base64") }]),
    ...(link === undefined ? [] : [{ type: "resource_link" as const, ...link }]),
  ]),
});

const jobResult = async (
  { jobId, data }: Extract<ToolOutcome<Data>, { kind: "job" }>,
  { edge, peer }: Parts,
  ctx: ServerContext,
): Promise<CallToolResult> => {
  const job = peer.speaksTasks(ctx) ? await edge.jobs.find(jobId) : undefined;
  if (job?.status !== "working") return dataResult(data);
  return { resultType: "task", ...asTask(jobId, job) } as unknown as CallToolResult; // the SDK has no type for it
};

/** A client may declare dialogs and show none: no answer is an answer. */
const askResult = async (
  { digest, message, expects, otherwise }: Extract<ToolOutcome<Data>, { kind: "ask" }>,
  { peer, codec }: Parts,
  ctx: ServerContext,
): Promise<Result> => {
  const canAsk = peer.capabilities(ctx)?.elicitation !== undefined;
  const isAnswered = sdk.inputResponse(ctx.mcpReq.inputResponses, REPLY).kind !== "missing";
  if (!canAsk || isAnswered) return dataResult(otherwise);
  const requestedSchema =
    expects === "yes" ? z.object({ ok: z.boolean().meta({ title: "Yes" }) }) : z.object({ words: z.string() });
  return sdk.inputRequired({
    inputRequests: { [REPLY]: sdk.inputRequired.elicit({ message, requestedSchema }) },
    requestState: await codec.mint({ digest }, ctx),
  });
};

const encode = (outcome: ToolOutcome<Data>, parts: Parts, ctx: ServerContext): Result | Promise<Result> => {
  switch (outcome.kind) {
    case "data":
      return dataResult(outcome.data);
    case "pictures":
      return picturesResult(outcome, parts.edge);
    case "job":
      return jobResult(outcome, parts, ctx);
    case "ask":
      return askResult(outcome, parts, ctx);
    default:
      return outcome satisfies never;
  }
};

const errorResult = async (error: unknown, { edge }: Parts): Promise<CallToolResult> => ({
  isError: true,
  content: [{ type: "text", text: await edge.report(error) }],
});

const registerTool = (parts: Parts, tool: Tool): void => {
  const { server, edge, runCall } = parts;
  const config = {
    title: tool.title,
    description: tool.description,
    inputSchema: tool.input,
    annotations: annotationsOf(tool, edge.settings),
    ...(tool.output === undefined ? {} : { outputSchema: tool.output }),
  };
  const call = async (input: Data, ctx: ServerContext): Promise<Result> => {
    const { signal } = ctx.mcpReq;
    const { context, settleNotes } = startCall(parts, ctx);
    const limitMs = tool.timeLimitMs?.(input) ?? CALL_LIMIT_MS;
    try {
      const work = (limited: AbortSignal) => tool.handle(input, context, limited);
      const outcome: ToolOutcome<Data> = await runCall({ name: tool.name, limitMs, signal, work });
      await settleNotes();
      return await encode(outcome, parts, ctx);
    } catch (error) {
      if (signal.aborted || error instanceof sdk.ProtocolError) throw error;
      return errorResult(error, parts);
    }
  };
  if (tool.app === undefined) {
    server.registerTool(tool.name, config, call);
    return;
  }
  const visibility: ("app" | "model")[] = tool.appOnly === true ? ["app"] : ["model", "app"];
  registerAppTool(server, tool.name, { ...config, _meta: { ui: { resourceUri: tool.app, visibility } } }, call);
};

/** The SDK serves none of the methods of Tasks itself. */
const registerTasks = ({ server: { server }, edge, peer }: Parts): void => {
  const params = z.looseObject({ taskId: z.string().max(200) });
  const known = async (taskId: string, ctx: ServerContext): Promise<Job> => {
    if (!peer.speaksTasks(ctx)) {
      throw new sdk.MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
    }
    const job = await edge.jobs.find(taskId);
    if (job !== undefined) return job;
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "There is no task with this id.");
  };
  server.setRequestHandler("tasks/get", { params }, async ({ taskId }, ctx) =>
    asTask(taskId, await known(taskId, ctx)),
  );
  server.setRequestHandler("tasks/update", { params }, async ({ taskId }, ctx) => {
    await known(taskId, ctx);
    return {};
  });
  server.setRequestHandler("tasks/cancel", { params }, async ({ taskId }, ctx) => {
    await known(taskId, ctx);
    await edge.jobs.cancel(taskId);
    return {};
  });
};

const jsonContents = (uri: URL, value: object) => ({
  contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(value) }],
});

/** @param raw a variable of the template, percent-encoded */
const knownPhoto = async <Value>(
  uri: URL,
  raw: unknown,
  find: (id: string) => Promise<Value | undefined>,
): Promise<Value> => {
  const id = String(raw); // an id has no character that is encoded
  const found = /^[0-9a-f]{12,64}$/.test(id) ? await find(id) : undefined;
  if (found === undefined) throw new sdk.ResourceNotFoundError(uri.href);
  return found;
};

const registerPhotos = ({ server, edge: { photos } }: Parts): void => {
  server.registerResource(
    "photo",
    new sdk.ResourceTemplate("photo://{id}", {
      list: undefined,
      complete: { id: async (typed) => [...(await photos.idsLike(typed))] },
    }),
    {
      description: "Everything known about one photo",
      mimeType: "application/json",
      cacheHint: { ttlMs: 5000, cacheScope: "private" },
    },
    async (uri, { id }) => jsonContents(uri, await knownPhoto(uri, id, photos.record)),
  );
  server.registerResource(
    "thumbnail",
    new sdk.ResourceTemplate("photo://{id}/thumbnail", { list: undefined }),
    {
      description: "One photo, small",
      mimeType: "image/jpeg",
      cacheHint: { ttlMs: 3_600_000, cacheScope: "private" },
    },
    async (uri, { id }) => {
      const blob = Buffer.from(await knownPhoto(uri, id, photos.thumbnail)).toString("base64");
      return { contents: [{ uri: uri.href, mimeType: "image/jpeg", blob }] };
    },
  );
};

const registerPages = ({ server, edge }: Parts): void => {
  server.registerResource(
    "status",
    STATUS,
    { description: "What the library holds, what is pending, who works", mimeType: "application/json" },
    async (uri) => jsonContents(uri, await edge.status.read()),
  );
  server.registerResource(
    "config",
    "photon://config",
    { description: "Effective settings, secrets masked", mimeType: "application/json" },
    async (uri) => jsonContents(uri, edge.config()),
  );
  registerAppResource(server, "gallery", GALLERY, { description: "Gallery of photos" }, async (uri) => ({
    contents: [
      {
        uri: uri.href,
        mimeType: RESOURCE_MIME_TYPE,
        text: await edge.galleryHtml(),
        _meta: { ui: { prefersBorder: false } },
      },
    ],
  }));
};

/** Who wants to know is our bookkeeping for clients of 2025; later ones are filtered by the SDK. */
const registerStatusPush = ({ server: { server }, edge }: Parts, { era, requestInfo }: McpRequestContext): void => {
  const wanted = new Set<string>();
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    wanted.add(params.uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    wanted.delete(params.uri);
    return {};
  });
  if (requestInfo !== undefined) return; // HTTP: this server lives for one request; server.ts notifies
  const stop = edge.status.onChange(() => {
    if (era === "legacy" && !wanted.has(STATUS)) return;
    void server.sendResourceUpdated({ uri: STATUS }).catch(() => undefined); // the client has gone
  });
  const { onclose } = server;
  server.onclose = () => {
    stop();
    onclose?.();
  };
};

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
    registerStatusPush(parts, request);
    return server;
  };
};

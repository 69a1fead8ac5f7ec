/** Calls of tools: from a request to a context, from an outcome to a result. */
import * as sdk from "@modelcontextprotocol/server";
import type { CallToolResult, InputRequiredResult, ServerContext } from "@modelcontextprotocol/server";
import { registerAppTool } from "@modelcontextprotocol/ext-apps/server";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { Edge } from "../edge.ts";
import type { ToolContext, ToolOutcome } from "../outcome.ts";
import { CALL_LIMIT_MS } from "../run-call.ts";
import { annotationsOf } from "../served-tools.ts";
import { shortened, slimmed } from "../slim-schema.ts";
import type { Tool } from "../tool.ts";
import type { Parts, Sealed } from "./parts.ts";
import { asTask } from "./tasks.ts";

/** A note sent in the same moment as the result is lost by clients on stdio. */
const NOTE_GAP_MS = 20;
const REPLY = "reply";

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

type JsonSchema = Readonly<Record<string, unknown>>;

type Standard = sdk.StandardSchemaWithJSON<Data, Data>["~standard"];

const slim = (schema: z.ZodObject): sdk.StandardSchemaWithJSON<Data, Data> => {
  const { jsonSchema, validate, ...standard } = schema["~standard"] as Standard; // its values are objects
  const slimmedBy =
    (make: Standard["jsonSchema"]["input"]): Standard["jsonSchema"]["input"] =>
    (options) =>
      slimmed(make(options)) as JsonSchema; // an object gives an object
  return {
    "~standard": {
      ...standard,
      validate: async (value) => {
        const result = await validate(value);
        return result.issues === undefined ? result : { issues: shortened(result.issues) };
      },
      jsonSchema: { input: slimmedBy(jsonSchema.input), output: slimmedBy(jsonSchema.output) },
    },
  };
};

const errorResult = async (error: unknown, { edge }: Parts): Promise<CallToolResult> => ({
  isError: true,
  content: [{ type: "text", text: await edge.report(error) }],
});

export const registerTool = (parts: Parts, tool: Tool): void => {
  const { server, edge, runCall } = parts;
  const config = {
    title: tool.title,
    description: tool.description,
    inputSchema: slim(tool.input),
    annotations: annotationsOf(tool, edge.settings),
    ...(tool.output === undefined ? {} : { outputSchema: slim(tool.output) }),
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

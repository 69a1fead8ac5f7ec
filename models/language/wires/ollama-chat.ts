/** POST /api/chat: https://docs.ollama.com/api/chat */
import type { ChatRequest, Ollama } from "ollama";
import { z } from "zod";
import { CallError } from "../../../src/errors.ts";
import { maxTokensFor } from "../capabilities.ts";
import type { Fetch } from "../guarded-fetch.ts";
import type { LanguageRequest } from "../language-model.ts";
import type { Target, Wire, WireReply } from "../wire.ts";
import { bearer, checkEnvelope, countSchema } from "../wire.ts";

/** Tokens of prompt and answer the server makes room for. */
const CONTEXT_TOKENS = 8192;
/** How long the model stays loaded after a call. */
const KEEP_ALIVE = "5m";

const remoteFields = { remote_host: z.string().nullish(), remote_model: z.string().nullish() };
const chatSchema = z.looseObject({
  model: z.string(),
  message: z.looseObject({ content: z.string() }),
  done: z.literal(true),
  done_reason: z.string().optional(),
  prompt_eval_count: countSchema,
  eval_count: countSchema,
  ...remoteFields,
});
const tagsSchema = z.looseObject({ models: z.array(z.looseObject({ name: z.string() })) });
const showSchema = z.looseObject({ capabilities: z.array(z.string()).nullish(), ...remoteFields });

const createClient = async ({ endpoint }: Target, fetch: Fetch): Promise<Ollama> => {
  const { Ollama: Client } = await import("ollama");
  return new Client({ host: endpoint.href, fetch });
};

const isRemote = (reply: { readonly remote_host?: unknown; readonly remote_model?: unknown }): boolean =>
  Boolean(reply.remote_host) || Boolean(reply.remote_model);

const chatBody = ({ model, capabilities }: Target, request: LanguageRequest): ChatRequest & { stream: false } => {
  const { image, jsonSchema } = request;
  // an image given as text would be taken for a path
  const images = image === null ? {} : { images: [new Uint8Array(image.bytes)] };
  return {
    model,
    stream: false,
    think: false,
    keep_alive: KEEP_ALIVE,
    ...(jsonSchema === null ? {} : { format: capabilities.structured ? jsonSchema : "json" }),
    options: {
      ...(capabilities.temperature ? { temperature: request.temperature } : {}),
      num_predict: maxTokensFor(capabilities, request.maxTokens),
      num_ctx: CONTEXT_TOKENS,
    },
    messages: [
      { role: "system", content: request.system },
      { role: "user", content: request.user, ...images },
      ...request.turns.map(({ role, text }) => ({ role, content: text })),
    ],
  };
};

const readChat = (value: unknown, target: Target, request: LanguageRequest): WireReply => {
  const reply = checkEnvelope(chatSchema, value);
  return {
    text: reply.message.content,
    model: reply.model,
    stop: reply.done_reason ?? null,
    truncated: reply.done_reason === "length",
    refusal: null,
    temperatureSent: target.capabilities.temperature ? request.temperature : null,
    maxTokensSent: maxTokensFor(target.capabilities, request.maxTokens),
    reportedCostUsd: null,
    usage: { input: reply.prompt_eval_count ?? null, cacheRead: 0, cacheWrite: 0, output: reply.eval_count ?? null },
    isRemote: isRemote(reply),
  };
};

/** Installed models are listed with their tag; a name without one means `latest`. */
const isInstalled = (names: readonly string[], model: string): boolean =>
  names.includes(model) || names.includes(`${model}:latest`);

export const ollamaChat: Wire = {
  errorStyle: "text",
  headers: ({ apiKey }) => bearer(apiKey),
  call: async (target, request, fetch) => {
    const client = await createClient(target, fetch);
    return readChat(await client.chat(chatBody(target, request)), target, request);
  },
  probe: async (target, fetch) => {
    const client = await createClient(target, fetch);
    const { models } = checkEnvelope(tagsSchema, await client.list());
    const names = models.map(({ name }) => name);
    if (!isInstalled(names, target.model)) throw new CallError("config", "LLM_MODEL_NOT_FOUND");
    const shown = checkEnvelope(showSchema, await client.show({ model: target.model }));
    return { vision: shown.capabilities?.includes("vision") ?? null, isRemote: isRemote(shown) };
  },
};

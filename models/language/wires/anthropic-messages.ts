/** POST /v1/messages: https://platform.claude.com/docs/en/api/messages */
import type Anthropic from "@anthropic-ai/sdk";
import { z } from "zod";
import { maxTokensFor } from "../capabilities.ts";
import type { Fetch } from "../guarded-fetch.ts";
import type { LanguageRequest } from "../language-model.ts";
import type { Target, Wire, WireAnswer } from "../wire.ts";
import { bearer, checkEnvelope, countSchema, sdkOptions } from "../wire.ts";

type Body = Anthropic.MessageCreateParamsNonStreaming;

/** The version the SDK's types describe. */
const API_VERSION = "2026-10-21";
const LEGACY_API_VERSION = "2023-06-01";
const CUT_OFF = new Set(["max_tokens", "model_context_window_exceeded"]);

const messageSchema = z.looseObject({
  model: z.string(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullable(),
  stop_details: z.looseObject({ category: z.string().nullish() }).nullish(),
  usage: z.looseObject({
    input_tokens: z.number(),
    output_tokens: z.number(),
    cache_read_input_tokens: countSchema,
    cache_creation_input_tokens: countSchema,
  }),
});

export const createClient = async (target: Target, fetch: Fetch): Promise<Anthropic> => {
  const { default: Client } = await import("@anthropic-ai/sdk");
  // null and "" where undefined would be looked up in the environment; the exchange sends the real key
  return new Client({
    apiKey: target.apiKey ?? "",
    authToken: null,
    webhookKey: null,
    openTelemetry: false,
    defaultHeaders: { authorization: null },
    ...sdkOptions(target, fetch),
  });
};

const outputConfig = ({ capabilities }: Target, { jsonSchema }: LanguageRequest): Body["output_config"] => ({
  ...(capabilities.effort === "low" ? { effort: "low" } : {}),
  ...(capabilities.structured && jsonSchema !== null
    ? { format: { type: "json_schema", schema: { ...jsonSchema } } }
    : {}),
});

const userContent = ({ image, user }: LanguageRequest): Anthropic.ContentBlockParam[] => {
  const text = { type: "text", text: user } as const;
  if (image === null) return [text];
  const data = image.bytes.toString("base64");
  return [{ type: "image", source: { type: "base64", media_type: image.mime, data } }, text];
};

export const messageBody = (target: Target, request: LanguageRequest): Body => {
  const output = outputConfig(target, request);
  return {
    model: target.model,
    max_tokens: maxTokensFor(target.capabilities, request.maxTokens),
    system: [{ type: "text", text: request.system, cache_control: { type: "ephemeral" } }],
    ...(target.capabilities.thinkingOff ? { thinking: { type: "disabled" } } : {}),
    ...(output === undefined || output === null || Object.keys(output).length === 0 ? {} : { output_config: output }),
    messages: [
      { role: "user", content: userContent(request) },
      ...request.turns.map(({ role, text }) => ({ role, content: text })),
    ],
  };
};

export const readMessage = (value: unknown): WireAnswer => {
  const { model, content, stop_reason, stop_details, usage } = checkEnvelope(messageSchema, value);
  const cacheRead = usage.cache_read_input_tokens ?? 0;
  const cacheWrite = usage.cache_creation_input_tokens ?? 0;
  return {
    text: content.map(({ type, text }) => (type === "text" ? (text ?? "") : "")).join(""),
    model,
    stop: stop_reason,
    truncated: CUT_OFF.has(stop_reason ?? ""),
    refusal: stop_reason === "refusal" ? (stop_details?.category ?? "unspecified") : null,
    reportedCostUsd: null,
    usage: {
      input: usage.input_tokens + cacheRead + cacheWrite, // input_tokens excludes both
      cacheRead,
      cacheWrite,
      output: usage.output_tokens,
    },
  };
};

export const anthropicMessages: Wire = {
  errorStyle: "object",
  headers: ({ apiKey, capabilities }) =>
    capabilities.legacyHeaders
      ? { "x-api-key": apiKey ?? "", "anthropic-version": LEGACY_API_VERSION }
      : { ...bearer(apiKey), "anthropic-version": API_VERSION },
  call: async (target, request, fetch) => {
    const client = await createClient(target, fetch);
    const body = messageBody(target, request);
    // messages.create prints a line for every call of a model that is going to be retired
    const answer = readMessage(await client.post<unknown>("/v1/messages", { body }));
    return { ...answer, temperatureSent: null, maxTokensSent: body.max_tokens };
  },
  probe: async (target, fetch) => {
    const client = await createClient(target, fetch);
    checkEnvelope(z.looseObject({ data: z.array(z.unknown()) }), await client.models.list({ limit: 1 }));
    return { vision: null, isRemote: false };
  },
};

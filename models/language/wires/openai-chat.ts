/** POST /chat/completions, as OpenAI defines it and many servers copy it: https://platform.openai.com/docs/api-reference/chat */
import type OpenAI from "openai";
import { z } from "zod";
import { CallError } from "../../../src/errors.ts";
import { maxTokensFor } from "../capabilities.ts";
import type { Fetch } from "../guarded-fetch.ts";
import type { LanguageRequest } from "../language-model.ts";
import type { Target, Wire, WireAnswer } from "../wire.ts";
import { bearer, checkEnvelope, countSchema, sdkOptions } from "../wire.ts";

type Body = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

const completionSchema = z.looseObject({
  model: z.string(),
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        error: z.unknown().optional(),
        message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }).optional(),
      }),
    )
    .min(1),
  usage: z
    .looseObject({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      cost: countSchema,
      prompt_tokens_details: z.looseObject({ cached_tokens: countSchema }).nullish(),
    })
    .nullish(),
});

export const createClient = async (target: Target, fetch: Fetch): Promise<OpenAI> => {
  const { default: Client } = await import("openai");
  // null where undefined would be looked up in the environment; servers without keys still need a word here
  return new Client({
    apiKey: target.apiKey ?? "not-needed",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    ...sdkOptions(target, fetch),
  });
};

const userContent = ({ user, image, detail }: LanguageRequest): OpenAI.Chat.Completions.ChatCompletionContentPart[] => {
  const text = { type: "text", text: user } as const;
  if (image === null) return [text];
  const url = `data:${image.mime};base64,${image.bytes.toString("base64")}`;
  return [text, { type: "image_url", image_url: { url, detail } }];
};

export const completionBody = ({ model, capabilities }: Target, request: LanguageRequest): Body => {
  const { effort } = capabilities;
  const maxTokens = maxTokensFor(capabilities, request.maxTokens);
  return {
    model,
    ...(capabilities.temperature ? { temperature: request.temperature } : {}),
    ...(capabilities.legacyMaxTokens ? { max_tokens: maxTokens } : { max_completion_tokens: maxTokens }),
    ...(effort === null ? {} : { reasoning_effort: effort }),
    ...(capabilities.promptCacheKey ? { prompt_cache_key: request.cacheKey } : {}),
    ...(capabilities.structured && request.jsonSchema !== null
      ? {
          response_format: {
            type: "json_schema",
            json_schema: { name: "out", strict: true, schema: { ...request.jsonSchema } },
          },
        }
      : {}),
    messages: [
      { role: "system", content: request.system },
      { role: "user", content: userContent(request) },
      ...request.turns.map(({ role, text }) => ({ role, content: text })),
    ],
  };
};

export const readCompletion = (value: unknown): WireAnswer => {
  const { model, choices, usage } = checkEnvelope(completionSchema, value);
  const choice = choices[0];
  if (choice?.error !== undefined || choice?.finish_reason === "error") {
    throw new CallError("unavailable", "LLM_API_ERROR", { subCode: "ERROR_IN_200" });
  }
  if (choice?.message === undefined) {
    throw new CallError("unavailable", "LLM_API_ERROR", { subCode: "BAD_ENVELOPE" });
  }
  const { message, finish_reason: stop = null } = choice;
  return {
    text: message.content ?? "",
    model,
    stop,
    truncated: stop === "length",
    refusal: message.refusal ?? (stop === "content_filter" ? "content_filter" : null),
    reportedCostUsd: usage?.cost ?? null,
    usage: {
      input: usage?.prompt_tokens ?? null,
      cacheRead: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      cacheWrite: 0,
      output: usage?.completion_tokens ?? null,
    },
  };
};

export const openaiChat: Wire = {
  errorStyle: "object",
  headers: ({ apiKey }) => bearer(apiKey),
  call: async (target, request, fetch) => {
    const client = await createClient(target, fetch);
    const answer = readCompletion(await client.chat.completions.create(completionBody(target, request)));
    return {
      ...answer,
      temperatureSent: target.capabilities.temperature ? request.temperature : null,
      maxTokensSent: maxTokensFor(target.capabilities, request.maxTokens),
    };
  },
  probe: async (target, fetch) => {
    const client = await createClient(target, fetch);
    checkEnvelope(z.looseObject({ data: z.array(z.unknown()) }), await client.models.list());
    return { vision: null, isRemote: false };
  },
};

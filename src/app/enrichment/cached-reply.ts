/** Replies as the result cache keeps them. */
import { z } from "zod";
import type { LanguageReply } from "../../../models/language/language-model.ts";

const tokens = z.number().nullable();

const replySchema = z.object({
  text: z.string(),
  model: z.string(),
  stop: z.string().nullable(),
  truncated: z.boolean(),
  refusal: z.string().nullable(),
  latencyMs: z.number(),
  tokensUsed: tokens,
  temperatureSent: z.number().nullable(),
  maxTokensSent: z.number(),
  requestId: z.string().nullable(),
  reportedCostUsd: z.number().nullable(),
  usage: z.object({ input: tokens, cacheRead: z.number(), cacheWrite: z.number(), output: tokens }),
}) satisfies z.ZodType<LanguageReply>;

export const storeReply = (reply: LanguageReply): string => JSON.stringify(reply);

/** @throws SyntaxError or ZodError for what another version of photon has written */
export const readReply = (value: string): LanguageReply => replySchema.parse(JSON.parse(value));

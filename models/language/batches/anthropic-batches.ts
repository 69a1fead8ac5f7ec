/** https://platform.claude.com/docs/en/build-with-claude/batch-processing */
import { z } from "zod";
import { MINUTE } from "../../../src/clock.ts";
import { failureOfStatus } from "../classify.ts";
import { guardedDownload, guardedFetch } from "../guarded-fetch.ts";
import type { BatchResult, CallOptions, LanguageBatches } from "../language-model.ts";
import type { Target } from "../wire.ts";
import { checkEnvelope } from "../wire.ts";
import type { Exchanges } from "../wire-model.ts";
import { createClient, messageBody, readMessage } from "../wires/anthropic-messages.ts";
import { itemResult, lostItem, parseLine } from "./batch-lines.ts";

const NEWEST = 100;
/** Ours and the provider's. */
const CLOCKS_DIFFER_MS = 5 * MINUTE;

const pageSchema = z.looseObject({
  data: z.array(z.looseObject({ id: z.string(), processing_status: z.string(), created_at: z.string().nullish() })),
});
const batchSchema = z.looseObject({ id: z.string(), processing_status: z.string() });
const lineSchema = z.looseObject({
  custom_id: z.string(),
  result: z.looseObject({
    type: z.string(),
    message: z.unknown().optional(),
    error: z
      .looseObject({ error: z.looseObject({ type: z.string(), message: z.string().optional() }).optional() })
      .optional(),
  }),
});

/** Errors of items come without the status they would have had as replies. */
const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};
const UNKNOWN_ERROR_STATUS = 500;

const readLine = (line: string): BatchResult => {
  const { custom_id: id, result } = checkEnvelope(lineSchema, parseLine(line));
  if (result.type === "succeeded") return itemResult(id, () => readMessage(result.message), null);
  if (result.type !== "errored") return lostItem(id); // expired or cancelled
  const { type = "", message = "" } = result.error?.error ?? {};
  const status = Object.hasOwn(STATUS_OF_ERROR, type) ? STATUS_OF_ERROR[type] : undefined;
  return { id, failure: failureOfStatus(status ?? UNKNOWN_ERROR_STATUS, { type, message }) };
};

export const anthropicBatches = (target: Target, { run, stream }: Exchanges): LanguageBatches => {
  const collect = (batchId: string, options: CallOptions): AsyncGenerator<BatchResult> =>
    stream(target, options, async function* (exchange) {
      // built here: the address in the provider's reply may be one that a gateway does not serve
      const path = `v1/messages/batches/${encodeURIComponent(batchId)}/results`;
      const url = new URL(`${target.endpoint.href.replace(/\/$/, "")}/${path}`);
      for await (const line of guardedDownload(exchange, url)) yield readLine(line);
    });
  return {
    submit: (items, options) =>
      run(target, options, async (exchange) => {
        const client = await createClient(target, guardedFetch(exchange));
        const requests = items.map(({ id, request }) => ({ custom_id: id, params: messageBody(target, request) }));
        return checkEnvelope(batchSchema, await client.messages.batches.create({ requests })).id;
      }),
    find: async (name, { since, ...options }) => {
      const page = await run(target, options, async (exchange) => {
        const client = await createClient(target, guardedFetch(exchange));
        return checkEnvelope(pageSchema, await client.messages.batches.list({ limit: NEWEST }));
      });
      const isEnded = ({ processing_status: status, created_at: at }: (typeof page.data)[number]): boolean =>
        status === "ended" && Date.parse(at ?? "") >= since - CLOCKS_DIFFER_MS;
      // A batch has no name of its own there; its items have, and only its results tell them.
      for (const { id } of page.data.filter(isEnded)) {
        for await (const { id: item } of collect(id, options)) {
          if (item.startsWith(name)) return id;
          break;
        }
      }
      return undefined;
    },
    poll: (batchId, options) =>
      run(target, options, async (exchange) => {
        const client = await createClient(target, guardedFetch(exchange));
        const batch = checkEnvelope(batchSchema, await client.messages.batches.retrieve(batchId));
        return batch.processing_status === "ended" ? "ended" : "working";
      }),
    collect,
    delete: (batchId, options) =>
      run(target, options, async (exchange) => {
        const client = await createClient(target, guardedFetch(exchange));
        await client.messages.batches.delete(batchId);
      }),
  };
};

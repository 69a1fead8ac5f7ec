/** https://platform.openai.com/docs/guides/batch */
import { z } from "zod";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { CallError } from "../../../src/errors.ts";
import { failureOfStatus } from "../classify.ts";
import { guardedDownload, guardedFetch } from "../guarded-fetch.ts";
import type { BatchItem, BatchResult, BatchState, CallOptions, LanguageBatches } from "../language-model.ts";
import type { Target } from "../wire.ts";
import { checkEnvelope } from "../wire.ts";
import type { Exchanges } from "../wire-model.ts";
import { completionBody, createClient, readCompletion } from "../wires/openai-chat.ts";
import { itemResult, lostItem, parseLine } from "./batch-lines.ts";

const ENDPOINT = "/v1/chat/completions";
const NOT_FOUND_STATUS = 404;
/** Under which a batch carries its name. */
const NAME_KEY = "photon_batch";
const NEWEST = 100;
/** Ours and the provider's. */
const CLOCKS_DIFFER_MS = 5 * MINUTE;

const fileSchema = z.looseObject({ id: z.string() });
const batchSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  input_file_id: z.string().nullish(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
});
type Batch = z.output<typeof batchSchema>;

const pageSchema = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string(),
      created_at: z.number().nullish(),
      metadata: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});

const lineSchema = z.looseObject({
  custom_id: z.string(),
  response: z.looseObject({ status_code: z.number(), request_id: z.string().nullish(), body: z.unknown() }).nullish(),
});
const errorSchema = z.looseObject({
  error: z.looseObject({ type: z.string().nullish(), code: z.string().nullish(), message: z.string().nullish() }),
});

/** Expired and cancelled batches keep the results they came to. */
const ENDED = new Set(["completed", "expired", "cancelled"]);

const stateOf = ({ status }: Batch): BatchState => {
  if (ENDED.has(status)) return "ended";
  return status === "failed" ? "failed" : "working";
};

const itemFailure = (status: number, body: unknown): CallError => {
  const { type, code, message } = errorSchema.safeParse(body).data?.error ?? {};
  return failureOfStatus(status, { type: type ?? "", code: code ?? "", message: message ?? "" });
};

const readLine = (line: string): BatchResult => {
  const { custom_id: id, response } = checkEnvelope(lineSchema, parseLine(line));
  if (response === null || response === undefined) return lostItem(id); // expired
  if (response.status_code >= 400) return { id, failure: itemFailure(response.status_code, response.body) };
  return itemResult(id, () => readCompletion(response.body), response.request_id ?? null);
};

const uploadOf = (target: Target, items: readonly BatchItem[]): File => {
  const lines = items.map(({ id, request }) =>
    JSON.stringify({ custom_id: id, method: "POST", url: ENDPOINT, body: completionBody(target, request) }),
  );
  return new File(
    lines.map((line) => `${line}\n`),
    "photon-batch.jsonl",
    { type: "application/jsonl" },
  );
};

const filesOf = (batch: Batch, names: readonly ("input_file_id" | "output_file_id" | "error_file_id")[]) =>
  names.flatMap((name) => batch[name] ?? []);

const nameOf = (name: string | undefined) => (name === undefined ? {} : { metadata: { [NAME_KEY]: name } });

const isOfName = (
  { metadata, created_at: at }: z.output<typeof pageSchema>["data"][number],
  name: string,
  since: number,
): boolean => metadata?.[NAME_KEY] === name && (at ?? Infinity) * SECOND >= since - CLOCKS_DIFFER_MS;

export const openaiBatches = (target: Target, { run, stream }: Exchanges): LanguageBatches => {
  const retrieve = (batchId: string, options: CallOptions): Promise<Batch> =>
    run(target, options, async (exchange) => {
      const client = await createClient(target, guardedFetch(exchange));
      return checkEnvelope(batchSchema, await client.batches.retrieve(batchId));
    });

  const deleteFile = async (fileId: string, options: CallOptions): Promise<void> => {
    try {
      await run(target, options, async (exchange) =>
        (await createClient(target, guardedFetch(exchange))).files.delete(fileId),
      );
    } catch (error) {
      if (error instanceof CallError && error.status === NOT_FOUND_STATUS) return; // gone already
      throw error;
    }
  };

  const download = (fileId: string, options: CallOptions): AsyncGenerator<BatchResult> =>
    stream(target, options, async function* (exchange) {
      const base = target.endpoint.href.replace(/\/$/, "");
      const url = new URL(`${base}/files/${encodeURIComponent(fileId)}/content`);
      for await (const line of guardedDownload(exchange, url)) yield readLine(line);
    });

  return {
    submit: (items, { name, ...options }) =>
      run(target, options, async (exchange) => {
        const client = await createClient(target, guardedFetch(exchange));
        const file = uploadOf(target, items);
        const { id } = checkEnvelope(fileSchema, await client.files.create({ file, purpose: "batch" }));
        const order = {
          input_file_id: id,
          endpoint: ENDPOINT,
          completion_window: "24h",
          ...nameOf(name),
        } as const;
        try {
          return checkEnvelope(batchSchema, await client.batches.create(order)).id;
        } catch (error) {
          await client.files.delete(id).catch(() => undefined); // the first error is the one to tell
          throw error;
        }
      }),
    find: (name, { since, ...options }) =>
      run(target, options, async (exchange) => {
        const client = await createClient(target, guardedFetch(exchange));
        const page = checkEnvelope(pageSchema, await client.batches.list({ limit: NEWEST }));
        return page.data.find((listed) => isOfName(listed, name, since))?.id;
      }),
    poll: async (batchId, options) => stateOf(await retrieve(batchId, options)),
    collect: async function* (batchId, options) {
      const batch = await retrieve(batchId, options);
      for (const fileId of filesOf(batch, ["output_file_id", "error_file_id"])) yield* download(fileId, options);
    },
    delete: async (batchId, options) => {
      const batch = await retrieve(batchId, options);
      for (const fileId of filesOf(batch, ["input_file_id", "output_file_id", "error_file_id"])) {
        await deleteFile(fileId, options);
      }
    },
  };
};

/** Takes the results of a batch: each is judged, booked and stored by the handler of its job, as any reply. */
import type {
  BatchReply,
  BatchResult,
  LanguageBatches,
  LanguageModel,
  LanguageReply,
} from "../../../models/language/language-model.ts";
import { BATCH_FACTOR } from "../../../models/language/prices.ts";
import type { StoredBatch } from "../../catalogue/batch-repository.ts";
import type { CallOutcome, PlannedCall } from "../../enrichment/attempt.ts";
import { CallError } from "../../errors.ts";
import type { ServedTarget } from "../../jobs/job-store.ts";
import { JOB_LEASE_MS } from "../../jobs/worker.ts";
import type { BatchDeps, BatchRound } from "./batch-poller.ts";
import { jobOfItem } from "./batch-submit.ts";
import { createJobHandlers } from "./job-handler.ts";
import { bookCall, createCallJournal } from "./journal.ts";

/** Results written together. */
const LOT = 25;
/** What the batch could not do may work by itself; the rest is the answer. */
const ASKED_AGAIN = new Set(["unavailable", "rate_limited", "auth", "config", "cancelled"]);

export interface EndedBatch {
  readonly batch: StoredBatch;
  readonly externalId: string;
  readonly target: ServedTarget;
  readonly model: LanguageModel;
  readonly batches: LanguageBatches;
}

const replyOf = (reply: BatchReply, { request }: PlannedCall): LanguageReply => ({
  ...reply,
  latencyMs: 0,
  temperatureSent: null,
  maxTokensSent: request.maxTokens,
});

const outcomeOfFailure = ({ failure, publicCode, subCode, status }: CallError): CallOutcome => ({
  reply: null,
  failure: {
    class: failure,
    code: publicCode,
    ...(subCode === null ? {} : { sub: subCode }),
    ...(status === undefined ? {} : { status }),
  },
});

/** Books the open call of a job. */
const booking = (
  { catalogue, parts }: BatchDeps,
  { batch, model }: Pick<EndedBatch, "batch" | "model">,
  jobId: number,
) => {
  const terms = { owner: `batch:${batch.batchId}`, factor: BATCH_FACTOR } as const;
  return async (outcome: CallOutcome): Promise<void> => {
    const open = await catalogue.calls.openCallOf(jobId);
    if (open === undefined) return; // booked before a crash
    await bookCall(parts.journalDeps, { callId: open.callId, model, batch: terms }, outcome);
  };
};

/** A handler whose first call is the batch's, and whose further calls are made now. */
const writeResult = async (
  deps: BatchDeps,
  ended: EndedBatch,
  { jobId, result, signal }: { readonly jobId: number; readonly result: BatchResult; readonly signal: AbortSignal },
): Promise<void> => {
  const { catalogue, parts } = deps;
  const { handlerDeps, journalDeps, targets } = parts;
  const { batch, model, target } = ended;
  let isTaken = false;
  let first: PlannedCall | undefined;
  const replaying: LanguageModel = Object.assign(Object.create(model) as LanguageModel, {
    generate: (request: PlannedCall["request"], options: { readonly signal: AbortSignal }) => {
      if (isTaken || first === undefined) return model.generate(request, options);
      isTaken = true;
      return "reply" in result ? Promise.resolve(replyOf(result.reply, first)) : Promise.reject(result.failure);
    },
  });
  const handlers = createJobHandlers({
    ...handlerDeps,
    targets: { ...targets, model: () => replaying },
    openJournal: (subject) => {
      const live = createCallJournal(journalDeps, subject);
      return {
        begin: (call) => {
          if (first !== undefined) return live.begin(call);
          first = call;
          return Promise.resolve({ end: booking(deps, ended, jobId) });
        },
      };
    },
  });
  const lease = { target, leaseMs: JOB_LEASE_MS };
  await parts.createWorker(handlers).runClaimed(() => catalogue.batches.claim(batch.batchId, [jobId], lease), signal);
};

const takeResult = async (
  deps: BatchDeps,
  ended: EndedBatch,
  { result, signal }: { readonly result: BatchResult; readonly signal: AbortSignal },
): Promise<boolean> => {
  const jobId = jobOfItem(ended.batch.batchId, result.id);
  if (Number.isNaN(jobId)) return false;
  if ("failure" in result && ASKED_AGAIN.has(result.failure.failure)) {
    await booking(deps, ended, jobId)(outcomeOfFailure(result.failure));
    return false;
  }
  await writeResult(deps, ended, { jobId, result, signal });
  return true;
};

const LOST_ITEM = new CallError("unavailable", "LLM_API_ERROR", { subCode: "BATCH_ITEM_LOST" });

/** Books the open call of a job whose result never came. */
export const bookLost = (deps: BatchDeps, batch: Pick<EndedBatch, "batch" | "model">, jobId: number): Promise<void> =>
  booking(deps, batch, jobId)(outcomeOfFailure(LOST_ITEM));

/** Removing what is kept at the provider is tidiness: results are safe here. */
export const removeThere = async (
  { logger }: BatchDeps,
  { batches, externalId }: Pick<EndedBatch, "batches" | "externalId">,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await batches.delete(externalId, { signal });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    logger.warn("The files of a finished batch could not be removed at the provider.", { code: error.publicCode });
  }
};

/** May be interrupted anywhere: what is written is not `submitted` any more, and is passed over next time. */
export const collectBatch = async (
  deps: BatchDeps,
  ended: EndedBatch,
  signal: AbortSignal,
): Promise<Partial<BatchRound>> => {
  const { catalogue } = deps;
  const { batch, batches, externalId } = ended;
  const left = new Set(await catalogue.batches.jobs(batch.batchId));
  let collected = 0;
  let lot: Promise<boolean>[] = [];
  const flush = async (): Promise<void> => {
    collected += (await Promise.all(lot)).filter(Boolean).length;
    lot = [];
  };
  try {
    for await (const result of batches.collect(externalId, { signal })) {
      if (!left.delete(jobOfItem(batch.batchId, result.id))) continue;
      lot.push(takeResult(deps, ended, { result, signal }));
      if (lot.length >= LOT) await flush();
    }
  } finally {
    await flush(); // what came before the connection broke is written
  }
  signal.throwIfAborted();
  const returned = await catalogue.batches.end(batch.batchId, "DONE");
  for (const jobId of returned) await bookLost(deps, ended, jobId);
  await removeThere(deps, ended, signal);
  return { collected, returned: returned.length };
};

/** Puts jobs into a batch: each is prepared by its own handler, as far as the call that it would make. */
import type { BatchItem } from "../../../models/language/language-model.ts";
import { BATCH_FACTOR } from "../../../models/language/prices.ts";
import { CallError } from "../../errors.ts";
import type { PlannedCall } from "../../enrichment/attempt.ts";
import type { JobHandler, JobHandlers } from "../../jobs/handler.ts";
import { JOB_LEASE_MS } from "../../jobs/worker.ts";
import type { BatchDeps, BatchTarget } from "./batch-poller.ts";
import { BATCH_WINDOW_MS } from "./batch-window.ts";
import { createJobHandlers } from "./job-handler.ts";
import type { AdmittedCall } from "./journal.ts";
import { bookCall, createCallJournal } from "./journal.ts";

const MOST_ITEMS = 500;
const MOST_BYTES = 100 * 1024 * 1024;
/** Jobs prepared together: their pictures are in memory. */
const LOT = 25;
/** Base64, and the JSON around it. */
const WIRE_GROWTH = 1.4;

/** Names an item after its batch and its job, so that photon's own are recognised at the provider. */
const itemId = (batchId: string, jobId: number): string => `${batchId}-${jobId}`;
/** @returns NaN for what is none of the batch's */
export const jobOfItem = (batchId: string, id: string): number =>
  id.startsWith(`${batchId}-`) ? Number(id.slice(batchId.length + 1)) : Number.NaN;

export interface BatchRequest extends BatchTarget {
  readonly route: string;
  readonly kinds: readonly string[];
  readonly priority: number;
}

/** Thrown by the journal where a call would begin: the call is made by the batch. */
class IntoBatch extends Error {
  readonly call: PlannedCall;
  readonly admitted: AdmittedCall;

  constructor(call: PlannedCall, admitted: AdmittedCall) {
    super("The batch makes this call.");
    this.call = call;
    this.admitted = admitted;
  }
}

interface Prepared {
  readonly item: BatchItem;
  readonly admitted: AdmittedCall;
}

const sizeOf = ({ item }: Prepared): number => {
  const { system, user, image } = item.request;
  return system.length + user.length + WIRE_GROWTH * (image?.bytes.length ?? 0);
};

/** Handlers that stop where the call would be made, and leave the job to the batch. */
const preparingHandlers = (
  { catalogue, parts }: BatchDeps,
  batchId: string,
  prepared: Map<number, Prepared>,
): JobHandlers => {
  const { handlerDeps, journalDeps } = parts;
  const handlers = createJobHandlers({
    ...handlerDeps,
    openJournal: (subject) => {
      const batch = { owner: `batch:${batchId}`, factor: BATCH_FACTOR } as const;
      const journal = createCallJournal(journalDeps, { ...subject, batch });
      return {
        begin: async (call) => {
          throw new IntoBatch(call, await journal.admit(call));
        },
      };
    },
  });
  const preparing =
    (handler: JobHandler): JobHandler =>
    async (job, context) => {
      try {
        return await handler(job, context);
      } catch (error) {
        if (!(error instanceof IntoBatch)) throw error;
        prepared.set(job.id, {
          item: { id: itemId(batchId, job.id), request: error.call.request },
          admitted: error.admitted,
        });
        return { write: (tx) => catalogue.batches.take(tx, job.ref, batchId), wasCalled: false };
      }
    };
  return Object.fromEntries(Object.entries(handlers).map(([kind, handler]) => [kind, preparing(handler)]));
};

/** Items of jobs that the batch really has. */
const prepareLot = async (
  deps: BatchDeps,
  { batchId, ids }: { readonly batchId: string; readonly ids: readonly number[] },
  signal: AbortSignal,
): Promise<readonly Prepared[]> => {
  const prepared = new Map<number, Prepared>();
  const worker = deps.parts.createWorker(preparingHandlers(deps, batchId, prepared));
  const { jobs, owner } = deps.catalogue;
  const claim = { owner, serve: deps.parts.targets.serve, limit: ids.length, leaseMs: JOB_LEASE_MS };
  await worker.runClaimed(() => jobs.claim({ ...claim, only: ids, isIdle: true }), signal);
  const taken = new Set(await deps.catalogue.batches.jobs(batchId));
  return [...prepared].filter(([id]) => taken.has(id)).map(([, item]) => item);
};

/** Nothing of it is worked on: the calls are over, and their jobs are called by themselves. */
const takeBack = async (
  { catalogue, parts }: BatchDeps,
  { batchId, items, error }: { batchId: string; items: readonly Prepared[]; error: CallError },
): Promise<void> => {
  const { failure, publicCode, subCode, status } = error;
  const outcome = {
    reply: null,
    failure: {
      class: failure,
      code: publicCode,
      ...(subCode === null ? {} : { sub: subCode }),
      ...(status === undefined ? {} : { status }),
    },
  };
  for (const { admitted } of items) await bookCall(parts.journalDeps, admitted, outcome);
  await catalogue.batches.end(batchId, "LOST");
};

/** The provider said no, or was never reached; otherwise it may have the batch although nobody heard it say so. */
const isRefused = ({ failure, subCode, status }: CallError): boolean =>
  subCode === "UNREACHABLE" || failure === "auth" || failure === "config" || (status !== undefined && status < 500);

/** @returns jobs in the batch, and whether more are waiting for another one */
export const submitBatch = async (
  deps: BatchDeps,
  { route, kinds, priority, model, batches }: BatchRequest,
  signal: AbortSignal,
): Promise<{ readonly submitted: number; readonly isMore: boolean }> => {
  const { catalogue, clock, logger } = deps;
  const waiting = await catalogue.batches.waiting({ route, kinds, priority, limit: MOST_ITEMS });
  if (waiting.length === 0) return { submitted: 0, isMore: false };
  const { providerKey, modelId } = model;
  const expiresAt = clock.now() + BATCH_WINDOW_MS;
  const batchId = await catalogue.batches.open({ providerKey, model: modelId, expiresAt });
  const items: Prepared[] = [];
  let bytes = 0;
  for (let start = 0; start < waiting.length && bytes < MOST_BYTES && !signal.aborted; start += LOT) {
    const lot = await prepareLot(deps, { batchId, ids: waiting.slice(start, start + LOT) }, signal);
    items.push(...lot);
    bytes += lot.reduce((total, item) => total + sizeOf(item), 0);
  }
  if (items.length === 0 || signal.aborted) {
    await catalogue.batches.end(batchId, "LOST");
    return { submitted: 0, isMore: false };
  }
  await catalogue.batches.sending(batchId);
  try {
    const externalId = await batches.submit(
      items.map(({ item }) => item),
      { signal, name: batchId },
    );
    await catalogue.batches.submitted(batchId, externalId);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    logger.warn("The provider did not take a batch.", { provider: model.provider, code: error.publicCode });
    if (isRefused(error)) await takeBack(deps, { batchId, items, error });
    return { submitted: 0, isMore: false };
  }
  return { submitted: items.length, isMore: waiting.length === MOST_ITEMS || bytes >= MOST_BYTES };
};

/** Requests as they would be sent, made by the handlers themselves as far as the call; nothing is sent or written. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { PlannedCall } from "../../enrichment/attempt.ts";
import type { JobHandlers } from "../../jobs/handler.ts";
import { JobFailure } from "../../jobs/failure.ts";
import type { ClaimedJob } from "../../jobs/job-store.ts";
import type { JobHandlerDeps } from "./job-handler.ts";
import { createJobHandlers } from "./job-handler.ts";
import type { Payload } from "./payload.ts";
import type { EnrichmentPlan, PlannedJob } from "./plan.ts";
import type { WorkerParts } from "./worker.ts";

/** Thrown by the journal where a call would begin. */
class WouldCall extends Error {
  readonly call: PlannedCall;

  constructor(call: PlannedCall) {
    super("This call is only shown.");
    this.call = call;
  }
}

/** As a worker would claim it. */
const claimed = (job: PlannedJob, { providerKey, modelId: model }: LanguageModel): ClaimedJob => ({
  ...job,
  ref: "0:0",
  id: 0,
  providerKey,
  model,
  payload: {},
  userId: 0,
  executionId: "preview",
  priority: 0,
  attemptsInvalid: 0,
  snoozes: 0,
  crashes: 0,
  isolated: 0,
  firstUnavailableAt: undefined,
  lastUnavailableAt: undefined,
  createdAt: 0,
});

/** What a kind builds on is not asked for, and texts need not be kept. */
const readOnly = (
  catalogue: JobHandlerDeps["catalogue"],
  texts: EnrichmentPlan["texts"],
): JobHandlerDeps["catalogue"] => ({
  ...catalogue,
  executions: { ...catalogue.executions, enqueue: () => Promise.resolve(0) },
  subjects: {
    ...catalogue.subjects,
    text: (scopeId) => {
      const given = texts.get(scopeId);
      return given === undefined ? catalogue.subjects.text(scopeId) : Promise.resolve(given);
    },
  },
});

const previewOf = async (
  handlers: JobHandlers,
  job: ClaimedJob,
  { model, signal }: { readonly model: LanguageModel; readonly signal: AbortSignal },
): Promise<Payload | undefined> => {
  try {
    await handlers[job.kind]?.(job, { signal, extend: () => undefined });
    return undefined; // there is nothing to ask
  } catch (error) {
    if (error instanceof WouldCall) {
      return { scopeId: job.scopeId, documentType: job.documentType, model, request: error.call.request };
    }
    if (error instanceof JobFailure) return undefined; // it would wait, or has nothing to send
    throw error;
  }
};

/** The first request of each job of a plan; of jobs that would make none nothing. */
export async function* previewRequests(
  { targets, handlerDeps }: WorkerParts,
  { earlier, jobs, texts }: EnrichmentPlan,
  signal: AbortSignal,
): AsyncGenerator<Payload> {
  const handlers = createJobHandlers({
    ...handlerDeps,
    catalogue: readOnly(handlerDeps.catalogue, texts),
    openJournal: () => ({ begin: (call) => Promise.reject(new WouldCall(call)) }),
  });
  for (const job of [...earlier, ...jobs]) {
    signal.throwIfAborted();
    const [model] = targets.chainOf(job.route);
    if (model === undefined) continue;
    const payload = await previewOf(handlers, claimed(job, model), { model, signal });
    if (payload !== undefined) yield payload;
  }
}

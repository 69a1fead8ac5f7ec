/**
 * Batches of providers, for work that nobody waits for: half the price, within a day. One process at a time looks after
 * them. A round submits what waits and takes what has come:
 *
 *   submit:   jobs prepared as for any call ▶ admitted and in the ledger ▶ `submitted` ▶ upload
 *   collect:  batch ended ▶ each result judged, booked and stored as any reply ▶ the rest is called by itself ▶ removed
 */
import type { LanguageBatches, LanguageModel } from "../../../models/language/language-model.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { StoredBatch } from "../../catalogue/batch-repository.ts";
import type { Clock } from "../../clock.ts";
import { CallError, isAbort } from "../../errors.ts";
import { PRIORITY } from "../../jobs/job-store.ts";
import type { ServedTarget } from "../../jobs/job-store.ts";
import type { Logger } from "../../logger.ts";
import { holdRole } from "../hold-role.ts";
import { bookLost, collectBatch, removeThere } from "./batch-collect.ts";
import { submitBatch } from "./batch-submit.ts";
import { BATCH_WINDOW_MS } from "./batch-window.ts";
import type { WorkerParts } from "./worker.ts";

const ROLE = "batch-poller";

export interface BatchDeps {
  readonly catalogue: Catalogue;
  readonly parts: WorkerParts;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface BatchRound {
  /** Jobs that a batch has taken. */
  readonly submitted: number;
  /** Results that were written. */
  readonly collected: number;
  /** Jobs that a batch gave back. */
  readonly returned: number;
}

const NOTHING: BatchRound = { submitted: 0, collected: 0, returned: 0 };

const sum = (left: BatchRound, right: Partial<BatchRound>): BatchRound => ({
  submitted: left.submitted + (right.submitted ?? 0),
  collected: left.collected + (right.collected ?? 0),
  returned: left.returned + (right.returned ?? 0),
});

export interface BatchTarget {
  readonly model: LanguageModel;
  readonly batches: LanguageBatches;
}

/** Routes whose first target has batches, with the kinds it serves there. */
const batchRoutes = ({
  targets,
}: WorkerParts): readonly (BatchTarget & { route: string; kinds: readonly string[] })[] => {
  const routes = Map.groupBy(targets.serve, ({ route }) => route);
  return [...routes].flatMap(([route, served]) => {
    const [model] = targets.chainOf(route);
    if (model?.batches === undefined) return [];
    return [{ route, kinds: [...new Set(served.map(({ kind }) => kind))], model, batches: model.batches }];
  });
};

/** Whether the provider may be called now. */
const isCallable = async ({ catalogue, clock }: BatchDeps, { providerKey, modelId }: LanguageModel) => {
  const { pauses } = await catalogue.jobs.stats();
  const stops = new Set(["all", `provider:${providerKey}`, `model:${providerKey}/${modelId}`]);
  if (pauses.some(({ target, until }) => stops.has(target) && (until === null || until > clock.now()))) return false;
  return (await catalogue.providers.state(providerKey))?.circuit === "closed";
};

const submitWaiting = async (deps: BatchDeps, signal: AbortSignal): Promise<number> => {
  let submitted = 0;
  for (const { route, kinds, ...target } of batchRoutes(deps.parts)) {
    if (!(await isCallable(deps, target.model))) continue;
    for (;;) {
      if (signal.aborted) return submitted;
      const result = await submitBatch(deps, { route, kinds, priority: PRIORITY.noHurry, ...target }, signal);
      submitted += result.submitted;
      if (!result.isMore) break;
    }
  }
  return submitted;
};

/** The target of a batch, when this process can still call it. */
const targetOf = ({ targets }: WorkerParts, { providerKey, model }: StoredBatch): ServedTarget | undefined =>
  targets.serve.find((served) => served.providerKey === providerKey && served.model === model);

/** Its work is called by itself; what was uploaded does not stay at the provider. */
const giveUp = async (deps: BatchDeps, batch: StoredBatch, signal: AbortSignal): Promise<Partial<BatchRound>> => {
  const { catalogue, parts, logger } = deps;
  const returned = await catalogue.batches.end(batch.batchId, "LOST");
  logger.warn("A batch of the provider was lost; its work is called by itself.", { jobs: returned.length });
  const target = targetOf(parts, batch);
  const model = target === undefined ? undefined : parts.targets.model(batch.providerKey, batch.model);
  if (model === undefined) return { returned: returned.length };
  for (const jobId of returned) await bookLost(deps, { batch, model }, jobId);
  const { externalId } = batch;
  if (model.batches !== undefined && externalId !== undefined) {
    await removeThere(deps, { batches: model.batches, externalId }, signal);
  }
  return { returned: returned.length };
};

/** The provider has had twice its time. */
const isOverdue = ({ clock }: BatchDeps, { expiresAt }: StoredBatch): boolean =>
  clock.now() > expiresAt + BATCH_WINDOW_MS;

/** Left behind while it was made: what never left is called by itself at once, what may have left is looked for. */
const recoverBatch = async (
  deps: BatchDeps,
  batch: StoredBatch,
  { batches, signal }: { readonly batches: LanguageBatches; readonly signal: AbortSignal },
): Promise<Partial<BatchRound>> => {
  if (!batch.isLeft && deps.clock.now() <= batch.expiresAt) return {}; // its process is at it
  if (batch.sentAt === undefined) return giveUp(deps, batch, signal);
  const found = await batches.find(batch.batchId, { since: batch.sentAt, signal });
  if (found !== undefined) {
    await deps.catalogue.batches.submitted(batch.batchId, found);
    return {};
  }
  return deps.clock.now() > batch.sentAt + BATCH_WINDOW_MS ? giveUp(deps, batch, signal) : {};
};

const lookAfter = async (deps: BatchDeps, batch: StoredBatch, signal: AbortSignal): Promise<Partial<BatchRound>> => {
  const { catalogue, parts } = deps;
  const target = targetOf(parts, batch);
  const model = target === undefined ? undefined : parts.targets.model(batch.providerKey, batch.model);
  const batches = model?.batches;
  if (target === undefined || model === undefined || batches === undefined) {
    return isOverdue(deps, batch) ? giveUp(deps, batch, signal) : {}; // somebody else may have the key
  }
  const { externalId } = batch;
  if (batch.state === "CREATING" || externalId === undefined) return recoverBatch(deps, batch, { batches, signal });
  const state = batch.state === "COLLECTING" ? "ended" : await batches.poll(externalId, { signal });
  if (state === "working") return isOverdue(deps, batch) ? giveUp(deps, batch, signal) : {};
  if (state === "failed") return giveUp(deps, batch, signal);
  await catalogue.batches.collecting(batch.batchId);
  return collectBatch(deps, { batch, externalId, target, model, batches }, signal);
};

/** A batch that the provider does not know any more. */
const NOT_FOUND = "LLM_MODEL_NOT_FOUND";

const tryLookAfter = async (deps: BatchDeps, batch: StoredBatch, signal: AbortSignal): Promise<Partial<BatchRound>> => {
  try {
    return await lookAfter(deps, batch, signal);
  } catch (error) {
    if (isAbort(error) || signal.aborted || !(error instanceof CallError)) throw error;
    if (error.publicCode === NOT_FOUND || isOverdue(deps, batch)) return giveUp(deps, batch, signal);
    deps.logger.debug("A batch could not be asked for; it is asked for again.", { code: error.publicCode });
    return {};
  }
};

/** Does nothing while another process looks after the batches. */
export const batchRound = async (deps: BatchDeps, signal: AbortSignal): Promise<BatchRound> => {
  await using role = await holdRole(deps.catalogue.leases, ROLE, deps.logger);
  if (role === undefined) return NOTHING;
  await deps.catalogue.jobs.rescue(); // what a process had in hand when it was killed is still in its batch
  let round = NOTHING;
  for (const batch of await deps.catalogue.batches.unfinished()) {
    if (signal.aborted) return round;
    round = sum(round, await tryLookAfter(deps, batch, signal));
  }
  return sum(round, { submitted: await submitWaiting(deps, signal) });
};

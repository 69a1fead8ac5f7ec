/**
 * The journal of calls: before each request the result cache is asked, then the request is admitted (privacy, budget,
 * call log, ledger); after it the reply is booked with its price, and what became a document enters the cache.
 */
import type { LanguageReply } from "../../../models/language/language-model.ts";
import type { CallPrice, PriceList } from "../../../models/language/prices.ts";
import type { Admission, CacheEntry, CallEnd, CallLogRepository, NewCall } from "../../catalogue/call-log.ts";
import type { Clock } from "../../clock.ts";
import { SECOND } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { BegunCall, CallableModel, CallJournal, CallOutcome, PlannedCall } from "../../enrichment/attempt.ts";
import { JobFailure } from "../../jobs/failure.ts";
import type { Logger } from "../../logger.ts";
import { jpegSize } from "../../photo/jpeg-size.ts";
import { readReply, storeReply } from "./cached-reply.ts";
import { estimateCall } from "./call-estimate.ts";
import type { IsLocalOnly } from "./local-only.ts";
import type { PricedTargets } from "./call-terms.ts";
import { budgetLimits, priceCall, pricedProviders } from "./call-terms.ts";
import type { LeavingRequest } from "./ledger-entry.ts";
import { ledgerEntry, originOf } from "./ledger-entry.ts";

export interface CallJournalDeps {
  readonly calls: CallLogRepository;
  readonly settings: Pick<Config["llm"], "cache" | "budget">;
  readonly targets: PricedTargets;
  /** See models/language/prices.ts; loaded with the first call. */
  readonly prices: () => Promise<PriceList>;
  /** Whether a file must not leave this machine; asked again at the moment of sending. */
  readonly isLocalOnly: IsLocalOnly;
  readonly clock: Clock;
  readonly logger: Logger;
  /** IANA name of the zone whose days and months the budget follows; left out = that of this machine. */
  readonly timeZone?: string;
}

/** What the calls of one attempt are about. */
export interface CallSubject {
  readonly executionId: string;
  /** The kind; `canary` for the known-good picture. */
  readonly stepId: string;
  readonly jobId?: number;
  readonly scopeId?: string;
  /** The photo that is sent, with the size of the picture where its bytes do not tell. */
  readonly photo?: { readonly contentHash: string; readonly width?: number; readonly height?: number };
  /** Content hashes of further photos that the request tells something about: members of an album. */
  readonly alsoAbout?: readonly string[];
  readonly promptVersion: number;
  /** Names of the data fields that are sent. */
  readonly fields: readonly string[];
  /** Canaries never ask the cache. */
  readonly purpose: "enrich" | "canary";
  /** Set for an item of a provider's batch. */
  readonly batch?: BatchTerms;
}

export interface BatchTerms {
  /** `batch:<batch id>`: the batch answers for the call, not this process. */
  readonly owner: `batch:${string}`;
  /** Part of the usual price. */
  readonly factor: number;
}

/** A call that has been admitted: all that is needed to book its end, by this process or another one. */
export interface AdmittedCall {
  readonly callId: string;
  readonly model: CallableModel;
  readonly batch?: BatchTerms | undefined;
  /** Where an accepted result is kept; left out = nowhere. */
  readonly cacheAs?: { readonly key: string; readonly scopeId: string } | undefined;
}

const photosOf = ({ scopeId, photo }: CallSubject): readonly string[] => {
  const hash = photo?.contentHash ?? (/^[0-9a-f]{64}$/.test(scopeId ?? "") ? scopeId : undefined);
  return hash === undefined ? [] : [hash];
};

const newCall = (about: CallSubject, { model, number }: PlannedCall): NewCall => ({
  executionId: about.executionId,
  stepId: about.stepId,
  jobId: about.jobId,
  scopeId: about.scopeId,
  provider: model.provider,
  model: model.modelId,
  attempt: number,
  promptVersion: about.promptVersion,
});

/** The provider has rejected the request, or never had it: nothing was billed. */
const isUnbilled = (outcome: CallOutcome): boolean => {
  const { reply, failure } = outcome;
  if (reply !== null || failure === null) return false;
  return failure.sub === "UNREACHABLE" || (failure.status !== undefined && failure.status >= 400);
};

const UNKNOWN_PRICE: CallPrice = { micros: null, source: "unknown" };

const priceOfEnd = async (deps: CallJournalDeps, call: AdmittedCall, outcome: CallOutcome): Promise<CallPrice> => {
  const { model, batch } = call;
  if (!model.leavesMachine) return { micros: 0, source: "local" };
  if (outcome.reply === null) return UNKNOWN_PRICE;
  const { usage, reportedCostUsd } = outcome.reply;
  const factor = batch === undefined ? {} : { factor: batch.factor };
  return priceCall(await deps.prices(), deps.targets, { model, usage, reportedCostUsd, ...factor });
};

const usageOf = ({ usage }: LanguageReply): CallEnd["usage"] => ({
  inputTokens: usage.input,
  outputTokens: usage.output,
  cacheReadTokens: usage.cacheRead,
  cacheWriteTokens: usage.cacheWrite,
});

const endOf = (outcome: CallOutcome, price: CallPrice, isBatch: boolean): CallEnd => {
  const { reply, failure } = outcome;
  const unbilled = isUnbilled(outcome);
  return {
    model: reply?.model ?? null,
    usage: reply === null ? null : usageOf(reply),
    latencyMs: reply === null || isBatch ? null : reply.latencyMs,
    temperatureSent: reply?.temperatureSent ?? null,
    stopReason: reply?.stop ?? null,
    requestId: reply?.requestId ?? null,
    repaired: reply !== null && outcome.repaired,
    costMicros: unbilled ? 0 : price.micros,
    priceSource: unbilled ? null : price.source,
    keepsReservation: !unbilled && price.micros === null,
    failure,
  };
};

const entryOf = (
  { settings: { cache } }: CallJournalDeps,
  { cacheAs }: AdmittedCall,
  outcome: CallOutcome,
): CacheEntry | undefined => {
  if (cacheAs === undefined || outcome.reply === null || !outcome.accepted) return undefined;
  return {
    ...cacheAs,
    value: storeReply(outcome.reply),
    model: outcome.reply.model,
    ttlMs: cache.ttl_seconds === 0 ? null : cache.ttl_seconds * SECOND,
    maxSize: cache.max_size,
  };
};

/** Books what came of an admitted call. */
export const bookCall = async (deps: CallJournalDeps, call: AdmittedCall, outcome: CallOutcome): Promise<void> => {
  const end = endOf(outcome, await priceOfEnd(deps, call, outcome), call.batch !== undefined);
  const entry = entryOf(deps, call, outcome);
  const onError = (error: unknown): void => warnOfCache(deps, error);
  await deps.calls.complete(call.callId, end, ...(entry === undefined ? [] : [{ entry, onError }]));
};

const warnOfCache = ({ logger }: CallJournalDeps, error: unknown): void =>
  logger.warn("The cache of results failed; the work goes on without it.", {
    error: error instanceof Error ? error.message : String(error),
  });

const cachedReply = async (deps: CallJournalDeps, key: string): Promise<LanguageReply | undefined> => {
  try {
    const value = await deps.calls.cached(key);
    return value === undefined ? undefined : readReply(value);
  } catch (error) {
    warnOfCache(deps, error);
    return undefined;
  }
};

type Refusal = Extract<Admission, { readonly admitted: false }>;

const refused = (refusal: Refusal, { targets }: CallJournalDeps, model: CallableModel): JobFailure => {
  switch (refusal.reason) {
    case "local-only":
      return new JobFailure({ class: "privacy", code: "LOCAL_ONLY" });
    case "unpriced": {
      const budget = { providerKeys: [model.providerKey], until: null };
      return new JobFailure(
        { class: "budget", code: "BUDGET_EXCEEDED", sub: "UNPRICED", budget },
        {
          hint: `Nobody knows what ${model.modelId} costs: set llm.${model.provider}.prices or llm.budget.allow_unpriced.`,
        },
      );
    }
    case "budget": {
      const budget = { providerKeys: pricedProviders(targets), until: refusal.until };
      return new JobFailure(
        { class: "budget", code: "BUDGET_EXCEEDED", budget },
        { hint: "Raise llm.budget, or wait until it begins anew." },
      );
    }
    default:
      return refusal satisfies never;
  }
};

const leavingRequest = (about: CallSubject, { model, request }: PlannedCall): LeavingRequest => {
  const { photo, purpose, fields } = about;
  const [hash] = photosOf(about);
  const { provider, providerKey } = model;
  const image =
    request.image === null ? undefined : { ...photo, ...jpegSize(request.image.bytes), bytes: request.image.bytes };
  return {
    purpose,
    provider,
    address: originOf(providerKey),
    photo: hash,
    fields,
    ...(image === undefined ? {} : { image }),
  };
};

const estimateMicros = async (
  { calls, prices, targets }: CallJournalDeps,
  { stepId, batch }: CallSubject,
  { model, request }: PlannedCall,
): Promise<number | null> => {
  if (!model.leavesMachine) return 0;
  const mean = await calls.meanUsage({ provider: model.provider, model: model.modelId, stepId });
  const size = request.image === null ? undefined : jpegSize(request.image.bytes);
  const usage = estimateCall(request, size, mean);
  const factor = batch === undefined ? {} : { factor: batch.factor };
  return priceCall(await prices(), targets, { model, usage, ...factor }).micros;
};

const admit = async (deps: CallJournalDeps, about: CallSubject, planned: PlannedCall): Promise<AdmittedCall> => {
  const { calls, settings, clock, timeZone, isLocalOnly } = deps;
  const { model, resultKey } = planned;
  const admission = await calls.admit(newCall(about, planned), {
    photos: [...photosOf(about), ...(about.alsoAbout ?? [])],
    mustStay: model.leavesMachine ? ({ root, path, options }) => isLocalOnly(root, path, options) : undefined,
    estimateMicros: await estimateMicros(deps, about, planned),
    budget: budgetLimits(settings.budget, clock.now(), timeZone),
    refuseUnpriced: !settings.budget.allow_unpriced,
    ledger: ledgerEntry(leavingRequest(about, planned)),
    owner: about.batch?.owner,
  });
  if (!admission.admitted) throw refused(admission, deps, model);
  const cacheAs = asksCache(deps, about) ? { key: resultKey, scopeId: about.scopeId ?? "" } : undefined;
  return { callId: admission.callId, model, batch: about.batch, cacheAs };
};

const asksCache = ({ settings }: CallJournalDeps, { purpose }: CallSubject): boolean =>
  settings.cache.enabled && purpose === "enrich";

const fromCache = async (
  deps: CallJournalDeps,
  about: CallSubject,
  planned: PlannedCall,
): Promise<BegunCall | undefined> => {
  if (!asksCache(deps, about)) return undefined;
  const cached = await cachedReply(deps, planned.resultKey);
  if (cached === undefined) return undefined;
  return {
    cached,
    end: (outcome) =>
      deps.calls.bookCached({
        ...newCall(about, planned),
        cacheKey: planned.resultKey,
        modelUsed: cached.model,
        repaired: outcome.reply !== null && outcome.repaired,
        failure: outcome.failure,
      }),
  };
};

/** A journal whose calls can be ended elsewhere: the results of a provider's batch come later, perhaps to another process. */
export interface OwnCallJournal extends CallJournal {
  /** Admits a call without asking the cache; {@link bookCall} ends it. */
  readonly admit: (call: PlannedCall) => Promise<AdmittedCall>;
}

/**
 * `begin` and `admit` reject with a JobFailure of class budget or privacy when the request must not leave; nothing is
 * written then.
 */
export const createCallJournal = (deps: CallJournalDeps, about: CallSubject): OwnCallJournal => ({
  admit: (planned) => admit(deps, about, planned),
  begin: async (planned) => {
    const hit = await fromCache(deps, about, planned);
    if (hit !== undefined) return hit;
    const admitted = await admit(deps, about, planned);
    return { end: (outcome) => bookCall(deps, admitted, outcome) };
  },
});

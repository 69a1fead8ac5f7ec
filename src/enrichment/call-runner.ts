/**
 * The calls of one attempt of a job: the first, and what may follow it.
 *
 *   reply not of the form asked for  > asked again in the same conversation, `maxReAsks` times
 *   reply cut off                    > once more with twice the room
 *   picture rejected                 > once more with a smaller one
 *   refused                          > once more, afresh, by the fallback model
 *
 * All of that in the first attempt only; later attempts are single fresh calls, so that the number of calls of a job is
 * bounded whatever happens. What does not end in a document ends in a failure that the queue knows how to treat.
 */
import type {
  CallOptions,
  LanguageReply,
  LanguageRequest,
  RequestImage,
  RequestTurn,
} from "../../models/language/language-model.ts";
import { CallError } from "../errors.ts";
import type { Failure, FailureClass } from "../jobs/failure.ts";
import { resultCacheKey } from "./cache-key.ts";
import type { DocumentBody, EnrichmentKind } from "./enrichment-kind.ts";
import type { EnrichmentInputs } from "./inputs.ts";
import { judgeReply, type Verdict } from "./judge-reply.ts";
import { reAskText } from "./parsing/issues.ts";
import type { Prompt } from "./prompts/build-prompt.ts";

/** What the runner needs of a language model. */
export interface CallableModel {
  readonly provider: string;
  readonly modelId: string;
  generate(request: LanguageRequest, options: CallOptions): Promise<LanguageReply>;
}

export type CallReason = "first" | "re_ask" | "enlarged" | "smaller_image" | "fallback";

/** One call before it is made. */
export interface PlannedCall {
  readonly model: CallableModel;
  readonly request: LanguageRequest;
  readonly reason: CallReason;
  /** From 1, within the attempt. */
  readonly number: number;
  /** Key of the result cache. */
  readonly resultKey: string;
}

export type CallOutcome =
  | {
      readonly reply: LanguageReply;
      /** The reply became a document: it may enter the result cache. */
      readonly accepted: boolean;
      readonly repaired: boolean;
      readonly failure: Failure | null;
    }
  | { readonly reply: null; readonly failure: Failure };

export interface BegunCall {
  /** A reply of the result cache: nothing is sent. */
  readonly cached?: LanguageReply;
  /** Called once, whatever comes of the call. */
  readonly end: (outcome: CallOutcome) => Promise<void>;
}

/** Admission before each request, and the log of it after. */
export interface CallJournal {
  /** Rejects when the request must not leave: budget, privacy. */
  readonly begin: (call: PlannedCall) => Promise<BegunCall>;
}

export interface AttemptTask {
  readonly kind: EnrichmentKind;
  readonly inputs: EnrichmentInputs;
  readonly prompt: Prompt;
  readonly image: RequestImage | null;
  /** Makes the picture for a second try, 768 pixels; left out without a picture. */
  readonly smallerImage?: () => Promise<RequestImage>;
  readonly temperature: number;
  readonly maxTokens: number;
  /** No earlier attempt of the job has ended in an invalid reply. */
  readonly firstAttempt: boolean;
  /** `llm.max_retries` */
  readonly maxReAsks: number;
  /** Set by `--force`. */
  readonly executionId?: string;
}

export interface AttemptDeps {
  readonly model: CallableModel;
  readonly fallback?: CallableModel;
  readonly journal: CallJournal;
  readonly signal: AbortSignal;
}

export type AttemptResult =
  | {
      readonly ok: true;
      readonly body: DocumentBody;
      /** Of the call that was accepted. */
      readonly reply: LanguageReply;
      readonly model: CallableModel;
      readonly cached: boolean;
      readonly repaired: boolean;
      readonly calls: number;
    }
  | { readonly ok: false; readonly failure: Failure; readonly calls: number };

/** No target takes more. */
const MAX_TOKENS_LIMIT = 16_000;

interface Turn {
  readonly model: CallableModel;
  readonly image: RequestImage | null;
  readonly maxTokens: number;
  readonly turns: readonly RequestTurn[];
  readonly reason: CallReason;
  readonly number: number;
  /** What this attempt may still do. */
  readonly reAsksLeft: number;
  readonly mayEnlarge: boolean;
  readonly mayShrink: boolean;
  readonly mayFallBack: boolean;
}

interface CallResult {
  readonly outcome: CallOutcome;
  readonly verdict: Verdict | null;
  readonly cached: boolean;
}

const failed = (kind: FailureClass, code: string, sub: string | null = null): Failure => ({
  class: kind,
  code,
  ...(sub === null ? {} : { sub }),
});

const planCall = (task: AttemptTask, turn: Turn): PlannedCall => {
  const { kind, prompt, temperature, executionId } = task;
  const { model, image, maxTokens, turns, reason, number } = turn;
  const { system, user, jsonSchema, promptHash, schemaHash, dataBlock } = prompt;
  const { imageDetail: detail } = kind;
  return {
    model,
    request: {
      system,
      user,
      turns,
      image,
      maxTokens,
      temperature,
      detail,
      jsonSchema: jsonSchema as LanguageRequest["jsonSchema"], // a JSON Schema is a record; interfaces have no index
      cacheKey: promptHash,
    },
    reason,
    number,
    resultKey: resultCacheKey({
      imageBytes: image?.bytes ?? null,
      promptHash,
      schemaHash,
      provider: model.provider,
      modelId: model.modelId,
      temperature,
      maxTokens,
      detail,
      dataBlock,
      turns,
      ...(executionId === undefined ? {} : { executionId }),
    }),
  };
};

const failureOf = (verdict: Verdict): Failure | null => {
  switch (verdict.verdict) {
    case "document":
      return null;
    case "refused":
      return failed("refused", "LLM_REFUSED", verdict.subCode);
    case "invalid":
      return failed("invalid_response", "LLM_VALIDATION_ERROR", verdict.empty ? "EMPTY" : null);
    default:
      return verdict satisfies never;
  }
};

const judge = (task: AttemptTask, reply: LanguageReply): Omit<CallResult, "cached"> => {
  const early =
    reply.refusal !== null
      ? failed("refused", "LLM_REFUSED")
      : reply.truncated
        ? failed("truncated", "LLM_TRUNCATED")
        : undefined;
  if (early !== undefined)
    return { outcome: { reply, accepted: false, repaired: false, failure: early }, verdict: null };
  const verdict = judgeReply(task.kind, task.inputs, reply.text);
  const accepted = verdict.verdict === "document";
  const repaired = accepted && verdict.repaired;
  return { outcome: { reply, accepted, repaired, failure: failureOf(verdict) }, verdict };
};

const callFailure = ({ failure, publicCode, subCode, status, retryAfterMs }: CallError): Failure => ({
  ...failed(failure, publicCode, subCode),
  ...(status === undefined ? {} : { status }),
  ...(retryAfterMs === null ? {} : { retryAfterMs }),
});

const answerOf = async (
  { model, request }: PlannedCall,
  signal: AbortSignal,
): Promise<LanguageReply | Extract<CallOutcome, { readonly reply: null }>> => {
  try {
    return await model.generate(request, { signal });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return { reply: null, failure: callFailure(error) };
  }
};

const callOnce = async (task: AttemptTask, deps: AttemptDeps, turn: Turn): Promise<CallResult> => {
  const call = planCall(task, turn);
  const begun = await deps.journal.begin(call);
  const answer = begun.cached ?? (await answerOf(call, deps.signal));
  const judged = !("text" in answer) ? { outcome: answer, verdict: null } : judge(task, answer);
  await begun.end(judged.outcome);
  return { ...judged, cached: begun.cached !== undefined };
};

const enlarged = (turn: Turn, reply: LanguageReply | null): Turn | undefined => {
  const maxTokens = Math.min(2 * (reply?.maxTokensSent ?? turn.maxTokens), MAX_TOKENS_LIMIT);
  return turn.mayEnlarge && maxTokens > turn.maxTokens
    ? { ...turn, maxTokens, reason: "enlarged", mayEnlarge: false }
    : undefined;
};

const reAsked = (turn: Turn, reply: LanguageReply | null, verdict: Verdict | null): Turn | undefined => {
  if (turn.reAsksLeft === 0 || reply === null || verdict?.verdict !== "invalid") return undefined;
  const turns: readonly RequestTurn[] = [
    ...turn.turns,
    // Providers take no empty turns.
    ...(verdict.empty ? [] : [{ role: "assistant" as const, text: reply.text }]),
    { role: "user", text: reAskText(verdict.issues) },
  ];
  return { ...turn, turns, reason: "re_ask", reAsksLeft: turn.reAsksLeft - 1 };
};

/** @returns undefined = the attempt ends with this failure */
const nextTurn = async (
  { task, deps, turn }: { readonly task: AttemptTask; readonly deps: AttemptDeps; readonly turn: Turn },
  failure: Failure,
  { outcome, verdict }: CallResult,
): Promise<Turn | undefined> => {
  switch (failure.class) {
    case "invalid_response":
      return reAsked(turn, outcome.reply, verdict);
    case "truncated":
      return enlarged(turn, outcome.reply);
    case "bad_image":
      if (!turn.mayShrink || task.smallerImage === undefined) return undefined;
      return { ...turn, image: await task.smallerImage(), reason: "smaller_image", mayShrink: false };
    case "refused":
      if (!turn.mayFallBack || deps.fallback === undefined) return undefined;
      return { ...turn, model: deps.fallback, turns: [], reason: "fallback", mayFallBack: false };
    case "unavailable":
    case "rate_limited":
    case "auth":
    case "config":
    case "cancelled":
    case "stale":
    case "budget":
    case "privacy":
      return undefined;
    default:
      return failure.class satisfies never;
  }
};

/** @throws whatever the journal or the model throws beside CallError */
export const runAttempt = async (task: AttemptTask, deps: AttemptDeps): Promise<AttemptResult> => {
  const { firstAttempt, maxTokens } = task;
  let turn: Turn = {
    model: deps.model,
    image: task.image,
    // Later attempts do not grow, so they start large: an answer that was cut off before would be again.
    maxTokens: firstAttempt ? maxTokens : Math.min(2 * maxTokens, MAX_TOKENS_LIMIT),
    turns: [],
    reason: "first",
    number: 1,
    reAsksLeft: firstAttempt ? task.maxReAsks : 0,
    mayEnlarge: firstAttempt,
    mayShrink: firstAttempt,
    mayFallBack: firstAttempt,
  };
  for (;;) {
    const result = await callOnce(task, deps, turn);
    const { outcome, verdict, cached } = result;
    const { number: calls, model } = turn;
    if (verdict?.verdict === "document" && outcome.reply !== null) {
      const { body, repaired } = verdict;
      return { ok: true, body, reply: outcome.reply, model, cached, repaired, calls };
    }
    const failure = outcome.failure ?? failed("invalid_response", "LLM_VALIDATION_ERROR");
    const next = await nextTurn({ task, deps, turn }, failure, result);
    if (next === undefined) return { ok: false, failure, calls };
    turn = { ...next, number: calls + 1 };
  }
};

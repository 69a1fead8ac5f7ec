/**
 * The calls of one attempt of a job. What does not end in a document ends in a failure that the queue knows how to
 * treat; what may follow a call is decided in next-turn.ts.
 */
import type { LanguageReply, LanguageRequest } from "../../models/language/language-model.ts";
import { CallError } from "../errors.ts";
import type { Failure, FailureClass } from "../jobs/failure.ts";
import type { AttemptDeps, AttemptResult, AttemptTask, CallOutcome, PlannedCall } from "./attempt.ts";
import { resultCacheKey } from "./cache-key.ts";
import { judgeReply, type Verdict } from "./judge-reply.ts";
import { firstTurn, nextTurn, type CallResult, type Turn } from "./next-turn.ts";

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
  deps.onStep?.("calling-model");
  const answer = begun.cached ?? (await answerOf(call, deps.signal));
  if ("text" in answer) deps.onStep?.("parsing-response");
  const judged = !("text" in answer) ? { outcome: answer, verdict: null } : judge(task, answer);
  await begun.end(judged.outcome);
  return { ...judged, cached: begun.cached !== undefined };
};

/** @throws whatever the journal or the model throws beside CallError */
export const runAttempt = async (task: AttemptTask, deps: AttemptDeps): Promise<AttemptResult> => {
  let turn = firstTurn(task, deps.model);
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

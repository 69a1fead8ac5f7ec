/**
 * What follows a call that did not end in a document:
 *
 *   reply not of the form asked for  > asked again in the same conversation, `maxReAsks` times
 *   reply cut off                    > once more with twice the room
 *   picture rejected                 > once more with a smaller one
 *   refused                          > once more, afresh, by the fallback model
 *
 * All of that in the first attempt only; later attempts are single fresh calls, so that the number of calls of a job is
 * bounded whatever happens.
 */
import type { LanguageReply, RequestImage, RequestTurn } from "../../models/language/language-model.ts";
import type { Failure } from "../jobs/failure.ts";
import type { AttemptDeps, AttemptTask, CallableModel, CallOutcome, CallReason } from "./attempt.ts";
import type { Verdict } from "./judge-reply.ts";
import { reAskText } from "./parsing/issues.ts";

/** No target takes more. */
const MAX_TOKENS_LIMIT = 16_000;

export interface Turn {
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

export interface CallResult {
  readonly outcome: CallOutcome;
  readonly verdict: Verdict | null;
  readonly cached: boolean;
}

/** The first call of an attempt. */
export const firstTurn = ({ image, firstAttempt, maxTokens, maxReAsks }: AttemptTask, model: CallableModel): Turn => ({
  model,
  image,
  // Later attempts do not grow, so they start large: an answer that was cut off before would be again.
  maxTokens: firstAttempt ? maxTokens : Math.min(2 * maxTokens, MAX_TOKENS_LIMIT),
  turns: [],
  reason: "first",
  number: 1,
  reAsksLeft: firstAttempt ? maxReAsks : 0,
  mayEnlarge: firstAttempt,
  mayShrink: firstAttempt,
  mayFallBack: firstAttempt,
});

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
export const nextTurn = async (
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
    case "waiting":
    case "gone":
      return undefined;
    default:
      return failure.class satisfies never;
  }
};

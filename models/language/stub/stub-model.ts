/** A language model that is none: offline, deterministic, marked as a stub in the model's name and in what it writes. */
import { CallError } from "../../../src/errors.ts";
import { capabilitiesOf, maxTokensFor } from "../capabilities.ts";
import { classify, failureOfStatus } from "../classify.ts";
import type { Exchange } from "../exchange.ts";
import { openExchange } from "../exchange.ts";
import type { LanguageModel, LanguageReply, LanguageRequest, ModelContext } from "../language-model.ts";
import { stubAnswer } from "./answer.ts";
import type { StubBehaviour } from "./behaviour.ts";
import { behaviourName, parseBehaviour, stubModelId } from "./behaviour.ts";

/** Nothing is ever sent there. */
const NOWHERE = new URL("http://localhost");
const OVERLOADED_STATUS = 503;
const CHARACTERS_PER_TOKEN = 4;
/** Of a picture of 1024 x 768 pixels. */
const IMAGE_TOKENS = 1036;
const INVALID_TEXT = "This is a stub that was asked for an answer nobody can read.";

const countTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

const inputTokens = ({ system, user, turns, image }: LanguageRequest): number =>
  countTokens([system, user, ...turns.map(({ text }) => text)].join("")) + (image === null ? 0 : IMAGE_TOKENS);

const answerText = ({ kind }: StubBehaviour, request: LanguageRequest): string => {
  if (kind === "invalid") return INVALID_TEXT;
  if (kind === "refuse") return "";
  const text = stubAnswer(request);
  return kind === "truncated" ? text.slice(0, Math.ceil(text.length / 2)) : text;
};

const STOPS: Partial<Record<StubBehaviour["kind"], string>> = { truncated: "length", refuse: "refusal" };

const waitForAbort = ({ deadline, signal }: Exchange): Promise<never> =>
  new Promise((_resolve, reject) => {
    const either = AbortSignal.any([deadline, signal]);
    const end = (): void => reject(new Error("The stub was told to hang."));
    if (either.aborted) end();
    else either.addEventListener("abort", end, { once: true });
  });

export const createStubModel = (givenId: string, context: ModelContext): LanguageModel => {
  const { clock } = context;
  const behaviour = parseBehaviour(givenId);
  const modelId = stubModelId(givenId);
  const capabilities = { ...capabilitiesOf("openai", behaviourName(givenId)), promptCacheKey: true };
  let failuresLeft = behaviour.kind === "flaky" ? behaviour.failures : 0;
  const timeoutMs = ({ image }: LanguageRequest): number =>
    image === null ? context.textTimeoutMs : context.imageTimeoutMs;

  const reply = (request: LanguageRequest): LanguageReply => {
    const text = answerText(behaviour, request);
    const [input, output] = [inputTokens(request), countTokens(text)];
    return {
      text,
      model: modelId,
      stop: STOPS[behaviour.kind] ?? "stop",
      truncated: behaviour.kind === "truncated",
      refusal: behaviour.kind === "refuse" ? "stub" : null,
      latencyMs: behaviour.kind === "slow" ? behaviour.ms : 0, // not measured: answers are the same every time
      tokensUsed: input + output,
      temperatureSent: request.temperature,
      maxTokensSent: maxTokensFor(capabilities, request.maxTokens),
      requestId: null,
      reportedCostUsd: null,
      usage: { input, cacheRead: 0, cacheWrite: 0, output },
    };
  };

  const behave = async (exchange: Exchange): Promise<void> => {
    if (exchange.signal.aborted) throw new CallError("cancelled", "CANCELLED");
    if (behaviour.kind === "slow") {
      await Promise.race([clock.sleep(behaviour.ms, exchange.signal), waitForAbort(exchange)]);
    }
    if (behaviour.kind === "hang") await waitForAbort(exchange);
    if (behaviour.kind === "error") throw failureOfStatus(behaviour.status);
    if (failuresLeft > 0) {
      failuresLeft -= 1;
      throw failureOfStatus(OVERLOADED_STATUS);
    }
  };

  return {
    provider: "stub",
    modelId,
    providerKey: "stub@local",
    leavesMachine: false,
    capabilities,
    timeoutMs,
    isAvailable: async () => ({ ok: true, vision: true }),
    generate: async (request, { signal }) => {
      const options = { endpoint: NOWHERE, errorStyle: "object", headers: {}, clock, signal } as const;
      using exchange = openExchange({ ...options, timeoutMs: timeoutMs(request) });
      try {
        await behave(exchange);
        return reply(request);
      } catch (error) {
        throw classify(error, exchange, clock.now()).of({ provider: "stub", model: modelId });
      }
    },
  };
};

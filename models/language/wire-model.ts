/** A language model over a wire: deadline, classification, the local rule, availability. */
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { CallError } from "../../src/errors.ts";
import { classify } from "./classify.ts";
import type { Exchange } from "./exchange.ts";
import { openExchange } from "./exchange.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { availabilityHint } from "./hints.ts";
import type { Availability, CallOptions, Capabilities, LanguageBatches, LanguageModel } from "./language-model.ts";
import type { LanguageReply, LanguageRequest, ModelContext } from "./language-model.ts";
import { endOfLife } from "./end-of-life.ts";
import { baseUrlOf } from "./endpoint.ts";
import type { CommonSettings } from "./settings.ts";
import type { Target, Wire, WireReply } from "./wire.ts";
import { tokensUsed } from "./wire.ts";

const PROBE_TIMEOUT_MS = 5 * SECOND;
/** For each request about a batch, uploads and downloads included. */
const BATCH_TIMEOUT_MS = 5 * MINUTE;

/** Exchanges with one target. What their work throws becomes a CallError. */
export interface Exchanges {
  readonly run: <Result>(
    target: Target,
    options: CallOptions,
    work: (exchange: Exchange) => Promise<Result>,
  ) => Promise<Result>;
  readonly stream: <Item>(
    target: Target,
    options: CallOptions,
    work: (exchange: Exchange) => AsyncIterable<Item>,
  ) => AsyncGenerator<Item>;
}

export interface WireModelOptions {
  readonly provider: string;
  readonly wire: Wire;
  readonly modelId: string;
  readonly settings: CommonSettings;
  readonly capabilities: Capabilities;
  readonly context: ModelContext;
  /** Nothing sent to the endpoint leaves this machine, as far as its address and the model's name tell. */
  readonly isLocal: boolean;
  readonly createBatches?: (target: Target, exchanges: Exchanges) => LanguageBatches;
}

const completeReply = (reply: WireReply, latencyMs: number, headers: Headers | undefined): LanguageReply => {
  const { isRemote: _isRemote, ...rest } = reply;
  return {
    ...rest,
    latencyMs,
    tokensUsed: tokensUsed(rest.usage),
    requestId: headers?.get("request-id") ?? headers?.get("x-request-id") ?? null,
  };
};

const createExchanges = ({ wire, provider, context: { clock } }: WireModelOptions): Exchanges => {
  const failureOf = (error: unknown, exchange: Exchange, { model }: Target): CallError =>
    classify(error, exchange, clock.now()).of({ provider, model });
  const open = (target: Target, { signal }: CallOptions): Exchange =>
    openExchange({
      endpoint: target.endpoint,
      errorStyle: wire.errorStyle,
      headers: wire.headers(target),
      timeoutMs: target.timeoutMs,
      clock,
      signal,
    });
  return {
    run: async (target, options, work) => {
      using exchange = open(target, options);
      try {
        return await work(exchange);
      } catch (error) {
        throw failureOf(error, exchange, target);
      }
    },
    stream: async function* (target, options, work) {
      using exchange = open(target, options);
      try {
        yield* work(exchange);
      } catch (error) {
        throw failureOf(error, exchange, target);
      }
    },
  };
};

export const createWireModel = (options: WireModelOptions): LanguageModel => {
  const { provider, wire, modelId, settings, capabilities, context } = options;
  const { clock } = context;
  const lastDay = endOfLife(provider, modelId);
  const endpoint = baseUrlOf(settings.endpoint);
  const exchanges = createExchanges(options);
  let isRemote = false; // a local server may forward the model; only the server knows
  const timeoutMs = ({ image }: Pick<LanguageRequest, "image">): number =>
    settings.timeout_ms ?? (image === null ? context.textTimeoutMs : context.imageTimeoutMs);
  const targetFor = (ms: number): Target => ({
    model: modelId,
    endpoint,
    apiKey: settings.api_key,
    timeoutMs: ms,
    capabilities,
  });

  const isAvailable = async (callOptions: CallOptions): Promise<Availability> => {
    const target = targetFor(PROBE_TIMEOUT_MS);
    try {
      const probe = await exchanges.run(target, callOptions, (exchange) => wire.probe(target, guardedFetch(exchange)));
      isRemote ||= probe.isRemote;
      return { ok: true, vision: probe.vision };
    } catch (error) {
      const failure = error as CallError; // the only thing that is thrown there
      return { ok: false, failure, hint: availabilityHint(failure, { provider, modelId, host: endpoint.host }) };
    }
  };

  return {
    provider,
    modelId,
    providerKey: `${provider}@${endpoint.origin}`,
    capabilities,
    get leavesMachine() {
      return !options.isLocal || (isRemote && !settings.local);
    },
    ...(lastDay === undefined ? {} : { endOfLife: lastDay }),
    ...(options.createBatches === undefined
      ? {}
      : { batches: options.createBatches(targetFor(BATCH_TIMEOUT_MS), exchanges) }),
    timeoutMs,
    isAvailable,
    generate: async (request, callOptions) => {
      const started = clock.now();
      const target = targetFor(timeoutMs(request));
      return exchanges.run(target, callOptions, async (exchange) => {
        const reply = await wire.call(target, request, guardedFetch(exchange));
        isRemote ||= reply.isRemote ?? false;
        return completeReply(reply, Math.round(clock.now() - started), exchange.replyHeaders);
      });
    },
  };
};

/**
 * The contract of language models: one request, one reply. Core knows these types; adapters in wires/ speak to the
 * providers, providers/ holds their settings and defaults.
 */
import type { z } from "zod";
import type { Clock } from "../../src/clock.ts";
import type { CallError } from "../../src/errors.ts";

/** What the target understands. A field that a capability does not allow is not sent. */
export interface Capabilities {
  /** Accepts `temperature`. */
  readonly temperature: boolean;
  /** Takes `max_tokens` where newer servers want `max_completion_tokens`. */
  readonly legacyMaxTokens: boolean;
  /** Thinking is on by default and may be switched off by a field. */
  readonly thinkingOff: boolean;
  /** Effort to ask for: "none" = reasoning is off, "low" = it cannot be switched off, null = the field is not sent. */
  readonly effort: "low" | "none" | null;
  /** Answers in the form of a JSON Schema. */
  readonly structured: boolean;
  /** Wants the headers of 2023: `x-api-key` and that year's version. */
  readonly legacyHeaders: boolean;
  /** Accepts a key that groups requests with the same beginning. */
  readonly promptCacheKey: boolean;
}

/** A picture as it leaves: re-encoded and free of metadata, never a path. */
export interface RequestImage {
  readonly mime: "image/jpeg";
  readonly bytes: Buffer;
}

export interface RequestTurn {
  readonly role: "assistant" | "user";
  readonly text: string;
}

export interface LanguageRequest {
  readonly system: string;
  readonly user: string;
  /** What followed in this conversation: an answer and what was wrong with it. */
  readonly turns: readonly RequestTurn[];
  readonly image: RequestImage | null;
  /** Most tokens of the answer; a target that thinks gets at least 4096, every target at most 16000. */
  readonly maxTokens: number;
  /** 0 to 2; sent where the target supports it. */
  readonly temperature: number;
  readonly detail: "low" | "high";
  /** The answer's form, reduced to what providers accept; null = free text. */
  readonly jsonSchema: Readonly<Record<string, unknown>> | null;
  /** Equal for requests with the same system text. */
  readonly cacheKey: string;
}

/** Tokens; null = the provider does not say. */
export interface Usage {
  /** Includes those read from and written to the provider's cache. */
  readonly input: number | null;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number | null;
}

export interface LanguageReply {
  readonly text: string;
  /** As the provider names it. */
  readonly model: string;
  /** The provider's own word for why the answer ended. */
  readonly stop: string | null;
  /** The answer was cut off by a limit. */
  readonly truncated: boolean;
  /** Category of a refusal the provider itself declares; null = none declared. */
  readonly refusal: string | null;
  /** Whole milliseconds. */
  readonly latencyMs: number;
  /** Input and output together; null when one of them is unknown. */
  readonly tokensUsed: number | null;
  /** Null = not sent. */
  readonly temperatureSent: number | null;
  /** The limit that was sent; an enlarged retry doubles this one. */
  readonly maxTokensSent: number;
  /** The provider's id of the request. */
  readonly requestId: string | null;
  /** US dollars, where the provider reports them. */
  readonly reportedCostUsd: number | null;
  readonly usage: Usage;
}

export type Availability =
  | {
      readonly ok: true;
      /** Whether the model takes pictures; null = the provider does not say. */
      readonly vision: boolean | null;
    }
  | { readonly ok: false; readonly failure: CallError; readonly hint: string };

export interface CallOptions {
  readonly signal: AbortSignal;
}

export interface LanguageModel {
  readonly provider: string;
  readonly modelId: string;
  /** `<provider>@<origin>`: what circuits, pauses and limits are kept by. */
  readonly providerKey: string;
  readonly capabilities: Capabilities;
  /**
   * True when a call sends bytes off this machine. Becomes true when a local server turns out to forward the model, which
   * `isAvailable` asks for: ask it before a photo that has to stay here.
   */
  readonly leavesMachine: boolean;
  /** The day the provider stops serving the model, `2026-11-30`; left out when none is known. Worth one warning. */
  readonly endOfLife?: string;
  /** Provider batches, where the provider has them. */
  readonly batches?: LanguageBatches;
  /** Deadline of one call in milliseconds, from the first byte sent to the last byte received. */
  timeoutMs(request: LanguageRequest): number;
  /** Asks the provider within 5 seconds. Never rejects; the hint is for people. */
  isAvailable(options: CallOptions): Promise<Availability>;
  /**
   * One wire request.
   * @throws CallError
   */
  generate(request: LanguageRequest, options: CallOptions): Promise<LanguageReply>;
}

export interface BatchItem {
  /** Comes back with the result: letters, digits, `-` and `_`, at most 64. */
  readonly id: string;
  readonly request: LanguageRequest;
}

export type BatchState = "working" | "ended" | "failed";

/** A reply without what belongs to a call: who made the request knows what it asked for. */
export type BatchReply = Omit<LanguageReply, "latencyMs" | "temperatureSent" | "maxTokensSent">;

/** What became of one item; an item the provider lost has no result. */
export type BatchResult =
  | { readonly id: string; readonly reply: BatchReply }
  | { readonly id: string; readonly failure: CallError };

/** Many requests in one order, answered within 24 hours at half the price. All reject with a CallError. */
export interface LanguageBatches {
  /**
   * @param options `name`: what `find` knows it by; ids of its items begin with it
   * @returns the provider's id of the batch
   */
  submit(items: readonly BatchItem[], options: CallOptions & { readonly name?: string }): Promise<string>;
  /**
   * For a batch whose submission nobody saw the end of.
   * @param options `since`: milliseconds UTC; no batch before that is looked at
   * @returns the provider's id; undefined = not there, or not to be told from others yet
   */
  find(name: string, options: CallOptions & { readonly since: number }): Promise<string | undefined>;
  poll(batchId: string, options: CallOptions): Promise<BatchState>;
  /** In any order. */
  collect(batchId: string, options: CallOptions): AsyncIterable<BatchResult>;
  /** Removes what was uploaded and what was written for it. */
  delete(batchId: string, options: CallOptions): Promise<void>;
}

/** What a model needs beside its settings. */
export interface ModelContext {
  readonly clock: Clock;
  /** Deadlines where the provider's settings give none, in milliseconds. */
  readonly imageTimeoutMs: number;
  readonly textTimeoutMs: number;
}

export interface Provider<Settings extends z.ZodType = z.ZodType> {
  readonly id: string;
  /** The section `llm.<id>` of the config. */
  readonly settingsSchema: Settings;
  /** The model that serves when none is chosen. */
  defaultModel(settings: z.output<Settings>, purpose: ModelPurpose): string;
  create(settings: z.output<Settings>, modelId: string, context: ModelContext): LanguageModel;
}

export type ModelPurpose = "photo" | "text";

export const defineProvider = <Settings extends z.ZodType>(provider: Provider<Settings>): Provider<Settings> =>
  provider;

/** The contract of a wire format: how a request is put, and how a reply is read. */
import { z } from "zod";
import { CallError } from "../../src/errors.ts";
import type { ErrorStyle } from "./exchange.ts";
import type { Fetch } from "./guarded-fetch.ts";
import type { BatchReply, Capabilities, LanguageReply, LanguageRequest, Usage } from "./language-model.ts";

/** Where a call goes. */
export interface Target {
  readonly model: string;
  readonly endpoint: URL;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly capabilities: Capabilities;
}

/** What a reply itself says. */
export type WireAnswer = Omit<BatchReply, "tokensUsed" | "requestId">;

/** A reply without what is the same for all wires. */
export type WireReply = WireAnswer &
  Pick<LanguageReply, "temperatureSent" | "maxTokensSent"> & {
    /** The server says that another machine answered. */
    readonly isRemote?: boolean;
  };

export interface WireProbe {
  readonly vision: boolean | null;
  readonly isRemote: boolean;
}

export interface Wire {
  readonly errorStyle: ErrorStyle;
  /** The headers with the key and the version; nothing else about the sender. */
  headers(target: Target): Readonly<Record<string, string>>;
  /** One request. */
  call(target: Target, request: LanguageRequest, fetch: Fetch): Promise<WireReply>;
  /** Asks whether the provider is there, accepts the key and has the model. */
  probe(target: Target, fetch: Fetch): Promise<WireProbe>;
}

/** Input and output together, when both are known. */
export const tokensUsed = ({ input, output }: Usage): number | null =>
  input === null || output === null ? null : input + output;

/** The SDKs resolve replies of any shape. */
export const checkEnvelope = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new CallError("unavailable", "LLM_API_ERROR", { subCode: "BAD_ENVELOPE" });
  return parsed.data;
};

/** A count that may be missing. */
export const countSchema = z.number().nonnegative().nullish();

/** Above the exchange's deadline, which alone decides. */
const SDK_TIMEOUT_MARGIN_MS = 5000;

/** No retries, no log lines, no values of environment variables: see each SDK's constructor. */
export const sdkOptions = ({ endpoint, timeoutMs }: Target, fetch: Fetch) => ({
  baseURL: endpoint.href.replace(/\/$/, ""),
  maxRetries: 0,
  timeout: timeoutMs + SDK_TIMEOUT_MARGIN_MS,
  logLevel: "off" as const,
  fetch,
});

export const bearer = (apiKey: string | undefined): Readonly<Record<string, string>> =>
  apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };

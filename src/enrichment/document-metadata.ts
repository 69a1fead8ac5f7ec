/** What is stored beside a document about how it was made. Keys without a value are left out. */
import type { AttemptResult } from "./attempt.ts";

export interface DocumentMetadata {
  /** Whole milliseconds of the accepted call; of the original one when the result came from photon's own cache. */
  readonly latency_ms?: number;
  /** Of the accepted call; left out when the provider does not say, and for a cached result. */
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  /** The result came from photon's own cache. */
  readonly cached?: true;
  /** Fields that did not fit into the prompt. */
  readonly condensed?: readonly string[];
}

const count = (name: "input_tokens" | "output_tokens", value: number | null): DocumentMetadata =>
  value === null ? {} : { [name]: value };

/** Metadata of an attempt that gave a document. */
export const metadataOf = ({ reply, cached }: Extract<AttemptResult, { readonly ok: true }>): DocumentMetadata => ({
  latency_ms: Math.round(reply.latencyMs),
  ...(cached ? { cached } : {}),
  ...(cached ? {} : count("input_tokens", reply.usage.input)),
  ...(cached ? {} : count("output_tokens", reply.usage.output)),
});

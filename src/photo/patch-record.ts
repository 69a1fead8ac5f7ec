/** Makes the records of what a language model said about photos. Key order is part of the contract, as in record.ts. */
import { present, SCHEMA_VERSION, shortId } from "./record.ts";
import type { EnrichmentPatch } from "./record-schema.ts";

/** A document about a photo, as far as records show it. */
export interface DescribedPhoto {
  readonly contentHash: string;
  readonly description: string;
  readonly model: string;
  /** Milliseconds of the accepted call. */
  readonly latencyMs: number;
  /** Of the accepted call; undefined when the provider does not say, or nothing was sent. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly kind: string;
  readonly documentType: string;
  readonly version: number;
  readonly state: "READY_TO_CONFIRM" | "CONFIRMED";
  readonly title: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly sourceType: string | undefined;
  /** The result came from photon's own cache. */
  readonly cached: boolean;
  /** US dollars of all its calls; undefined when a price is unknown. */
  readonly costUsd: number | undefined;
}

export interface PatchOptions {
  /** Only the five fields of the original program. */
  readonly compat: boolean;
  /** `--llm-details`; without effect beside `compat`. */
  readonly details: boolean;
}

const detailsOf = (described: DescribedPhoto): Partial<EnrichmentPatch> =>
  present({
    kind: described.kind,
    document_type: described.documentType,
    document_version: described.version,
    title: described.title,
    tags: described.tags === undefined ? undefined : [...described.tags],
    source_type: described.sourceType,
    state: described.state,
    cached: described.cached,
    cost_usd: described.costUsd,
  });

const additions = ({ contentHash, inputTokens, outputTokens }: DescribedPhoto): Partial<EnrichmentPatch> =>
  present({
    id: shortId(contentHash),
    llm_input_tokens: inputTokens,
    llm_output_tokens: outputTokens,
    schema_version: SCHEMA_VERSION,
  });

export const toPatch = (described: DescribedPhoto, { compat, details }: PatchOptions): EnrichmentPatch => {
  const { inputTokens, outputTokens } = described;
  const tokens = inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens;
  return {
    content_hash: described.contentHash,
    description: described.description,
    llm_model: described.model,
    llm_latency_ms: described.latencyMs,
    ...present({ llm_tokens: tokens }),
    ...(compat ? {} : additions(described)),
    ...(compat || !details ? {} : detailsOf(described)),
  };
};

/** Writes photos and what language models say about them as one stream of records. */
import type { PhotoEnrichment } from "../../app/enrichment/process-run-types.ts";
import type { PatchOptions } from "../../photo/patch-record.ts";
import type { ProcessOutcome } from "../../pipeline/outcome.ts";
import { dualStream } from "./dual-stream.ts";
import { createEnrichmentReporter } from "./enrichment-reporter.ts";
import type { RecordOutput } from "./output.ts";
import type { Reporter } from "./reporter.ts";

export interface DualStreamWriting {
  readonly enrichment: PhotoEnrichment;
  readonly outcomes: AsyncIterable<ProcessOutcome>;
  /** All photos before the first description. */
  readonly isOrdered: boolean;
  /** Whether the description of this content is wanted. */
  readonly isFollowed: (contentHash: string) => boolean;
  readonly patches: PatchOptions;
  /** What waits for the next period of the budget counts as failed. */
  readonly budgetIsFailure: boolean;
  readonly output: RecordOutput;
  readonly reporter: Reporter;
  readonly reportCore: (outcome: ProcessOutcome) => Promise<void>;
  readonly onCoreDone: () => void;
  readonly onEnrichment: () => void;
  readonly signal: AbortSignal;
}

const contentOf = (outcome: ProcessOutcome): string | undefined => {
  if (outcome.status === "failed") return undefined;
  return outcome.status === "done" ? outcome.photo.contentHash : outcome.contentHash;
};

export const writeDualStream = async (writing: DualStreamWriting): Promise<void> => {
  const { enrichment, outcomes, isOrdered, isFollowed, patches, output, reporter, signal } = writing;
  const paths = new Map<string, string>();
  const report = createEnrichmentReporter({
    output,
    patches,
    reporter,
    pathOf: (contentHash) => paths.get(contentHash) ?? "",
    queuedAs: async () => {
      if (!writing.budgetIsFailure) return undefined;
      return (await enrichment.obstacle())?.reason === "BUDGET" ? "llm_budget" : undefined;
    },
  });
  const stream = dualStream({
    outcomes,
    results: enrichment.results,
    isOrdered,
    onCoreDone: () => {
      writing.onCoreDone();
      enrichment.close();
    },
    signal,
  });
  for await (const item of stream) {
    if (item.stream === "enrichment") {
      await report(item.result);
      writing.onEnrichment();
      continue;
    }
    const { outcome } = item;
    await writing.reportCore(outcome);
    const content = contentOf(outcome);
    if (content === undefined || paths.has(content) || !isFollowed(content)) continue;
    paths.set(content, outcome.source.displayPath);
    enrichment.follow(content); // from here on its description may be written
  }
};

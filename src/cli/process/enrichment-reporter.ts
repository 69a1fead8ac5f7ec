/** Turns what became of enrichments into records, messages and counts. */
import type { PhotoResult } from "../../app/enrichment/process-run-types.ts";
import type { PatchOptions } from "../../photo/patch-record.ts";
import { toPatch } from "../../photo/patch-record.ts";
import { tagPatch } from "../../photo/record.ts";
import type { RecordOutput } from "./output.ts";
import type { Reporter } from "./reporter.ts";
import type { RecordFailureCode } from "../../photo/record.ts";
import { countFailure } from "./tally.ts";

/** The kind whose documents are records without being asked for. */
const RECORD_KIND = "image_tag";

export interface EnrichmentReporterOptions {
  readonly output: RecordOutput;
  readonly patches: PatchOptions;
  readonly reporter: Pick<Reporter, "tally" | "say">;
  /** One of the files with this content, as the user typed it plus the walked part. */
  readonly pathOf: (contentHash: string) => string;
  /** Code for what waits because the budget is used up; undefined = waiting is no failure. */
  readonly queuedAs: () => Promise<RecordFailureCode | undefined>;
}

export const createEnrichmentReporter = (
  options: EnrichmentReporterOptions,
): ((result: PhotoResult) => Promise<void>) => {
  const { output, patches, reporter, pathOf, queuedAs } = options;
  const counts = reporter.tally.enrichment;
  const fail = async (contentHash: string, failure: { code: RecordFailureCode; message: string }): Promise<void> => {
    counts.failed += 1;
    countFailure(counts, failure.code);
    await reporter.say(pathOf(contentHash), failure);
  };
  return async (result) => {
    if (result.status === "failed") return await fail(result.contentHash, result.failure);
    if (result.status === "queued") {
      const code = await queuedAs();
      if (code !== undefined) return await fail(result.contentHash, { code, message: "The budget is used up." });
      counts.queued += 1;
      return undefined;
    }
    counts.described += 1;
    const isRecord = result.photo.kind === RECORD_KIND || patches.details;
    if (isRecord) await output.write(tagPatch(toPatch(result.photo, patches)));
    return undefined;
  };
};

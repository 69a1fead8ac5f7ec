/** Stores what the workers finished: thumbnails first, then one catalogue transaction for all that is ready. */
import type { FileClaim } from "../catalogue/file-repository.ts";
import type { PhotoFailure } from "../photo/types.ts";
import type { ProcessOptions, ProcessOutcome } from "./outcome.ts";
import type { WorkItem, WorkResult } from "./photo-work.ts";
import type { PipelineLibrary } from "./pipeline-deps.ts";

/** One source that is done with, and what is to be stored of it. */
export type Finished =
  | { readonly kind: "worked"; readonly item: WorkItem; readonly result: WorkResult }
  | { readonly kind: "failed"; readonly item: WorkItem; readonly failure: PhotoFailure }
  /** Reported from the catalogue: nothing to store. */
  | { readonly kind: "known"; readonly outcome: ProcessOutcome };

export const outcomeOf = (finished: Finished): ProcessOutcome => {
  if (finished.kind === "known") return finished.outcome;
  const { index, source } = finished.item;
  if (finished.kind === "failed") return { status: "failed", index, source, failure: finished.failure };
  const { contentHash, photo, failures, ran } = finished.result;
  if (photo === undefined) return { status: "unchanged", index, source, contentHash };
  return { status: "done", index, source, photo, failures, ran, reused: ran.length === 0 };
};

const writeThumbnails = async (library: PipelineLibrary, results: readonly WorkResult[]): Promise<void> => {
  await Promise.all(
    results.map(async ({ update, photo, contentHash }) => {
      if (update?.thumbnail === undefined || photo?.thumbnail === undefined) return;
      await library.renditions.write(contentHash, photo.thumbnail.format, photo.thumbnail.bytes);
    }),
  );
};

/** Contents whose photos are in the library when the batch is stored; those the user removed may be among them. */
const contentsOf = (batch: readonly Finished[]): readonly string[] => [
  ...new Set(
    batch.flatMap((finished) => {
      if (finished.kind === "failed") return [];
      if (finished.kind === "worked") return [finished.result.contentHash];
      const { outcome } = finished;
      if (outcome.status === "failed") return [];
      return [outcome.status === "done" ? outcome.photo.contentHash : outcome.contentHash];
    }),
  ),
];

export interface StorageOptions extends Pick<ProcessOptions, "alongside"> {
  /** See failure-rules.ts. */
  readonly reasonKey: string;
}

export const storeFinished = async (
  library: PipelineLibrary,
  batch: readonly Finished[],
  { reasonKey, alongside }: StorageOptions,
): Promise<void> => {
  const worked = batch.filter((finished) => finished.kind === "worked");
  const failed = batch.filter((finished) => finished.kind === "failed");
  const results = worked.map(({ result }) => result);
  await writeThumbnails(library, results);
  const files = worked.flatMap(({ item: { claim, source }, result: { stat, contentHash } }) =>
    claim === undefined ? [] : [{ claim, stat, contentHash, named: source.named === true }],
  );
  const updates = new Map(
    results.flatMap(({ update }) => (update === undefined ? [] : [[update.contentHash, update]])),
  );
  const contents = alongside === undefined ? [] : contentsOf(batch);
  if (files.length > 0 || updates.size > 0 || contents.length > 0) {
    await library.catalogue.photos.commit({
      updates: [...updates.values()],
      files,
      ...(alongside === undefined ? {} : { alongside: (tx) => alongside(tx, contents) }),
    });
    library.onCommitted();
  }
  if (failed.length > 0) await storeFailures(library, failed, reasonKey);
};

const storeFailures = async (
  { catalogue: { files }, onCommitted }: PipelineLibrary,
  failed: readonly (Finished & { readonly kind: "failed" })[],
  reasonKey: string,
): Promise<void> => {
  const released: FileClaim[] = [];
  const quarantined = failed.flatMap(({ item: { claim, stat }, failure: { code, message } }) => {
    if (claim === undefined) return [];
    if (code === "cancelled") {
      released.push(claim);
      return [];
    }
    return [{ claim, stat, reason: code, message, reasonKey }];
  });
  await files.quarantine(quarantined);
  await files.release(released);
  onCommitted();
};

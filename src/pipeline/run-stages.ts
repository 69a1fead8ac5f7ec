/** Runs planned stages on one photo. An optional stage that fails costs its own part; any other fails the photo. */
import type { PhotoFailureCode } from "../errors.ts";
import { InternalError, isAbort, isDiskFull, PhotonError, StorageError, UnreadablePhotoError } from "../errors.ts";
import type { PhotoFailure } from "../photo/types.ts";
import type { PhotoDraft, Stage, StageContext } from "./stage.ts";

export interface StageRun {
  /** Names of the stages whose results are on the draft now. */
  readonly done: readonly string[];
  readonly failures: readonly PhotoFailure[];
}

/** What people read when code of ours threw something it should not; the cause goes to the log. */
const UNEXPECTED = "photon could not process this photo because of an internal error.";

export const failureOf = (error: unknown, stage?: string): PhotoFailure => {
  const code: PhotoFailureCode = error instanceof UnreadablePhotoError ? error.failure : "internal";
  const message = error instanceof PhotonError && !(error instanceof InternalError) ? error.message : UNEXPECTED;
  return { code, message, ...(stage === undefined ? {} : { stage }) };
};

/** Aborts and trouble with the library end the run; everything else is the photo's own trouble. */
export const endsTheRun = (error: unknown): boolean =>
  isAbort(error) || isDiskFull(error) || error instanceof StorageError;

export const runStages = async (
  stages: readonly Stage[],
  draft: PhotoDraft,
  context: StageContext,
  onUnexpected: (stage: string, error: unknown) => void,
): Promise<StageRun> => {
  const done: string[] = [];
  const failures: PhotoFailure[] = [];
  for (const stage of stages) {
    try {
      const outcome = await stage.run(draft, context);
      if (outcome.status === "done") done.push(stage.name);
    } catch (error) {
      if (endsTheRun(error)) throw error;
      if (!(error instanceof UnreadablePhotoError)) onUnexpected(stage.name, error);
      if (!stage.optional) throw error;
      failures.push(failureOf(error, stage.name));
    }
  }
  return { done, failures };
};

/** From a claimed job to all that its calls need, or to the knowledge that there is nothing to ask. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { EnrichmentInputs } from "../../enrichment/inputs.ts";
import type { SendField } from "../../config.ts";
import { assembleInputs, takesImage } from "../../enrichment/prompts/assemble-inputs.ts";
import type { ClaimedJob } from "../../jobs/job-store.ts";
import type { JobSubject, OfferWatches, SubjectDeps } from "./job-subject.ts";
import { findSubject } from "./job-subject.ts";
import { knownInputs } from "./known-inputs.ts";
import type { MissingDeps } from "./missing-inputs.ts";
import { requireEarlierResults } from "./missing-inputs.ts";
import type { Picture, PictureDeps } from "./picture.ts";
import { openPicture } from "./picture.ts";

export interface PreparedJob {
  readonly subject: JobSubject;
  readonly inputs: EnrichmentInputs;
  readonly picture: Picture | undefined;
}

/** The kind has nothing to look at here, so nobody is asked. */
export interface NothingToDo {
  readonly subject: JobSubject;
  readonly inputs: undefined;
}

export interface PrepareDeps extends SubjectDeps, Omit<MissingDeps, "catalogue">, PictureDeps {
  readonly catalogue: SubjectDeps["catalogue"] & MissingDeps["catalogue"];
  readonly offerWatches: OfferWatches;
  readonly sendFields: readonly SendField[];
  /** @throws JobFailure privacy when the model may not learn of what has to stay on this machine */
  readonly checkLocal: (model: LanguageModel, signal: AbortSignal) => Promise<void>;
}

/** Stands in while it is found out whether anything but the picture is missing. */
const SOME_PICTURE = { width: 1, height: 1 } as const;
const WATCHES = "watches";

const inputsOf = async (
  deps: PrepareDeps,
  { job, subject, signal }: { readonly job: ClaimedJob; readonly subject: JobSubject; readonly signal: AbortSignal },
): Promise<EnrichmentInputs> => {
  const { configured, scope, qualifier, payload } = subject;
  const { inputs, kind } = configured.kind;
  const wantsWatches = [...inputs.required.flat(), ...inputs.optional].includes(WATCHES) && scope.type === "photo";
  return knownInputs(scope, {
    scopeId: job.scopeId,
    language: configured.language,
    targetLanguage: kind === "translate" ? qualifier : undefined,
    sourceLanguage: payload.source_language,
    watches: wantsWatches ? await deps.offerWatches(job.scopeId, signal) : undefined,
  });
};

/** @throws JobFailure when it has to wait, cannot be done, or may not be sent to this model */
export const prepareJob = async (
  deps: PrepareDeps,
  job: ClaimedJob,
  { model, signal }: { readonly model: LanguageModel; readonly signal: AbortSignal },
): Promise<PreparedJob | NothingToDo> => {
  const subject = await findSubject(deps, job);
  if (subject.localOnly) await deps.checkLocal(model, signal);
  await requireEarlierResults(deps, job, subject);
  const { kind } = subject.configured;
  const { sendFields } = deps;
  const known = await inputsOf(deps, { job, subject, signal });
  const shown = takesImage(kind) ? subject.scope.photos[0] : undefined;
  const sketch = shown === undefined || subject.scope.type === "text" ? known : { ...known, image: SOME_PICTURE };
  const assembled = assembleInputs(kind, sketch, sendFields);
  if (!assembled.ok || kind.applies?.(assembled.inputs) === false) return { subject, inputs: undefined };
  if (assembled.inputs.image === undefined || shown === undefined) {
    return { subject, inputs: assembled.inputs, picture: undefined };
  }
  const picture = await openPicture(shown, deps, { signal, snoozes: job.snoozes });
  const { width, height } = picture;
  return { subject, inputs: { ...assembled.inputs, image: { width, height } }, picture };
};

/**
 * What the worker does with a claimed job of any kind: the photo may have become private, so that is looked at first;
 * then inputs, prompt, picture, calls; then the document, in the transaction that ends the job.
 */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { DocumentWrite } from "../../catalogue/document-repository.ts";
import { applyDocument, confirmsItself } from "../../enrichment/apply-document.ts";
import type { CallJournal, JobStep } from "../../enrichment/attempt.ts";
import { metadataOf } from "../../enrichment/document-metadata.ts";
import type { DocumentBody } from "../../enrichment/enrichment-kind.ts";
import type { JobContext, JobHandler, JobHandlers, JobResult } from "../../jobs/handler.ts";
import type { ClaimedJob } from "../../jobs/job-store.ts";
import type { Answer } from "./answer-job.ts";
import { answerJob, NOTHING } from "./answer-job.ts";
import type { ConfiguredKind } from "./kind-types.ts";
import type { NothingToDo, PrepareDeps, PreparedJob } from "./prepared-job.ts";
import { prepareJob } from "./prepared-job.ts";
import type { EnrichmentTargets } from "./target-types.ts";
import type { CallSubject } from "./journal.ts";

export interface JobHandlerDeps extends PrepareDeps {
  readonly catalogue: PrepareDeps["catalogue"] & Pick<Catalogue, "documents">;
  readonly targets: EnrichmentTargets;
  readonly openJournal: (subject: CallSubject) => CallJournal;
  /** `llm.max_tokens` */
  readonly maxTokens: number;
  /** `llm.max_retries` */
  readonly maxReAsks: number;
  /** For somebody who watches. */
  readonly onStep?: OnStep | undefined;
}

export type OnStep = (scopeId: string, step: JobStep) => void;

const NO_MODEL = "none";
const MAX_MODEL_LENGTH = 100;

/** The one behind the target that was claimed; it must not leave the machine with what has to stay on it. */
const fallbackOf = (targets: EnrichmentTargets, job: ClaimedJob, localOnly: boolean): LanguageModel | undefined => {
  const chain = targets.chainOf(job.route);
  const place = chain.findIndex(({ providerKey, modelId }) => providerKey === job.providerKey && modelId === job.model);
  return chain.slice(place + 1).find(({ leavesMachine }) => !localOnly || !leavesMachine);
};

/** A new call begins: the job may run on. */
const extending = (journal: CallJournal, extend: () => void): CallJournal => ({
  begin: (call) => {
    extend();
    return journal.begin(call);
  },
});

const callSubject = (
  { executionId, kind, id, scopeId }: ClaimedJob,
  { subject: { scope }, picture }: PreparedJob,
  { prompt, promptVersion }: Pick<Answer, "prompt" | "promptVersion">,
): CallSubject => {
  const [shown] = scope.photos;
  return {
    purpose: "enrich",
    executionId,
    stepId: kind,
    jobId: id,
    scopeId,
    promptVersion,
    ...(picture === undefined || shown === undefined ? {} : { photo: { contentHash: shown.contentHash } }),
    alsoAbout: scope.contentHashes,
    fields: picture === undefined ? prompt.fields : ["image", ...prompt.fields],
  };
};

const answer = async (
  deps: JobHandlerDeps,
  { job, prepared, model }: { readonly job: ClaimedJob; readonly prepared: PreparedJob; readonly model: LanguageModel },
  { signal, extend }: JobContext,
): Promise<Answer> => {
  const { targets, maxTokens, maxReAsks, openJournal } = deps;
  const { localOnly } = prepared.subject;
  const fallback = fallbackOf(targets, job, localOnly);
  if (localOnly && fallback !== undefined) await deps.checkLocal(fallback, signal);
  return answerJob({
    job,
    prepared,
    model,
    fallback,
    maxTokens,
    maxReAsks,
    signal,
    onStep: (step) => deps.onStep?.(job.scopeId, step),
    openJournal: (prompt, promptVersion) =>
      extending(openJournal(callSubject(job, prepared, { prompt, promptVersion })), extend),
  });
};

type WriteParts = Pick<DocumentWrite, "metadata" | "promptVersion" | "promptHash" | "model"> & {
  readonly body: DocumentBody;
};

const documentWrite = (
  job: ClaimedJob,
  { kind, autoConfirm }: ConfiguredKind,
  { body, ...parts }: WriteParts,
): DocumentWrite => {
  const { scopeId, executionId } = job;
  return {
    ...parts,
    content: JSON.stringify(body),
    createdByStep: job.kind,
    executionId,
    autoConfirm: confirmsItself(kind, body, autoConfirm),
    ready: applyDocument(kind, body, { scopeId, confirmed: false }),
    confirmed: applyDocument(kind, body, { scopeId, confirmed: true }),
  };
};

const answered = (job: ClaimedJob, { subject }: PreparedJob, given: Answer): DocumentWrite => {
  const { body, accepted, prompt, promptVersion } = given;
  const { condensed, promptHash } = prompt;
  return documentWrite(job, subject.configured, {
    body,
    metadata: { ...metadataOf(accepted), ...(condensed.length === 0 ? {} : { condensed }) },
    promptVersion,
    promptHash,
    model: accepted.reply.model.slice(0, MAX_MODEL_LENGTH),
  });
};

const nothingToDo = (job: ClaimedJob, { subject: { configured } }: NothingToDo): DocumentWrite =>
  documentWrite(job, configured, {
    body: NOTHING,
    promptVersion: configured.kind.promptVersion,
    promptHash: "",
    model: NO_MODEL,
  });

const handle = async (deps: JobHandlerDeps, job: ClaimedJob, context: JobContext): Promise<JobResult> => {
  deps.onStep?.(job.scopeId, "gathering-inputs");
  const model = deps.targets.model(job.providerKey, job.model);
  const prepared = await prepareJob(deps, job, { model, signal: context.signal });
  const { documents } = deps.catalogue;
  if (prepared.inputs === undefined) {
    const write = nothingToDo(job, prepared);
    return { write: (tx) => documents.complete(tx, job.ref, write), wasCalled: false };
  }
  const given = await answer(deps, { job, prepared, model }, context);
  const write = answered(job, prepared, given);
  return { write: (tx) => documents.complete(tx, job.ref, write), wasCalled: given.wasCalled };
};

/** One for each kind that is switched on. */
export const createJobHandlers = (deps: JobHandlerDeps): JobHandlers => {
  const handler: JobHandler = (job, context) => handle(deps, job, context);
  return Object.fromEntries(
    deps.kinds.all.filter(({ isEnabled }) => isEnabled).map(({ kind }) => [kind.kind, handler]),
  );
};

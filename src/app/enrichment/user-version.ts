/** Versions of a document that no call has made: what people write, bring back, or what the prefilter decides. */
import type { DocumentWrite } from "../../catalogue/document-repository.ts";
import { applyDocument } from "../../enrichment/apply-document.ts";
import type { DocumentBody, EnrichmentKind } from "../../enrichment/enrichment-kind.ts";

export type UserStep = "edit" | "annotate" | "restore" | "prefilter";

export interface VersionOrigin<Step extends UserStep> {
  readonly scopeId: string;
  readonly step: Step;
  readonly executionId: string;
  /** At most 100 characters: `user`, a model, or the name of an assistant. */
  readonly model: string;
  /** Prompt of a version that is brought back; left out = it is as good as one of the current prompt. */
  readonly prompt?: { readonly version: number; readonly hash: string };
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Left out = as the step says: what people write counts at once. */
  readonly autoConfirm?: boolean;
}

export const documentWrite = <Step extends UserStep>(
  kind: EnrichmentKind,
  body: DocumentBody,
  origin: VersionOrigin<Step>,
): DocumentWrite & { readonly createdByStep: Step } => {
  const { scopeId, step, executionId, model, prompt, metadata = {}, autoConfirm } = origin;
  return {
    content: JSON.stringify(body),
    metadata,
    createdByStep: step,
    executionId,
    promptVersion: prompt?.version ?? kind.promptVersion,
    promptHash: prompt?.hash ?? "",
    model,
    autoConfirm: autoConfirm ?? step !== "annotate",
    ready: applyDocument(kind, body, { scopeId, confirmed: false }),
    confirmed: applyDocument(kind, body, { scopeId, confirmed: true }),
  };
};

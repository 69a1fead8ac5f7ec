/** What a claimed job is about: the kind with its settings, the scope, and whether it may be sent where it is going. */
import type { LanguageModel } from "../../../models/language/language-model.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../clock.ts";
import { MINUTE } from "../../clock.ts";
import type { OfferedWatch } from "../../enrichment/inputs.ts";
import { parseDocumentType, parseScope } from "../../enrichment/scope.ts";
import { JobFailure } from "../../jobs/failure.ts";
import type { ClaimedJob } from "../../jobs/job-store.ts";
import type { JobPayload } from "./job-payload.ts";
import { jobPayloadSchema } from "./job-payload.ts";
import type { ConfiguredKind, EnrichmentKinds } from "./kind-types.ts";
import type { KnownScope } from "./known-inputs.ts";
import { findScope } from "./known-inputs.ts";
import type { PhotoRoute } from "./photo-routes.ts";
import { commonRoute, photoRoutes } from "./photo-routes.ts";

export interface JobSubject {
  readonly configured: ConfiguredKind;
  readonly scope: KnownScope;
  readonly payload: JobPayload;
  /** What comes after the colon of the document type. */
  readonly qualifier: string | undefined;
  /** Only models of this machine may learn of it. */
  readonly localOnly: boolean;
  /** By which route its photos are asked about. */
  readonly route: PhotoRoute;
}

export interface SubjectDeps {
  readonly catalogue: Pick<Catalogue, "subjects">;
  readonly kinds: EnrichmentKinds;
}

/** The best standing watches for a photo. */
export type OfferWatches = (contentHash: string, signal: AbortSignal) => Promise<readonly OfferedWatch[]>;

/** @throws JobFailure gone */
export const findSubject = async (deps: SubjectDeps, job: ClaimedJob): Promise<JobSubject> => {
  const { catalogue, kinds } = deps;
  const scope = await findScope(catalogue, parseScope(job.scopeId), job.scopeId);
  if (scope === undefined) throw new JobFailure({ class: "gone", code: "CANCELLED", sub: "GONE" });
  // One file in a private folder is enough, also while its disk is not plugged in.
  const route = commonRoute([...(await photoRoutes(catalogue, kinds, scope.contentHashes)).values()]);
  return {
    configured: kinds.get(job.kind),
    scope,
    payload: jobPayloadSchema.parse(job.payload),
    qualifier: parseDocumentType(job.documentType).qualifier,
    localOnly: route.localOnly,
    route,
  };
};

/** How long the word of a local server counts that it forwards nothing. */
const TRUSTED_FOR_MS = MINUTE;

export interface LocalModels {
  /**
   * Makes sure that a model is on this machine: its server is asked, because a local one may forward to another.
   * @throws JobFailure privacy, or the failure of the question
   */
  readonly check: (model: LanguageModel, signal: AbortSignal) => Promise<void>;
}

const refuse = (): never => {
  throw new JobFailure({ class: "privacy", code: "LOCAL_ONLY" });
};

/** @param ask asks the model's server whether it is there, and books the question */
export const createLocalModels = (
  clock: Clock,
  ask: (model: LanguageModel, signal: AbortSignal) => ReturnType<LanguageModel["isAvailable"]>,
): LocalModels => {
  const askedAt = new Map<LanguageModel, number>();
  return {
    check: async (model, signal) => {
      if (model.leavesMachine) refuse();
      const before = askedAt.get(model);
      if (before !== undefined && clock.now() - before < TRUSTED_FOR_MS) return;
      const availability = await ask(model, signal);
      if (!availability.ok) throw availability.failure;
      if (model.leavesMachine) refuse();
      askedAt.set(model, clock.now());
    },
  };
};

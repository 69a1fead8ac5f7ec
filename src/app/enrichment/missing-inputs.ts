/**
 * What follows when a kind lacks something it is about:
 *
 *   an earlier result  not asked for yet: it is asked for, the job waits; under way: waits; failed, discarded: fails
 *   anything else      there is nothing to do, and that is the result: a photo without a text has nothing to translate
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { PhotoSubject } from "../../catalogue/subject-repository.ts";
import { JobFailure } from "../../jobs/failure.ts";
import type { ClaimedJob } from "../../jobs/job-store.ts";
import type { JobSubject } from "./job-subject.ts";
import { resultOf } from "./known-inputs.ts";
import type { PhotoRoute } from "./photo-routes.ts";
import { waitFor } from "./picture.ts";
import type { EnrichmentTargets } from "./target-types.ts";

export interface MissingDeps {
  readonly catalogue: Pick<Catalogue, "executions" | "jobs">;
  readonly targets: Pick<EnrichmentTargets, "routeOf">;
}

/** Routes of runs for which somebody named the provider or model. */
const EXPLICIT = "model:";

type Earlier = "there" | "under-way" | "not-asked" | "hopeless";

const earlierResult = (photo: PhotoSubject, kind: string): Earlier => {
  const document = photo.documents.get(kind);
  if (document === undefined) return "not-asked";
  if (document.state === "PENDING" || document.state === "ENRICHING") return "under-way";
  return resultOf(document) === undefined ? "hopeless" : "there";
};

const ask = async (
  { catalogue, targets }: MissingDeps,
  job: ClaimedJob,
  wanted: readonly { readonly contentHash: string; readonly kind: string; readonly choice: PhotoRoute }[],
): Promise<void> => {
  const { userId, executionId, priority } = job;
  const explicit = job.route.startsWith(EXPLICIT);
  const jobs = wanted.map(({ contentHash, kind, choice }) => ({
    kind,
    scopeId: contentHash,
    documentType: kind,
    route: targets.routeOf(kind, { ...choice, explicit }),
    userId,
    executionId,
    priority,
  }));
  await catalogue.jobs.transaction((tx) => catalogue.executions.enqueue(tx, jobs));
};

/**
 * Makes sure that the earlier results a kind builds on are there, as far as they can still come.
 * @throws JobFailure waiting, without a time when they never come
 */
export const requireEarlierResults = async (
  deps: MissingDeps,
  job: ClaimedJob,
  { configured: { kind }, scope, route: choice }: JobSubject,
): Promise<void> => {
  const states = scope.photos.flatMap((photo) =>
    kind.requires.map((required) => ({ photo, required, state: earlierResult(photo, required) })),
  );
  const missing = states.filter(({ state }) => state === "not-asked");
  if (missing.length > 0) {
    const wanted = missing.map(({ photo: { contentHash }, required }) => ({ contentHash, kind: required, choice }));
    await ask(deps, job, wanted);
  }
  const waits = missing.length > 0 || states.some(({ state }) => state === "under-way");
  if (waits) {
    throw new JobFailure({ class: "waiting", code: "MISSING_INPUT", retryAfterMs: waitFor(job.snoozes) });
  }
  // An album is told by those of its photos that have a result.
  const isHopeless =
    scope.type === "album"
      ? states.every(({ state }) => state === "hopeless")
      : states.some(({ state }) => state === "hopeless");
  if (states.length > 0 && isHopeless) throw new JobFailure({ class: "waiting", code: "MISSING_INPUT" });
};

/** Descriptions of a few photos that somebody waits for: made in this process, for as long as they wait. */
import { SECOND } from "../../clock.ts";
import type { TargetAvailability } from "./target-types.ts";
import type { EnrichmentApi, EnrichmentView } from "./enrichment-api.ts";
import type { OnStep } from "./job-handler.ts";

const KIND = "image_tag";

export interface DescribeRequest {
  /** Of photos without a description; each is one call of a language model or more. */
  readonly contentHashes: readonly string[];
  /** Longest wait in seconds; what is not done by then stays in the queue. */
  readonly waitSeconds: number;
  readonly onStep?: OnStep;
}

export interface DescribedNow {
  /** undefined = nothing was asked for. */
  readonly executionId: string | undefined;
  /** Jobs that are still in the queue. */
  readonly unfinished: number;
  /** Photos that must stay on this machine, where nobody can be asked about them. */
  readonly heldBack: number;
  readonly failures: readonly { readonly contentHash: string; readonly code: string; readonly message: string }[];
}

export interface DescribeApi {
  /** `ready`, or why nobody can be asked. */
  readonly describeAvailability: () => Promise<TargetAvailability>;
  /**
   * When the signal aborts nobody waits any more: jobs of it that have not ended are cancelled.
   * @throws ConfigError without a usable provider
   */
  readonly describeNow: (request: DescribeRequest, signal: AbortSignal) => Promise<DescribedNow>;
}

type Enrichment = Pick<EnrichmentApi, "availability" | "plan" | "now" | "cancel" | "view">;

const NOTHING: DescribedNow = { executionId: undefined, unfinished: 0, heldBack: 0, failures: [] };

const viewsOf = (enrichment: Enrichment, contentHashes: readonly string[]): Promise<readonly EnrichmentView[]> =>
  Promise.all(contentHashes.map((scopeId) => enrichment.view({ scopeId, documentType: KIND })));

const failuresOf = (views: readonly EnrichmentView[]): DescribedNow["failures"] =>
  views.flatMap(({ scopeId, state, error }) =>
    state === "FAILED"
      ? [{ contentHash: scopeId, code: error?.code ?? "INTERNAL", message: error?.message ?? "" }]
      : [],
  );

const describeNow = async (
  enrichment: Enrichment,
  { contentHashes, waitSeconds, onStep }: DescribeRequest,
  signal: AbortSignal,
): Promise<DescribedNow> => {
  if (contentHashes.length === 0) return NOTHING;
  const before = await viewsOf(enrichment, contentHashes);
  const wanted = before.some(({ state }) => state === "FAILED") ? "all" : "missing"; // failed ones are asked for by name
  const plan = await enrichment.plan({ command: "describe", kind: KIND, scopes: { photos: contentHashes }, wanted });
  if (plan.jobs.length === 0) return { ...NOTHING, heldBack: plan.heldBack };
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * SECOND)]);
  const { executionId, progress } = await enrichment.now(plan, {
    signal: waiting,
    ...(onStep === undefined ? {} : { onStep }),
  });
  if (signal.aborted) {
    await enrichment.cancel(executionId);
    signal.throwIfAborted();
  }
  const failures = failuresOf(await viewsOf(enrichment, contentHashes));
  return { executionId, unfinished: progress.pending, heldBack: plan.heldBack, failures };
};

export const createDescribeApi = (enrichment: Enrichment): DescribeApi => ({
  describeAvailability: () => enrichment.availability(),
  describeNow: (request, signal) => describeNow(enrichment, request, signal),
});
